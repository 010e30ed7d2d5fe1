"""What becomes of a chapter's other lines when one of them fails: with fakes, and bytes that are taken for sound."""

from array import array
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from chalicelib.audio.narration import Segment
from chalicelib.audio.ports import ClipStore, SpeechRequest, SpeechResult
from chalicelib.audio.synthesis import SpeechSynthesizer
from chalicelib.audio.threads import SystemThreads
from chalicelib.audio.tools import Ffmpeg
from chalicelib.errors import ProviderFault
from chalicelib.pipeline.failure import retry_decision


class FailingNarrator:
    """Raises its faults one call after the other, and then speaks."""

    def __init__(self, *faults: ProviderFault) -> None:
        self.calls = 0
        self._faults = list(faults)

    def speak(self, request: SpeechRequest) -> SpeechResult:
        self.calls += 1
        if self._faults:
            raise self._faults.pop(0)
        return SpeechResult(b"ID3", len(request.text))


class Limiter:
    """So many lines at once; `shrink` halves them."""

    look_again_s = None

    def __init__(self, permits: int = 1) -> None:
        self.permits = permits

    def lines(self, _running: int, _left: int) -> int:
        return self.permits

    def shrink(self, _running: int) -> bool:
        if self.permits == 1:
            return False
        self.permits //= 2
        return True


def written(arguments: list[str], _inputs: object, timeout_s: float) -> SimpleNamespace:
    """Do what ffmpeg would: half a second of a square wave, in a file, and as floats."""
    wave = array("h", [8192, -8192] * 11_025)
    Path(next(one for one in arguments if one.endswith(".pcm"))).write_bytes(wave.tobytes())
    return SimpleNamespace(stdout=array("f", [sample / 32768 for sample in wave]).tobytes(), stderr="")


def nothing(*_: object) -> None:
    """Nothing to keep, to give back or to tell."""


def narrated(narrator: FailingNarrator, limiter: Limiter, lines: int, workdir: Path) -> set[str]:
    """Return the keys of the lines that were had."""
    ffmpeg = cast(Ffmpeg, SimpleNamespace(convert=written))
    clip_store: Any = SimpleNamespace(
        fetch=nothing,
        claim=lambda _key: True,
        unclaim=nothing,
        reserve=lambda _request: "",
        give_back=nothing,
        flush=nothing,
        keep=nothing,
    )
    script = [
        Segment(f"{n:03d}", "Ada", "voice", False, SpeechRequest(f"Line {n}.", "voice", "model", "mp3_44100_128", {}))
        for n in range(lines)
    ]
    synthesizer = SpeechSynthesizer(narrator, ffmpeg, retry_decision, SystemThreads())
    tell: Callable[..., None] = nothing
    return set(synthesizer.clips(script, (), cast(ClipStore, clip_store), limiter, tell, tell, workdir).clips)


def busy(code: str, retry_after_s: float = 0.0) -> ProviderFault:
    return ProviderFault("ElevenLabs", "status", status=429, code=code, retry_after_s=retry_after_s)


CODES = ("too_many_concurrent_requests", "concurrent_limit_exceeded", "system_busy")


@pytest.mark.parametrize("code", CODES)
def test_a_single_line_that_found_the_narrator_busy_is_tried_once_more_at_once(tmp_path: Path, code: str) -> None:
    narrator = FailingNarrator(busy(code))
    assert len(narrated(narrator, Limiter(), 1, tmp_path)) == 1
    assert narrator.calls == 2


@pytest.mark.parametrize("code", CODES)
def test_a_single_line_is_not_tried_a_third_time(tmp_path: Path, code: str) -> None:
    narrator = FailingNarrator(busy(code), busy(code))
    with pytest.raises(ProviderFault):
        narrated(narrator, Limiter(), 1, tmp_path)
    assert narrator.calls == 2


@pytest.mark.parametrize("code", CODES)
def test_a_narrator_that_asks_for_a_pause_gets_it(tmp_path: Path, code: str) -> None:
    narrator = FailingNarrator(busy(code, retry_after_s=5.0))
    with pytest.raises(ProviderFault):
        narrated(narrator, Limiter(), 1, tmp_path)
    assert narrator.calls == 1


def test_with_several_lines_too_many_at_once_means_fewer_of_them(tmp_path: Path) -> None:
    narrator, limiter = FailingNarrator(busy("too_many_concurrent_requests")), Limiter(4)
    assert len(narrated(narrator, limiter, 4, tmp_path)) == 4
    assert (narrator.calls, limiter.permits) == (5, 2)
