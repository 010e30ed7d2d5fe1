"""`make listen CLIPS=1000`: how often a good clip is taken for an odd one, an odd one is missed, and what it costs.

Chapters of the stand-in author are spoken by two synthesizers at paces from 0.7 to 1.2: hibari-tts, and espeak-ng where
it is on PATH (a program of its own: Debian's package of that name), which also reads other languages. Among the lines
are what authors write in dialogue: one word, a scream, laughter, numbers, long pauses, a directed whisper. Then each
fault of `FAULTS` is done to every clip, one clip of a chapter at a time.
"""

import argparse
import json
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.author import chapter
from chalicelib.audio.decoding import DecodedClip, decode_clip
from chalicelib.audio.envelope import read_envelope
from chalicelib.audio.frames import read_frames
from chalicelib.audio.listening import Listened, Oddity, oddities
from chalicelib.audio.tools import Ffmpeg
from local.narrator.speech import Hibari, say
from local.narrator.voices import sounds
from local.tools import put_on_path

SPEEDS = (0.7, 1.0, 1.2)
LINES = 24
"""Lines of a chapter, of three voices."""

MP3 = ["-c:a", "libmp3lame", "-b:a", "128k", "-f", "mp3"]

DIALOGUE = (
    "Oh.",
    "No!",
    "Yes.",
    "Aaaah!",
    "Aaaaaaaaaaaah!",
    "Nooooooooo!",
    "Ha ha ha ha!",
    "Hm.",
    "Hush… listen… there… again.",
    "Wait — what was that? — No. Nothing.",
    "In 1987, 1,234,567 people came.",
    "It was 11:45 on 12/31/1999.",
    "[whispers] Don't move. It hears every word we say.",
    "[laughs] You can't be serious!",
    "Ada! Ada! Ada!",
    "A.",
    "Run, run, run, run, run, run as fast as you can, and never, ever look back at the tower!",
)
"""Lines that are hard to judge by their length."""

FOREIGN: Mapping[str, Sequence[str]] = json.loads((Path(__file__).parent / "foreign.json").read_text(encoding="utf-8"))
"""Lines in other languages, by espeak-ng's name of each."""

Synthesizer = Callable[[str, int, float], bytes]
"""Returns a text as MP3, spoken by one of its voices at a pace."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a chapter, spoken: its text, its voice, and the MP3."""

    text: str
    voice: str
    mp3: bytes


def hibari() -> Synthesizer:
    """Return hibari-tts as the stand-in narrator uses it."""
    model, voices = Hibari(), list(sounds().values())

    def speak(text: str, voice: int, speed: float) -> bytes:
        sound = voices[voice % len(voices)]
        return say(model, text.partition("] ")[2] or text, replace(sound, pace=sound.pace * speed), MP3, 44_100)

    return speak


def espeak(program: str, language: str = "en-us") -> Synthesizer:
    """Return espeak-ng, in three variants of a voice."""

    def speak(text: str, voice: int, speed: float) -> bytes:
        name = f"{language}+{('m3', 'f2', 'm7')[voice % 3]}"
        spoken = text.partition("] ")[2] or text
        command = [program, "-v", name, "-s", str(round(165 * speed)), "--stdout", "--", spoken]
        wave = subprocess.run(command, capture_output=True, check=True).stdout
        return _ffmpeg(["-i", "pipe:0", "-ar", "44100", "-ac", "1"], wave)

    return speak


def spoken_chapters(clips: int) -> Iterator[tuple[str, list[Line]]]:
    """Yield chapters of `clips` clips together, half by each synthesizer, with a name for each."""
    program = shutil.which("espeak-ng")
    speakers = {"hibari": hibari()} | ({"espeak-ng": espeak(program)} if program else {})
    languages = list(FOREIGN) if program else []
    made = number = 0
    while made < clips:
        name = list(speakers)[number % len(speakers)]
        speed = SPEEDS[number // len(speakers) % len(SPEEDS)]
        speak, texts = speakers[name], _texts(number)
        if program and name == "espeak-ng" and number % 4 == 3:
            language = languages[number // 4 % len(languages)]
            name, speak = f"espeak-ng {language}", espeak(program, language)
            texts = [text for text in FOREIGN[language] for _ in range(2)]
        texts = texts[: max(5, clips - made)]
        yield f"{name} at {speed}", [Line(text, str(n % 3), speak(text, n % 3, speed)) for n, text in enumerate(texts)]
        made += len(texts)
        number += 1


def _texts(number: int) -> list[str]:
    people = [
        {"name": name, "gender": gender, "role": "friend", "description": "Kind."}
        for name, gender in (("Ada", "female"), ("Bruno", "male"))
    ]
    bible = {"title": "The Lamp", "premise": "Ada wants the lamp lit.", "setting": "A lighthouse.", "cast": people}
    plan = {"number": number + 1, "title": "Part", "beats": ["They climb."], "ending": "They wait."}
    data: dict[str, Any] = {"chapter": plan, "bible": {**bible, "rules": ["It burns at night."]}, "words": 900}
    chance = random.Random(number)
    told = [str(line["text"]) for line in chapter({**data, "next_chapter": None})["lines"]]
    return [*chance.sample(told, LINES - 6), *chance.sample(DIALOGUE, 6)]


def _ffmpeg(arguments: Sequence[str], stdin: bytes = b"") -> bytes:
    command = ["ffmpeg", "-v", "error", *arguments, *MP3, "pipe:1"]
    return subprocess.run(command, input=stdin, capture_output=True, check=True).stdout


def short(mp3: bytes) -> bytes:
    """Return 0.35 s of the clip."""
    return _ffmpeg(["-i", "pipe:0", "-t", "0.35"], mp3)


def cut(mp3: bytes) -> bytes:
    """Return the first half of the file."""
    return mp3[: len(mp3) // 2]


def zeros(mp3: bytes) -> bytes:
    """Return the file with up to 40 kB of zero bytes in its middle."""
    hole = min(40_000, len(mp3) // 2)
    start = (len(mp3) - hole) // 2
    return mp3[:start] + bytes(hole) + mp3[start + hole :]


def muted(mp3: bytes) -> bytes:
    """Return the clip with four seconds of digital silence in its middle."""
    graph = "asplit[a][b];[a]atrim=end=0.8[a];[b]atrim=start=0.8,adelay=4000[b];[a][b]concat=v=0:a=1"
    return _ffmpeg(["-i", "pipe:0", "-af", graph], mp3)


def silent(_mp3: bytes) -> bytes:
    """Return two seconds of digital silence."""
    return _ffmpeg(["-f", "lavfi", "-i", "anullsrc=r=44100:cl=mono:d=2"])


def appended(mp3: bytes) -> bytes:
    """Return the first quarter of the file, with the error of a stream that died."""
    error = b'{"detail":{"status":"internal_server_error","message":"The stream was interrupted."}}'
    return mp3[: len(mp3) // 4] + error


def hallucinated(mp3: bytes) -> bytes:
    """Return the clip after 60 s of brown noise."""
    noise = "anoisesrc=r=44100:c=brown:d=60:a=0.3"
    return _ffmpeg(["-f", "lavfi", "-i", noise, "-i", "pipe:0", "-filter_complex", "[0][1]concat=v=0:a=1"], mp3)


FAULTS: Mapping[str, Callable[[bytes], bytes]] = {
    "short": short,
    "cut": cut,
    "zeros": zeros,
    "muted": muted,
    "silent": silent,
    "appended": appended,
    "hallucinated": hallucinated,
}
"""What is done to a clip. A line must have 60 characters for `short`, which is enough for "Oh.", and for `muted`, whose
hole would else come to lie at its edge, where it is cut off."""

SHORT_FROM = 60


@dataclass
class Findings:
    """What the listening found: clips, false alarms, and of each fault how often it was done and missed."""

    clips: int = 0
    alarms: list[tuple[str, str, list[Oddity]]] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)
    missed: Counter[str] = field(default_factory=Counter)
    listening_s: float = 0.0
    decoding_s: float = 0.0
    sound_s: float = 0.0


def listen(clips: int, *, faults: bool = True) -> Findings:
    """Listen to so many clips as they are, and to each with every fault done to it."""
    ffmpeg, found = Ffmpeg.find(), Findings()
    with tempfile.TemporaryDirectory() as directory:
        pcm = Path(directory) / "line.pcm"
        for name, lines in spoken_chapters(clips):
            heard = {str(n): _heard(line, line.mp3, ffmpeg, pcm, found) for n, line in enumerate(lines)}
            found.clips += len(lines)
            found.alarms += [(name, heard[key].text, odd) for key, odd in oddities(heard).items()]
            if faults:
                _with_faults(lines, heard, ffmpeg, pcm, found)
    return found


def _with_faults(
    lines: Sequence[Line], heard: Mapping[str, Listened], ffmpeg: Ffmpeg, pcm: Path, found: Findings
) -> None:
    # Each line in turn gets another fault: all of them on all lines would decode for hours.
    for n, line in enumerate(lines):
        fault = list(FAULTS)[(n + found.clips) % len(FAULTS)]
        if fault in {"short", "muted"} and len(line.text) < SHORT_FROM:
            continue
        broken = FAULTS[fault](line.mp3)
        clip = _heard(line, broken, ffmpeg, pcm, Findings())
        found.done[fault] += 1
        found.missed[fault] += str(n) not in oddities({**heard, str(n): clip})


def _heard(line: Line, mp3: bytes, ffmpeg: Ffmpeg, pcm: Path, found: Findings) -> Listened:
    began = time.perf_counter()
    clip: DecodedClip = decode_clip(ffmpeg, mp3, pcm)
    found.decoding_s += time.perf_counter() - began
    found.sound_s += clip.seconds
    began = time.perf_counter()
    read_frames(mp3)
    read_envelope(pcm)
    found.listening_s += time.perf_counter() - began
    return clip.listened(line.text, line.voice)


def main() -> int:
    """Measure, and print what was found; fail if anything was missed or one clip in a thousand was a false alarm."""
    parser = argparse.ArgumentParser(prog="python -m bench.listening", description=__doc__)
    parser.add_argument("--clips", type=int, default=1000)
    found = listen(parser.parse_args().clips)
    console, table = Console(), Table("", "clips", "")
    table.add_row("false alarms", str(found.clips), str(len(found.alarms)))
    for fault, done in found.done.items():
        table.add_row(f"{fault}: missed", str(done), str(found.missed[fault]))
    console.print(table)
    for name, text, odd in found.alarms:
        console.print(f"{name}: {', '.join(odd)}: {text}")
    each = 1000 / found.clips
    decoding = f"{found.decoding_s * each:.1f} ms a line, of which {found.listening_s * each:.1f} ms again by itself"
    console.print(f"Decoded in {decoding}; {found.sound_s / found.clips:.1f} s of sound a line.")
    return int(bool(found.missed.total()) or len(found.alarms) * 1000 > found.clips)


if __name__ == "__main__":
    put_on_path(Path(tempfile.mkdtemp(prefix="fireside-bin-")))
    sys.exit(main())
