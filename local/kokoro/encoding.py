"""Samples as a file: WAV by the standard library, the other formats by ffmpeg, which is on PATH."""

import io
import subprocess
import wave

import numpy as np
import numpy.typing as npt

CODECS = {
    "mp3": (["-c:a", "libmp3lame", "-b:a", "128k", "-f", "mp3"], "audio/mpeg"),
    "wav": ([], "audio/wav"),
    "flac": (["-c:a", "flac", "-f", "flac"], "audio/flac"),
    "opus": (["-c:a", "libopus", "-f", "ogg"], "audio/opus"),
    "aac": (["-c:a", "aac", "-f", "adts"], "audio/aac"),
    "pcm": ([], "audio/pcm"),
}
"""By name of a format: ffmpeg's options, and the media type."""


def encode(samples: npt.NDArray[np.float32], rate: int, name: str) -> bytes:
    """Return mono samples, from -1 to 1, in a format of CODECS; raises CalledProcessError if ffmpeg cannot."""
    pcm = (np.clip(samples, -1.0, 1.0) * 32767.0).astype("<i2").tobytes()
    if name == "pcm":
        return pcm
    if name == "wav":
        file = io.BytesIO()
        with wave.open(file, "wb") as writing:
            writing.setparams((1, 2, rate, 0, "NONE", ""))
            writing.writeframes(pcm)
        return file.getvalue()
    source = ["-f", "s16le", "-ar", str(rate), "-ac", "1", "-i", "pipe:0"]
    command = ["ffmpeg", "-v", "error", *source, *CODECS[name][0], "pipe:1"]
    return subprocess.run(command, input=pcm, capture_output=True, check=True).stdout
