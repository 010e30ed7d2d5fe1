import pytest

from chalicelib.errors import (
    ContentRefused,
    CutOff,
    NotAsOrdered,
    NotAudio,
    Overlong,
    Oversized,
    ProviderFault,
    Unusable,
)
from chalicelib.pipeline.failure import INTERNAL, Failure, classify, retry_decision


def openai(status: int, code: str = "") -> ProviderFault:
    return ProviderFault("OpenAI", "status", status=status, code=code)


def eleven(status: int, code: str = "") -> ProviderFault:
    return ProviderFault("ElevenLabs", "status", status=status, code=code)


@pytest.mark.parametrize(
    ("error", "kind", "code", "says"),
    [
        (openai(429, "rate_limit_exceeded"), "transient", "provider_unavailable", "overloaded"),
        (openai(500), "transient", "provider_unavailable", "overloaded"),
        (eleven(429, "too_many_concurrent_requests"), "transient", "provider_unavailable", "overloaded"),
        (ProviderFault("OpenAI", "timeout"), "transient", "timeout", "in time"),
        (ProviderFault("ElevenLabs", "connection"), "transient", "provider_unavailable", "cannot be reached"),
        (openai(429, "insufficient_quota"), "permanent", "quota_exceeded", "Top it up"),
        (eleven(401, "quota_exceeded"), "permanent", "quota_exceeded", "Top it up"),
        (eleven(402, "insufficient_credits"), "permanent", "quota_exceeded", "Top it up"),
        (eleven(402), "permanent", "quota_exceeded", "The ElevenLabs account has no credit left. Top it up"),
        (openai(402, "a code of tomorrow"), "permanent", "quota_exceeded", "The OpenAI account has no credit left"),
        (openai(401, "invalid_api_key"), "permanent", "invalid_credentials", "OPENAI_API_KEY"),
        (eleven(403), "permanent", "invalid_credentials", "ELEVENLABS_API_KEY"),
        (eleven(404, "voice_not_found"), "permanent", "provider_rejected", "voice"),
        (openai(400, "invalid_json_schema"), "permanent", "provider_rejected", "configs/"),
        (openai(400, "content_policy_violation"), "permanent", "content_refused", "Change it"),
        (ContentRefused(), "permanent", "content_refused", "Change the prompt"),
        (CutOff("no"), "permanent", "invalid_output", "max_completion_tokens"),
        (Unusable("no"), "permanent", "invalid_output", "repair"),
        (Overlong("a chapter may take 40 minutes"), "permanent", "invalid_output", "narrated, even after it was asked"),
        (Overlong("a chapter may take 40 minutes"), "permanent", "invalid_output", "may take 40 minutes. Retry"),
        (
            Oversized("cast", "an outline may have 9 KB at most"),
            "permanent",
            "invalid_output",
            "may have 9 KB at most. R",
        ),
        (
            NotAsOrdered("31 words; about 900 were ordered."),
            "permanent",
            "invalid_output",
            "It wrote 31 words; about 900",
        ),
        (NotAudio("no"), "permanent", "invalid_output", "not audio"),
    ],
)
def test_each_failure_has_its_kind_its_code_and_says_what_to_do(
    error: Exception, kind: str, code: str, says: str
) -> None:
    failure = classify(error)
    assert (failure.kind, failure.code) == (kind, code)
    assert says in failure.sentence


def test_what_nobody_planned_for_is_ours_and_says_nothing_of_itself() -> None:
    assert classify(ValueError("a user's text")) == INTERNAL == Failure("ours", "internal", INTERNAL.sentence)
    assert "user's" not in INTERNAL.sentence


def test_only_a_concurrency_limit_asks_for_fewer_at_once() -> None:
    assert retry_decision(eleven(429, "too_many_concurrent_requests")) == "fewer at once"
    assert retry_decision(eleven(429, "system_busy")) == "once more"
    assert retry_decision(eleven(401, "invalid_api_key")) == "stop"


def test_a_provider_that_asks_for_time_or_was_waited_for_is_not_asked_again_at_once() -> None:
    assert retry_decision(ProviderFault("ElevenLabs", "status", status=429, retry_after_s=5.0)) == "others only"
    assert retry_decision(ProviderFault("ElevenLabs", "timeout")) == "others only"
    assert retry_decision(ProviderFault("ElevenLabs", "connection")) == "once more"
