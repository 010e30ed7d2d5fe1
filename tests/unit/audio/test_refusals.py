"""What a narrator's answer means, without any narrator."""

import re

import pytest

from chalicelib.audio.refusals import BUSY, NOT_AUDIO, Refusal, identifier, narrator_refusal
from chalicelib.errors import Provider, ProviderFault, SpokenLine

LINE = SpokenLine("Ada", "Rachel", "eleven_v3")
PROVIDERS: list[Provider] = ["ElevenLabs", "the speech server"]

CODES = [
    "quota_exceeded",
    "invalid_api_key",
    "missing_permissions",
    "detected_unusual_activity",
    "refused_at_the_edge",
    "paid_plan_required",
    "voice_not_found",
    "voice_not_fine_tuned",
    "model_not_found",
    "unsupported_model",
    "output_format_not_allowed",
    "max_character_limit_exceeded",
    "content_against_policy",
    "a_code_of_tomorrow",
    "",
]


def meaning(
    status: int, code: str = "", broader: str = "", provider: Provider = "ElevenLabs", line: SpokenLine | None = LINE
) -> Refusal:
    return narrator_refusal(
        ProviderFault(provider, "status", status=status, code=code, broader=broader, retry_after_s=0.0, line=line)
    )


@pytest.mark.parametrize("line", [LINE, SpokenLine("", "id", ""), SpokenLine("Narrator", "George", "m"), None])
@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 422, 429, 500])
@pytest.mark.parametrize("code", CODES)
def test_every_sentence_is_one(code: str, status: int, provider: Provider, line: SpokenLine | None) -> None:
    sentence = meaning(status, code, provider=provider, line=line).sentence
    assert re.fullmatch(r"[A-Z].*[a-z]\.", sentence)
    assert not re.search(r"  |\bthe the\b|\. [a-z]| ,|None|''", sentence)
    assert ("ElevenLabs" in sentence or "ELEVENLABS" in sentence) is (provider == "ElevenLabs")


def test_the_code_comes_before_the_broader_one_and_both_before_the_status() -> None:
    assert meaning(401, "voice_not_found", "quota_exceeded").code == "provider_rejected"
    assert meaning(401, "a_code_of_tomorrow", "quota_exceeded").code == "quota_exceeded"
    assert meaning(401, "a_code_of_tomorrow", "another").code == "invalid_credentials"
    assert meaning(429, "quota_exceeded").kind == "permanent"
    assert meaning(500, "content_against_policy").kind == "permanent"


@pytest.mark.parametrize("code", sorted(BUSY | {NOT_AUDIO}))
def test_what_passes_by_itself_is_tried_again(code: str) -> None:
    assert meaning(502, code)[:2] == ("transient", "provider_unavailable")


@pytest.mark.parametrize("code", sorted(BUSY))
def test_a_busy_narrator_is_known_by_its_code_alone(code: str) -> None:
    assert meaning(400, code).kind == meaning(400, "new", code).kind == "transient"


@pytest.mark.parametrize("status", [408, 409, 425, 429, 500, 503, 529])
def test_a_busy_narrator_is_known_by_its_status(status: int) -> None:
    assert meaning(status).kind == "transient"


@pytest.mark.parametrize(
    ("provider", "name"), [("ElevenLabs", "ELEVENLABS_API_KEY"), ("the speech server", "SPEECH_API_KEY")]
)
@pytest.mark.parametrize("status", [401, 403])
def test_a_bad_key_is_told_with_the_variable_that_holds_it(status: int, provider: Provider, name: str) -> None:
    refusal = meaning(status, provider=provider)
    assert refusal.code == "invalid_credentials"
    assert name in refusal.sentence


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("voice_not_found", "voice_not_found"),
        ("only_for_creator+", "only_for_creator+"),
        (503, "503"),
        ("", ""),
        ("two words", ""),
        ("x" * 61, ""),
        ("line\n", ""),
        (True, ""),
        (None, ""),
        ({"a": 1}, ""),
        (1.5, ""),
    ],
)
def test_only_what_looks_like_a_code_is_one(value: object, code: str) -> None:
    assert identifier(value) == code
