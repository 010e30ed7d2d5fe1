"""What is heard in a finished chapter: levels of lines and voices, pauses by kind, the room, whole words."""

import math
import re
import struct
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.audio.decoding import DecodedClip, decode_clip
from chalicelib.audio.effects import CHAINS, Effect
from chalicelib.audio.mastering import ROOM_TONE_DB, Clip, Mastered, master
from chalicelib.audio.pauses import PAUSES_S, SCENE_S, Kind
from chalicelib.audio.placing import placed
from chalicelib.audio.tagging import Tags
from chalicelib.audio.tools import SAMPLE_RATE, Ffmpeg
from local.narrator.speech import SYNTHETIC_HZ, Hibari
from local.narrator.voices import VoiceSound

Samples = npt.NDArray[np.float64]

TAGS = Tags("The Lamp", "Fireside", "The Lamp", 1, 1)
NARRATOR, ADA, BO = VoiceSound(1, 1, 1), VoiceSound(1.35, 1.15, 1), VoiceSound(0.7, 0.9, 1)
FRAME = SAMPLE_RATE // 100


@pytest.fixture(scope="module")
def hibari() -> Hibari:
    return Hibari()


def spoken(model: Hibari, text: str, voice: VoiceSound = NARRATOR) -> Samples:
    """Return speech at 44.1 kHz that peaks at full scale, without silent edges."""
    made = model.samples(text, voice).astype(float)
    at = np.arange(0, len(made) - 1, SYNTHETIC_HZ / SAMPLE_RATE)
    speech = np.interp(at, np.arange(len(made)), made)
    speech /= abs(speech).max()
    loud = np.flatnonzero(abs(speech) > 1e-4)
    return np.asarray(speech[loud[0] : loud[-1] + 1])


def wav(samples: Samples) -> bytes:
    pcm = np.clip(np.rint(samples * 32767), -32768, 32767).astype("<i2").tobytes()
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, SAMPLE_RATE, 2 * SAMPLE_RATE, 2, 16)
    return b"RIFF" + struct.pack("<I", 36 + len(pcm)) + b"WAVE" + form + struct.pack("<4sI", b"data", len(pcm)) + pcm


def db(level: float) -> float:
    return float(10 ** (level / 20))


def silence(seconds: float) -> Samples:
    return np.zeros(int(seconds * SAMPLE_RATE))


def noise(seconds: float, rms_db: float) -> Samples:
    return np.random.default_rng(1).normal(0, db(rms_db), int(seconds * SAMPLE_RATE))


@dataclass
class Studio:
    """Decodes lines and masters a chapter, and listens to it."""

    ffmpeg: Ffmpeg
    folder: Path
    count: int = 0

    def clip(self, samples: Samples) -> DecodedClip:
        self.count += 1
        return decode_clip(self.ffmpeg, wav(samples), self.folder / f"{self.count}.pcm")

    def line(self, samples: Samples, speaker: str, text: str = "", *, scene: bool = False) -> Clip:
        return Clip(self.clip(samples), speaker, speaker, scene, text)

    def chapter(self, lines: Sequence[Clip]) -> tuple[Mastered, Samples]:
        made = master(self.ffmpeg, lines, self.folder / "chapter.mp3", TAGS)
        # From the file, as a player reads it: through a pipe what the encoder has filled up at the end is heard too.
        arguments = ["-i", str(made.path), "-f", "s16le", "-ac", "1", "-ar", str(SAMPLE_RATE), "pipe:1"]
        pcm = self.ffmpeg.convert(arguments).stdout
        return made, np.frombuffer(pcm, dtype="<i2").astype(float) / 32768

    def lufs(self, samples: Samples) -> float:
        """Return the integrated loudness by ffmpeg's own meter."""
        arguments = ["-i", "pipe:0", "-af", "ebur128=framelog=quiet", "-f", "null", "-"]
        printed = self.ffmpeg.convert(arguments, [wav(samples)]).stderr
        return float(re.findall(r"I:\s+(-?[\d.]+) LUFS", printed)[-1])

    def by_line(self, made: Mastered, sound: Samples) -> list[float]:
        """Return the loudness of each line of a chapter."""
        return [self.lufs(sound[int(start * SAMPLE_RATE) : int(end * SAMPLE_RATE)]) for start, end in made.times]


@pytest.fixture
def studio(ffmpeg: Ffmpeg, tmp_path: Path) -> Studio:
    return Studio(ffmpeg, tmp_path)


def rms_db(samples: Samples) -> float:
    return float(10 * math.log10((samples**2).mean() + 1e-20))


def pauses_heard(sound: Samples) -> list[float]:
    """Return the pauses in seconds: where 10 ms and more are 30 dB below the chapter's level. The first is the head."""
    frames = sound[: len(sound) // FRAME * FRAME].reshape(-1, FRAME)
    quiet = 10 * np.log10((frames**2).mean(1) + 1e-20) < -50
    return [sum(1 for _ in run) / 100 for is_quiet, run in groupby(quiet.tolist()) if is_quiet]


STEADY = "Now we all know why the moon is low, my old ally"
"""Words without a stop, whose loudness never falls to that of a pause."""


@pytest.fixture(scope="module")
def steady(hibari: Hibari) -> Samples:
    """Return two seconds of a voice without any pause: a vowel, as bright as speech is, that rises and falls."""
    time = np.arange(int(1.2 * SAMPLE_RATE)) / SAMPLE_RATE
    tone = sum(np.sin(2 * np.pi * 140 * n * time) / n for n in range(1, 20))
    return np.asarray(tone * (1 + 0.5 * np.sin(2 * np.pi * 4 * time)) * 0.2)


SCRIPT: list[tuple[str, str, Kind | None]] = [
    ("Narrator", "It had rained since noon, and the keeper had not left his chair.", None),
    ("Narrator", "Then somebody knocked at the door of the lighthouse.", "paragraph"),
    ("Ada", "Would you let me in before the whole of the sea comes in with me?", "into_speech"),
    ("Bo", "I would not, had anybody asked me for my opinion of the matter.", "answer"),
    ("Ada", "Nobody ever asks you, and that is the very trouble with this —", "interruption"),
    ("Bo", "It is the very trouble with you, and with everyone before you.", None),
    ("Ada", "Why?", "turn"),
    ("Bo", "Because.", "rapid"),
    ("Ada", "I only thought…", "rapid"),
    ("Bo", "You never think, and it is always somebody else who is cold for it.", "trailing_off"),
    ("Narrator", "he said.", "attribution"),
    ("Narrator", "In the morning the rain was over.", "scene"),
]


def test_every_kind_of_pause_is_heard_as_the_table_has_it(studio: Studio, steady: Samples) -> None:
    kinds: list[Kind] = [
        "paragraph",
        "into_speech",
        "answer",
        "turn",
        "interruption",
        "turn",
        "rapid",
        "rapid",
        "trailing_off",
        "attribution",
        "scene",
    ]
    edges = [(0.0, 0.0), (0.4, 0.02), (0.02, 0.9), (0.1, 0.1)]
    lines = []
    for n, (speaker, text, kind) in enumerate(SCRIPT):
        before, after = edges[n % len(edges)]
        samples = np.concatenate([silence(before), steady, silence(after)])
        lines.append(studio.line(samples, speaker, text, scene=kind == "scene"))
    _, sound = studio.chapter(lines)
    head, *found, tail = pauses_heard(sound)
    assert found == pytest.approx([PAUSES_S[kind] for kind in kinds], abs=0.035)
    assert head == pytest.approx(0.75, abs=0.04)
    assert tail == pytest.approx(2.5, abs=0.06)


def test_one_hot_line_leaves_the_others_where_the_narrator_is(studio: Studio, hibari: Hibari) -> None:
    ada = [spoken(hibari, f"There is no lamp in this tower, and number {n} is mine.", ADA) for n in range(5)]
    teller = [spoken(hibari, f"The keeper went down the stairs for the {n} time.") for n in range(4)]
    lines = [studio.line(one * db(-20 + 14 * (n == 2)), "Ada") for n, one in enumerate(ada)]
    lines += [studio.line(one * db(-9), "Narrator") for one in teller]
    made, sound = studio.chapter(lines)
    *of_ada, a, b, c, d = studio.by_line(made, sound)
    hot = of_ada.pop(2)
    assert np.median(of_ada) == pytest.approx(np.median([a, b, c, d]), abs=1.0)
    assert 1.0 <= hot - np.median(of_ada) <= 3.5


def test_a_whisper_is_a_bit_quieter_and_no_more(studio: Studio, hibari: Hibari) -> None:
    lines = [spoken(hibari, f"There is no lamp in this tower, and number {n} is mine.", ADA) for n in range(4)]
    made, sound = studio.chapter([studio.line(one * db(-10 - 18 * (n == 1)), "Ada") for n, one in enumerate(lines)])
    levels = studio.by_line(made, sound)
    whisper = levels.pop(1)
    assert -6.5 <= whisper - np.median(levels) <= -4


def test_deep_and_bright_voices_are_within_a_unit_of_the_narrator(studio: Studio, hibari: Hibari) -> None:
    lines, levels = [], {"Narrator": NARRATOR, "Ada": ADA, "Bo": BO}
    gain = {"Narrator": -3, "Ada": -22, "Bo": -12}
    for n in range(4):
        for speaker, voice in levels.items():
            text = f"The keeper climbed {n} hundred stairs, and nobody thanked him for the light."
            lines.append(studio.line(spoken(hibari, text, voice) * db(gain[speaker]), speaker, text))
    made, sound = studio.chapter(lines)
    heard = [
        studio.lufs(
            np.concatenate(
                [
                    sound[int(start * SAMPLE_RATE) : int(end * SAMPLE_RATE)]
                    for (start, end), line in zip(made.times, lines, strict=True)
                    if line.speaker == speaker
                ]
            )
        )
        for speaker in levels
    ]
    assert max(heard) - min(heard) <= 1.0
    assert made.meets_norm


@pytest.mark.parametrize("before_s", [1.0, 2.5, 9.0])
def test_noise_and_breath_around_words_do_not_change_their_level_nor_stay(
    studio: Studio, hibari: Hibari, before_s: float
) -> None:
    words = spoken(hibari, "There is no lamp in this tower, and there never was.", ADA) * db(-10)
    alone = studio.clip(words)
    hiss, breath = noise(before_s, -46), noise(0.4, -38)
    around = studio.clip(np.concatenate([hiss, breath, silence(0.1), words, hiss]))
    assert around.loudness == pytest.approx(alone.loudness, abs=0.5)
    assert around.seconds <= alone.seconds + 2 * SCENE_S  # on either side


def test_a_quiet_voice_is_as_loud_as_the_others_and_loses_nothing(studio: Studio, hibari: Hibari) -> None:
    words = spoken(hibari, "Hush. The fifth of his ships is lost with half of us.", BO)
    loud, quiet = studio.clip(words), studio.clip(np.concatenate([silence(1), words * db(-39), silence(1)]))
    assert quiet.samples == pytest.approx(loud.samples, abs=0.08 * SAMPLE_RATE)
    assert quiet.loudness == pytest.approx(loud.loudness - 39, abs=0.3)
    made, sound = studio.chapter([Clip(loud, "a", "Ada"), Clip(quiet, "b", "Bo"), Clip(loud, "a", "Ada")])
    ada, bo, _ = studio.by_line(made, sound)
    assert bo == pytest.approx(ada, abs=1.0)


def test_little_speech_is_a_chapter_and_is_not_crushed(studio: Studio, hibari: Hibari) -> None:
    lines = [studio.line(spoken(hibari, "Oh."), "Ada", "Oh."), *[Clip(None, "n", "Narrator", text="…")] * 3]
    made, sound = studio.chapter(lines)
    assert not made.meets_norm
    assert made.peak_db <= -3
    assert 1 <= len(sound) / SAMPLE_RATE - made.times[0][1] <= 5
    assert studio.lufs(np.tile(sound[int(0.75 * SAMPLE_RATE) : int(made.times[0][1] * SAMPLE_RATE)], 5)) < -13


def test_a_room_is_heard_in_place_of_digital_silence(studio: Studio, hibari: Hibari) -> None:
    text = "The keeper climbed the stairs, and nobody thanked him for the light."
    lines = [studio.line(spoken(hibari, text, voice) * db(-30), "Ada", text) for voice in (ADA, BO)]
    made, sound = studio.chapter([*lines, studio.line(spoken(hibari, text), "Bo", text, scene=True)])
    (_, first), (second, _) = made.times[1:]
    for part in (
        sound[: SAMPLE_RATE // 2],
        sound[int((first + 0.2) * SAMPLE_RATE) : int((second - 0.2) * SAMPLE_RATE)],
    ):
        # However much the lines beside it were raised.
        assert rms_db(part) == pytest.approx(ROOM_TONE_DB, abs=1.2)
        assert rms_db(part) <= -60
    assert rms_db(sound[-SAMPLE_RATE:]) <= -60
    frames = sound[: len(sound) // FRAME * FRAME].reshape(-1, FRAME)
    assert min(map(rms_db, frames)) > -72


def test_a_rapid_answer_begins_with_its_own_gain(studio: Studio, steady: Samples) -> None:
    """The gains of the two are 30 dB apart, and a fifth of a second lies between them."""
    lines = []
    for n in range(8):
        lines.append(studio.line(steady * db(-30 * (n % 2)), "Ada" if n % 2 else "Bo", "No."))
    made, sound = studio.chapter(lines)
    tenths = [
        (
            rms_db(sound[at : at + SAMPLE_RATE // 10]),
            rms_db(sound[at + int(0.5 * SAMPLE_RATE) : at + int(0.6 * SAMPLE_RATE)]),
        )
        for at in (int((start + 0.03) * SAMPLE_RATE) for start, _ in made.times)
    ]
    assert {round(a[0]) for a in tenths[2::2]} == {round(b[0]) for b in tenths[3::2]}
    last = [rms_db(sound[int((end - 0.14) * SAMPLE_RATE) : int((end - 0.08) * SAMPLE_RATE)]) for _, end in made.times]
    assert max(last) - min(last) < 1.5


SOFT = [
    "Hush, his half of this is his.",
    "The fifth of his ships.",
    "She sees us, if.",
    "Fish, fetch, faith, with.",
    "He has a host of thieves.",
]
"""Words that begin and end with what is softest: f, h, s, sh, th."""


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(SOFT),
    st.sampled_from([NARRATOR, ADA, BO]),
    st.floats(-50, 0),
    st.floats(0, 1.5),
    st.floats(0, 1.5),
)
def test_nothing_of_a_word_is_lost_at_any_level(
    studio: Studio, hibari: Hibari, text: str, voice: VoiceSound, level: float, before: float, after: float
) -> None:
    words = spoken(hibari, text, voice) * db(level)
    whole = np.concatenate([silence(before), words, silence(after)])
    clip = studio.clip(whole)
    pcm, kept = array("h"), clip.path.read_bytes()
    pcm.frombytes(wav(whole)[44:])
    start = pcm.tobytes().find(kept) // 2
    assert start >= 0
    loudest = max(map(rms_db, _frames(pcm)))
    for lost in (pcm[:start], pcm[start + clip.samples :]):
        assert all(rms_db(one) < loudest - 45 for one in _frames(lost))
    # What stays beside the words is less than any pause.
    assert clip.samples <= len(words) + 0.08 * SAMPLE_RATE


def _frames(samples: "array[int]") -> Iterator[Samples]:
    return (np.array(samples[at : at + 2 * FRAME]) / 32768 for at in range(0, len(samples), 2 * FRAME))


def test_lines_are_where_the_times_say(studio: Studio, steady: Samples) -> None:
    made, sound = studio.chapter([studio.line(steady, "Ada", "No.") for _ in range(3)])
    for (_, end), (start, _) in pairwise(made.times):
        middle = int((end + start) / 2 * SAMPLE_RATE)
        assert rms_db(sound[middle - FRAME : middle + FRAME]) < -55


WORDS = "There is no lamp in this tower, and there never was."


@pytest.mark.parametrize("at", [0.0, 0.5, 1.0])
def test_a_door_that_slams_louder_than_the_words_does_not_lower_them(studio: Studio, hibari: Hibari, at: float) -> None:
    words = spoken(hibari, WORDS, ADA) * db(-18)
    slam = noise(0.15, -8) * np.exp(-np.arange(int(0.15 * SAMPLE_RATE)) / (0.05 * SAMPLE_RATE))
    place = int(at * (len(words) - len(slam)))
    struck = words.copy()
    struck[place : place + len(slam)] += slam
    alone, with_slam = studio.clip(words), studio.clip(struck)
    assert with_slam.loudness == pytest.approx(alone.loudness, abs=1.0)
    assert with_slam.seconds >= alone.seconds - 0.06


def test_a_word_after_a_long_breath_of_noise_is_not_taken_for_a_slam(studio: Studio, hibari: Hibari) -> None:
    oh = spoken(hibari, "Oh.", ADA)
    loudest = int(abs(oh).argmax())
    word = oh[max(0, loudest - SAMPLE_RATE // 10) :][: int(0.25 * SAMPLE_RATE)] * db(-12)
    # Without the rule that the rest must vary, the word would be dropped and the noise measured.
    alone, after = studio.clip(word), studio.clip(np.concatenate([silence(0.5), noise(1.5, -50), word]))
    assert after.loudness == pytest.approx(alone.loudness, abs=1.0)


def test_an_offset_and_a_hum_are_not_heard_in_the_level(studio: Studio, hibari: Hibari) -> None:
    words = np.concatenate([silence(0.6), spoken(hibari, WORDS, BO) * db(-16), silence(0.6)])
    time = np.arange(len(words)) / SAMPLE_RATE
    alone = studio.clip(words)
    odd = studio.clip(words + 0.1 + db(-52) * np.sin(2 * np.pi * 50 * time))
    assert odd.loudness == pytest.approx(alone.loudness, abs=0.3)
    # Of the hum some stays beside the words; the offset alone would be at -20 dB.
    assert odd.rms_db <= alone.rms_db + 0.3
    pcm = array("h")
    pcm.frombytes(odd.path.read_bytes())
    # No click where it begins and ends.
    assert max(abs(pcm[0]), abs(pcm[-1])) < 32767 * db(-40)


def test_a_laugh_alone_is_a_line_like_any_other(studio: Studio, hibari: Hibari) -> None:
    burst = np.concatenate([noise(0.08, -35) * np.hanning(int(0.08 * SAMPLE_RATE)), silence(0.09)])
    laugh = studio.line(np.concatenate([silence(0.4), *[burst] * 7, silence(0.4)]), "Ada", "[laughs]")
    assert laugh.clip is not None
    assert 1.0 <= laugh.clip.seconds <= 1.3
    made, sound = studio.chapter([studio.line(spoken(hibari, WORDS, ADA), "Ada", WORDS), laugh] * 2)
    levels = studio.by_line(made, sound)
    assert -6.5 <= levels[1] - levels[0] <= 3.5


def test_three_seconds_of_noise_after_the_words_do_not_stay(studio: Studio, hibari: Hibari) -> None:
    words = spoken(hibari, WORDS, ADA) * db(-10)
    alone, tail = studio.clip(words), studio.clip(np.concatenate([words, noise(3.0, -45)]))
    assert tail.loudness == pytest.approx(alone.loudness, abs=0.2)
    assert tail.seconds <= alone.seconds + 0.6


def test_a_voice_that_shouts_as_often_as_not_is_within_a_unit_of_the_narrator(studio: Studio, hibari: Hibari) -> None:
    ada = [spoken(hibari, f"There is no lamp in this tower, and number {n} is mine.", ADA) for n in range(5)]
    teller = [spoken(hibari, f"The keeper went down the stairs for the {n} time.") for n in range(5)]
    lines = [studio.line(one * db(-20 + 12 * (n % 2)), "Ada") for n, one in enumerate(ada)]
    lines += [studio.line(one * db(-6), "Narrator") for one in teller]
    made, sound = studio.chapter(lines)
    parts = [sound[int(start * SAMPLE_RATE) : int(end * SAMPLE_RATE)] for start, end in made.times]
    loudness = studio.lufs(np.concatenate(parts[:5])), studio.lufs(np.concatenate(parts[5:]))
    assert loudness[0] == pytest.approx(loudness[1], abs=1.0)


@pytest.mark.parametrize("effect", sorted(CHAINS))
def test_an_effect_changes_the_sound_and_keeps_words_and_level(studio: Studio, hibari: Hibari, effect: Effect) -> None:
    ada = [studio.line(spoken(hibari, f"{WORDS} Number {n}.", ADA) * db(-12), "Ada") for n in range(3)]
    clip = ada[1].clip
    assert clip is not None
    wanted = [(one.clip, effect) for one in ada if one.clip is not None]
    there = placed(studio.ffmpeg, wanted, timeout_s=60)[clip.path, effect]
    assert clip.seconds - 0.1 <= there.seconds <= clip.seconds + 1.2
    dry, wet = (np.fromfile(one.path, dtype="<i2").astype(float) for one in (clip, there))
    assert not np.allclose(dry, wet[: len(dry)] if len(wet) >= len(dry) else np.pad(wet, (0, len(dry) - len(wet))))
    made, sound = studio.chapter([ada[0], replace(ada[1], clip=there), ada[2]])
    before, here, after = studio.by_line(made, sound)
    assert -6.5 <= here - (before + after) / 2 <= 3.5
    if effect == "phone":
        spectrum = abs(np.fft.rfft(wet)) ** 2
        hertz = np.fft.rfftfreq(len(wet), 1 / SAMPLE_RATE)
        outside = spectrum[(hertz < 150) | (hertz > 7000)].sum() / spectrum.sum()
        assert outside < 0.02


def test_titles_and_credits_stand_apart(studio: Studio, steady: Samples) -> None:
    ids = ["title", "opening", "chapter", "001", "002", "closing", "closing-2"]
    lines = [
        replace(studio.line(steady, "Narrator", "It rained.", scene=name == "closing"), line_id=name) for name in ids
    ]
    _, sound = studio.chapter(lines)
    _, *found, _ = pauses_heard(sound)
    kinds: list[Kind] = ["title", "title", "heading", "paragraph", "scene", "title"]
    assert found == pytest.approx([PAUSES_S[kind] for kind in kinds], abs=0.035)


def test_pieces_of_a_line_and_lines_of_a_speaker_have_pauses_of_their_own(studio: Studio, steady: Samples) -> None:
    said = [
        ("Ada", "001", "It rained, and it rained,"),
        ("Ada", "001", "and then it snowed."),
        ("Ada", "001", "It snowed for days."),
        ("Ada", "002", "And nobody came to us."),
        ("Narrator", "003", "She waited."),
    ]
    lines = [replace(studio.line(steady, speaker, text), line_id=name) for speaker, name, text in said]
    _, sound = studio.chapter(lines)
    _, *found, _ = pauses_heard(sound)
    kinds: list[Kind] = ["clause", "sentence", "same_speaker", "out_of_speech"]
    assert found == pytest.approx([PAUSES_S[kind] for kind in kinds], abs=0.035)
