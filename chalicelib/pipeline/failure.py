"""The classification of failures, decided in this one place.

There are three kinds. *transient*: the provider is busy or unavailable; the step is retried later, a few times.
*permanent*: trying again changes nothing; the task ends now, with a sentence for a person. *ours*: a bug or a fault of
the store; it is logged with its place, retried by redelivery, and its task is ended as a dead letter.
"""

import errno
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from chalicelib.audio.ports import RetryDecision
from chalicelib.domain.task import ErrorCode
from chalicelib.errors import (
    Awaited,
    BudgetExceeded,
    ContentRefused,
    CutOff,
    DiskFull,
    NotAsOrdered,
    NotAudio,
    Overlong,
    Provider,
    ProviderFault,
    TooLong,
    Unusable,
)


@dataclass(frozen=True, slots=True)
class Failure:
    """A classified failure: its kind, the task's `error_code` and `error`, the provider and the pause it asks for."""

    kind: Literal["transient", "permanent", "ours"]
    code: ErrorCode
    sentence: str
    retry_after_s: float = 0.0
    provider: Provider | None = None


INTERNAL = Failure(
    "ours", "internal", "Something went wrong inside Fireside. Retry the task; what was paid for is kept."
)

DISK_FULL = Failure(
    "transient",
    "internal",
    "The disk for temporary files is full. Make room on it (TMPDIR names the folder), then retry; what was paid for is "
    "kept.",
)
"""It is retried like a provider's failure: another function instance has another disk, and a person may free space."""

_NO_ROOM = {errno.ENOSPC, errno.EDQUOT}

GIVEN_UP: Mapping[Awaited, tuple[int, Failure]] = {
    "time": (
        5,
        Failure("permanent", "timeout", "This chapter takes longer than a worker may. Make it shorter, then retry."),
    ),
    # Three hundred waits, up to half a minute each, are two and a half hours.
    "permit": (
        300,
        Failure(
            "permanent",
            "provider_unavailable",
            "The narrator was busy with other stories for hours. Retry the task later; what was paid for is kept.",
        ),
    ),
    "line": (
        300,
        Failure(
            "permanent", "timeout", "A line that two chapters share was not narrated in hours. Retry the task later."
        ),
    ),
}
"""The number of reschedules in a row without progress, by what the step waits for, and the failure after that. A
step that runs out of time costs a function's whole time; one that waits costs a message, half a minute apart after the
first few."""


def _unusable(sentence: str) -> Failure:
    return Failure("permanent", "invalid_output", sentence)


_BY_CLASS: Mapping[type[Exception], Failure] = {
    ContentRefused: Failure(
        "permanent",
        "content_refused",
        "OpenAI declined to write this story. Change the prompt, or the remark, and start again.",
    ),
    CutOff: _unusable(
        "OpenAI's reply was cut off before it was complete. Ask for fewer words per chapter, or raise "
        "limits.max_completion_tokens in story_config.json, then retry."
    ),
    Unusable: _unusable(
        "OpenAI's reply could not be used, even after it was asked to repair it. Retry, or choose another model."
    ),
    NotAudio: _unusable(
        "ElevenLabs answered with something that is not audio. Retry, or choose another voice or model."
    ),
}
"""The failures whose sentence depends on nothing but the error's class."""

# Compared before the statuses: an account without credit is often reported as 401 or 429, and waiting is no help.
_SPENT = {
    "insufficient_quota",
    "billing_hard_limit_reached",
    "billing_not_active",
    "budget_exceeded",
    "access_terminated",
    "quota_exceeded",
    "insufficient_credits",
    "payment_required",
}
# The account's limit of concurrent calls, which other programs with the same key also use up.
_TOO_MANY_AT_ONCE = {"too_many_concurrent_requests", "concurrent_limit_exceeded"}
_UNKNOWN_VOICE = {"voice_not_found", "voice_does_not_exist", "invalid_voice_id"}
# A refused text often comes as a plain 400, which without its code would blame the models and voices.
_REFUSALS = {"content_policy_violation", "content_filter", "detected_unusual_activity_content", "moderation_blocked"}


def too_many_reschedules(awaited: Awaited, times: int) -> Failure | None:
    """Return the failure that ends a step after `times` reschedules in a row without progress; None below the limit."""
    limit, failure = GIVEN_UP[awaited]
    return failure if times > limit else None


def classify(error: BaseException) -> Failure:
    """Classify an error that a step raised; an unknown one is a failure of our own."""
    if isinstance(error, ProviderFault):
        return _classify_fault(error)
    if isinstance(error, DiskFull) or (isinstance(error, OSError) and error.errno in _NO_ROOM):
        return DISK_FULL
    # From the most specific class to the least: Overlong and NotAsOrdered are Unusable too.
    if isinstance(error, Overlong):
        return _unusable(
            "OpenAI wrote a longer chapter than can be narrated, even after it was asked for a shorter one: "
            f"{error.reason}. Retry, or ask for fewer words per chapter (writing.words_per_chapter in "
            "story_config.json)."
        )
    if isinstance(error, BudgetExceeded):
        return Failure("permanent", "budget_exceeded", str(error))
    if isinstance(error, NotAsOrdered):
        return _unusable(
            f"OpenAI was asked twice, and did not write the chapter that was ordered. It wrote {error.wrote} "
            "Retry, or choose another model."
        )
    if isinstance(error, TooLong):
        return _unusable(str(error))
    return next((failure for kind, failure in _BY_CLASS.items() if isinstance(error, kind)), INTERNAL)


def retry_decision(fault: ProviderFault) -> RetryDecision:
    """Return how a fault at one line affects the other lines of its chapter."""
    # Before `momentary`: this fault is transient too, but trying at once with as many calls would meet it again.
    if fault.code in _TOO_MANY_AT_ONCE:
        return "fewer at once"
    if momentary(fault):
        return "once more"
    return "others only" if classify(fault).kind == "transient" else "stop"


def momentary(fault: ProviderFault) -> bool:
    """Return whether the same call may succeed if repeated at once: it failed quickly, and no pause was asked for."""
    return classify(fault).kind == "transient" and fault.cause != "timeout" and not fault.retry_after_s


def _classify_fault(fault: ProviderFault) -> Failure:
    if fault.cause != "status":
        return _unanswered(fault)
    # 409 is a lock at the provider and 425 "too early": like a timeout, both pass without a change on our side.
    busy = fault.status in {408, 409, 425, 429} or fault.status >= 500
    # The code comes before the status: an account without credit is often reported as 401 or 429, and waiting does not
    # fill it; a refused text comes as a plain 400, which would blame the models and voices.
    code, sentence = _reason(fault)
    if busy and code not in {"quota_exceeded", "content_refused"}:
        sentence = f"{fault.provider} is overloaded or out of service. Retry the task later."
        return Failure("transient", "provider_unavailable", sentence, fault.retry_after_s, fault.provider)
    return Failure("permanent", code, sentence)


def _unanswered(fault: ProviderFault) -> Failure:
    """Return the failure of a call that no answer came to."""
    provider = fault.provider
    if fault.cause == "timeout":
        sentence = f"{provider} did not answer in time. Retry the task later."
        return Failure("transient", "timeout", sentence, provider=provider)
    sentence = f"{provider} cannot be reached. Retry the task later."
    return Failure("transient", "provider_unavailable", sentence, provider=provider)


def _reason(fault: ProviderFault) -> tuple[ErrorCode, str]:
    """Return the code and the sentence of an answer that is an error, if it does not pass by itself."""
    provider = fault.provider
    if fault.code in _SPENT or fault.status == 402:
        return "quota_exceeded", f"The {provider} account has no credit left. Top it up, then retry the task."
    if fault.status in {401, 403}:
        key = f"{provider.upper()}_API_KEY"
        return "invalid_credentials", f"{provider} does not accept the API key. Set a valid {key}, then retry."
    if fault.code in _REFUSALS:
        return "content_refused", f"{provider} declined this text. Change it, then retry."
    if fault.code in _UNKNOWN_VOICE:
        unknown = f"{provider} does not know one of the story's voices."
        return "provider_rejected", f"{unknown} Choose a voice from your account, then try again."
    code = f", {fault.code}" if fault.code else ""
    rejected = f"{provider} rejected the request (status {fault.status}{code})."
    return "provider_rejected", f"{rejected} Check the models and voices in configs/, then retry."
