"""Whatever a narrator's server answers: no fault of ours, and two billed calls at most for a line.

Sound is changed at random, cut and filled with other bytes; statuses, headers and error bodies are made up.
`make fuzz` tries 2,500 with each narrator, more of them than the tests do.
"""

import json
import os
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import httpx2
import pytest
from hypothesis import HealthCheck, Phase, event, given, settings
from hypothesis import strategies as st

from chalicelib.audio.narration import Segment
from chalicelib.audio.ports import Narrator, SpeechRequest, SpeechResult
from chalicelib.audio.synthesis import SpeechSynthesizer
from chalicelib.audio.threads import SystemThreads
from chalicelib.audio.tools import Ffmpeg
from chalicelib.errors import FiresideError
from chalicelib.pipeline.failure import classify, retry_decision
from chalicelib.providers.narrator import ElevenLabsNarrator
from chalicelib.providers.speech_endpoint import SpeechEndpointNarrator
from tests.support.wire import without_certificates

REPLIES = int(os.environ.get("FUZZ_SPEECH", "40"))
TEXT = "The keeper climbed the stairs, and the lamp was out."


@dataclass
class MemoryClips:
    """A clip store in memory, which counts what is billed for each line."""

    kept: dict[str, bytes] = field(default_factory=dict)
    billed: Counter[str] = field(default_factory=Counter)

    def known(self) -> set[str]:
        return set(self.kept)

    def fetch(self, key: str) -> bytes | None:
        return self.kept.get(key)

    def claim(self, _key: str) -> bool:
        return True

    def unclaim(self, _key: str) -> None:
        """There is nobody else who would want it."""

    def reserve(self, _request: SpeechRequest) -> str:
        return "purchase"

    def give_back(self, _purchase: str) -> None:
        """Nothing was reserved."""

    def flush(self) -> None:
        """Nothing waits."""

    def keep(self, _purchase: str, key: str, request: SpeechRequest, result: SpeechResult) -> None:
        self.kept[key] = result.audio
        assert 0 <= result.characters < 10_000_000
        self.billed[request.text] += 1

    def record_uncertain(self, _purchase: str, request: SpeechRequest) -> None:
        self.billed[request.text] += 1

    def set_aside(self, key: str) -> None:
        self.kept.pop(key, None)


class OneAtATime:
    """A limiter that allows one line, and no fewer."""

    look_again_s = None

    def lines(self, _running: int, _left: int) -> int:
        return 1

    def shrink(self, _running: int) -> bool:
        return False


@cache
def spoken() -> bytes:
    """Return a line of some seconds as MP3: a tone that swells and ebbs as syllables do."""
    wave = "aevalsrc='0.3*sin(2*PI*180*t)*(0.55+0.45*sin(2*PI*4*t))':d=3.4:s=44100"
    with TemporaryDirectory() as folder:
        into = Path(folder) / "line.mp3"
        Ffmpeg.find().convert(["-f", "lavfi", "-i", wave, "-b:a", "64k", str(into)], [], timeout_s=30)
        return into.read_bytes()


Changes = list[tuple[str, float, bytes]]


PIECES: Mapping[str, Callable[[bytes, int, bytes], bytes]] = {
    "cut": lambda data, at, _other: data[:at],
    "behead": lambda data, at, _other: data[at:],
    "insert": lambda data, at, other: data[:at] + other + data[at:],
    "overwrite": lambda data, at, other: data[:at] + other + data[at + len(other) :],
    "zeros": lambda data, at, _other: data[:at] + bytes(8000) + data[at + 8000 :],
    "append": lambda data, _at, other: data + other,
}


def changed(data: bytes, changes: Changes) -> bytes:
    """Return sound with some of its bytes cut off, left out, replaced or added to."""
    for kind, place, other in changes:
        data = PIECES[kind](data, int(place * len(data)), other)
    return data


def cut_off() -> bytes:
    """Return a line that ends in the middle."""
    return changed(spoken(), [("cut", 0.3, b"")])


kinds = st.sampled_from(sorted(PIECES))
sounds = st.builds(
    lambda changes: changed(spoken(), changes), st.lists(st.tuples(kinds, st.floats(0, 1), st.binary(max_size=200)))
)
CODES: list[Any] = ["quota_exceeded", "system_busy", "voice_not_found", "not_found", "", 5, None, [], "a text " * 99]
codes = st.sampled_from(CODES)
errors = st.builds(
    lambda code, status, message: json.dumps({"detail": {"code": code, "status": status, "message": message}}).encode(),
    codes,
    codes,
    st.one_of(st.none(), st.text(max_size=20), st.integers()),
)
bodies = st.one_of(
    sounds,
    st.binary(max_size=60),
    errors,
    st.sampled_from([b"", b"{}", b"[]", b"null", b"<html>busy</html>", b'{"detail": "x"}', b'{"error": "x"}']),
)
STATUSES = [200, 200, 200, 200, 201, 204, 400, 401, 402, 403, 404, 409, 422, 429, 500, 503, 599]
HEADERS: list[dict[str, str]] = [
    {},
    {"character-cost": "52"},
    {"character-cost": "-1"},
    {"character-cost": "9" * 40},
    {"character-cost": "x"},
    {"retry-after": "soon"},
    {"retry-after": "0.5"},
    {"content-type": "text/html"},
]
replies = st.tuples(st.sampled_from(STATUSES), st.sampled_from(HEADERS), bodies)

KINDS = ["elevenlabs", "speech endpoint"]


@pytest.mark.filterwarnings("ignore::hypothesis.errors.HypothesisWarning")  # a finding is shown, however long it is
@pytest.mark.parametrize("kind", KINDS)
@settings(
    max_examples=REPLIES,
    deadline=None,
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(chosen=st.lists(replies, min_size=1, max_size=4))
def test_no_reply_of_a_narrator_is_a_fault_of_ours(
    kind: str, chosen: list[tuple[int, Mapping[str, str], bytes]], ffmpeg: Ffmpeg
) -> None:
    error = none_is_ours(kind, chosen, ffmpeg)
    event(classify(error).code if error else "spoken")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("cost", ["52", "9" * 40, "\xb2", "-1", ""])
def test_a_page_that_was_billed_and_then_an_odd_clip_are_two_calls(kind: str, cost: str, ffmpeg: Ffmpeg) -> None:
    header = {"character-cost": cost}
    none_is_ours(kind, [(200, header, b"<html>busy</html>"), (200, header, cut_off())], ffmpeg)


@pytest.mark.parametrize("kind", KINDS)
def test_an_odd_clip_and_then_a_page_that_was_billed_are_two_calls(kind: str, ffmpeg: Ffmpeg) -> None:
    none_is_ours(kind, [(200, {}, cut_off()), (200, {"character-cost": "52"}, b"")], ffmpeg)


def none_is_ours(kind: str, chosen: list[tuple[int, Mapping[str, str], bytes]], ffmpeg: Ffmpeg) -> BaseException | None:
    """Narrate a line with these replies, the last one again and again; return what it raised, if that may be."""
    waiting = list(chosen)

    def reply(library: Any, request: Any) -> Any:
        status, headers, body = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        return library.Response(
            status,
            headers={"content-type": "audio/mpeg"} | {name: value.encode("latin-1") for name, value in headers.items()},
            content=body,
            request=request,
        )

    store = MemoryClips()
    with pytest.MonkeyPatch.context() as patch, TemporaryDirectory() as folder:
        without_certificates(patch)
        patch.setattr(httpx.HTTPTransport, "handle_request", lambda _self, request: reply(httpx, request))
        patch.setattr(httpx2.HTTPTransport, "handle_request", lambda _self, request: reply(httpx2, request))
        with closing(narrator_of(kind)) as narrator:
            speak: Any = narrator
            error = narrated(speak, store, ffmpeg, Path(folder))
    if error is not None:
        assert isinstance(error, FiresideError), repr(error)
        assert classify(error).kind != "ours", repr(error)
    assert store.billed[TEXT] <= 2
    return error


def narrator_of(kind: str) -> Any:
    if kind == "elevenlabs":
        return ElevenLabsNarrator(lambda: "xi-test", "http://127.0.0.1:9", 20)
    return SpeechEndpointNarrator(lambda: "test", "http://127.0.0.1:9/v1", 20)


def narrated(narrator: Narrator, store: MemoryClips, ffmpeg: Ffmpeg, workdir: Path) -> BaseException | None:
    """Narrate one line; return what that raised."""
    request = SpeechRequest(TEXT, "voice", "eleven_multilingual_v2", "mp3_44100_128", {})
    segment = Segment("001", "Ada", "voice", False, request)
    clip_store: Any = store
    limiter: Any = OneAtATime()
    try:
        SpeechSynthesizer(narrator, ffmpeg, retry_decision, SystemThreads()).clips(
            [segment], (), clip_store, limiter, lambda: None, lambda _done, _all: None, workdir
        )
    except Exception as error:  # noqa: BLE001 # what kind it is, is what is tested
        return error
    return None
