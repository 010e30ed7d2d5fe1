"""The facts of a finished file, as ffprobe reads them."""

import json
from dataclasses import dataclass
from pathlib import Path

from chalicelib.audio.tools import Ffmpeg
from chalicelib.errors import NotAudio


@dataclass(frozen=True, slots=True)
class Probe:
    """Duration in seconds, bit rate in bits a second, sample rate in Hz, size in bytes."""

    duration_s: float
    bit_rate: int
    sample_rate: int
    channels: int
    codec: str
    size_bytes: int


def probe(ffmpeg: Ffmpeg, path: Path) -> Probe:
    """Read a file's facts; raise NotAudio if it holds no audio."""
    printed = ffmpeg.inspect(["-v", "error", "-show_format", "-show_streams", "-of", "json", str(path)]).stdout
    facts = json.loads(printed)
    streams = [stream for stream in facts.get("streams", ()) if stream.get("codec_type") == "audio"]
    if not streams or "duration" not in facts.get("format", {}):
        raise NotAudio(f"{path.name} holds no sound.")
    stream, container = streams[0], facts["format"]
    return Probe(
        duration_s=float(container["duration"]),
        bit_rate=int(stream.get("bit_rate") or container["bit_rate"]),
        sample_rate=int(stream["sample_rate"]),
        channels=int(stream["channels"]),
        codec=stream["codec_name"],
        size_bytes=int(container["size"]),
    )
