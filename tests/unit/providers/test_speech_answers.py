"""What an answer names, and how long it may take to read."""

from collections.abc import Iterator

import pytest

from chalicelib.errors import ProviderFault, SpokenLine
from chalicelib.providers.speech_answers import codes, ensure_audio, read_until

LINE = SpokenLine("Ada", "Bella", "kokoro")


class Watch:
    """A clock that goes on by a second with each chunk that is read."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def dripping(self, chunks: int) -> Iterator[bytes]:
        for _ in range(chunks):
            self.now += 1.0
            yield b"."


def test_an_answer_is_read_whole_if_it_comes_in_time() -> None:
    watch = Watch()
    assert read_until(5.0, watch.dripping(5), watch) == b"....."


def test_an_answer_that_drips_is_given_up_when_its_time_is_over() -> None:
    watch = Watch()
    with pytest.raises(TimeoutError):
        read_until(5.0, watch.dripping(1000), watch)
    assert watch.now == 6.0


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ({"detail": {"code": "a_code", "status": "a_status", "type": "a_type"}}, ("a_code", "a_status")),
        ({"detail": {"status": "a_status", "message": "text"}}, ("a_status", "")),
        (
            {"detail": {"error": "invalid_model", "type": "invalid_request_error"}},
            ("invalid_model", "invalid_request_error"),
        ),
        ({"error": {"code": 500, "message": "text", "type": ""}}, ("", "")),  # LocalAI
        (
            {"code": 404, "message": "text", "type": "invalid_request_error"},
            ("invalid_request_error", ""),
        ),  # by the SDK
        ({"error": {"message": "text", "type": "auth_error", "param": "None", "code": "401"}}, ("auth_error", "")),
        ({"error": {"type": "None", "code": "429"}}, ("", "")),  # LiteLLM
        ({"detail": "Model 'x' is not installed locally."}, ("", "")),  # speaches
        ({"detail": "a_code"}, ("a_code", "")),
        ({"detail": [{"loc": ["body"]}]}, ("", "")),
        ({"detail": {"code": ["a"], "status": {"b": 1}, "type": True}}, ("", "")),
        ({"detail": {"code": "x" * 61}}, ("", "")),
        ({"detail": {"code": "a code"}}, ("", "")),
        ({"detail": {"code": "only_for_creator+"}}, ("only_for_creator+", "")),
        ({}, ("", "")),
        (None, ("", "")),
        ("Internal Server Error", ("", "")),
    ],
)
def test_only_what_looks_like_a_code_is_one(body: object, found: tuple[str, str]) -> None:
    assert codes(body) == found


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 502, "not_audio"),
        (b"<html>", 502, "not_audio"),
        (b'{"detail": {"status": "system_busy"}}', 502, "system_busy"),
        (b'{"detail": {"code": "new", "status": "too_many_concurrent_requests"}}', 502, "too_many_concurrent_requests"),
        (b'{"detail": {"status": "quota_exceeded"}}', 502, "not_audio"),
        (b'{"error": {"code": 503}}', 503, "not_audio"),
        (b'{"status_code": 401}', 502, "not_audio"),
        (b'{"error": "text"}', 502, "not_audio"),
        (b"[1]", 502, "not_audio"),
        (b"\xff\xfe", 502, "not_audio"),
    ],
)
def test_a_success_without_sound_is_as_momentary_as_a_503(body: bytes, status: int, code: str) -> None:
    with pytest.raises(ProviderFault) as caught:
        ensure_audio("the speech server", body, LINE, billed=False)
    assert (caught.value.status, caught.value.code, caught.value.line) == (status, code, LINE)


def test_sound_is_let_through() -> None:
    ensure_audio("ElevenLabs", b"ID3...", LINE, billed=True)
    ensure_audio("the speech server", b"RIFF....WAVE", LINE, billed=False)
