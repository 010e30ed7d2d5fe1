"""The classification of failures, decided in this one place.

There are three kinds. *transient*: the provider is busy or unavailable; the step is retried later, a few times.
*permanent*: trying again changes nothing; the step is given up now, with a sentence for a person. *ours*: a bug or a
fault of the store; it is logged with its place, retried by redelivery, and its task is ended as a dead letter.
"""

import errno
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from chalicelib.audio.ports import RetryDecision
from chalicelib.audio.refusals import TOO_MANY_AT_ONCE, narrator_refusal
from chalicelib.domain.steps import Step
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
    Oversized,
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
    CutOff: _unusable(
        "The author's reply was cut off before it was complete. Ask for fewer words per chapter, or raise "
        "limits.max_completion_tokens in story_config.json, then retry."
    ),
    Unusable: _unusable(
        "The author's reply could not be used, even after it was asked to repair it. Retry, or choose another model."
    ),
    NotAudio: _unusable(
        "The narrator answered with something that is not audio. Retry, or choose another voice or model."
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
# A refused text often comes as a plain 400, which without its code would blame the models and voices.
_REFUSALS = {
    "content_policy_violation",
    "content_filter",
    "detected_unusual_activity_content",
    "invalid_prompt",
    "moderation",
    "moderation_blocked",
    "data_inspection_failed",
}
_REGION = {"unsupported_country_region_territory", "unsupported_country", "unsupported_region"}
_NO_MODEL = {"model_not_found", "model_not_available", "model_decommissioned", "NOT_FOUND_MODEL"}
_TOO_MANY_TOKENS = {"context_length_exceeded", "string_above_max_length"}
_BAD_KEY = {"invalid_api_key", "missing_api_key", "incorrect_api_key", "API_KEY_INVALID", "authentication_error"}


BOOK_TOO_SLOW = Failure(
    "permanent",
    "timeout",
    "The book's files take longer to make than a worker may. The chapters can be heard one by one.",
)


def too_many_reschedules(awaited: Awaited, times: int, step: Step) -> Failure | None:
    """Return the failure that ends a step after `times` reschedules in a row without progress; None below the limit."""
    limit, failure = GIVEN_UP[awaited]
    if times <= limit:
        return None
    return BOOK_TOO_SLOW if step.kind == "book" else failure


def classify(error: BaseException) -> Failure:
    """Classify an error that a step raised; an unknown one is a failure of our own."""
    if isinstance(error, ProviderFault):
        return _classify_fault(error)
    if isinstance(error, DiskFull) or (isinstance(error, OSError) and error.errno in _NO_ROOM):
        return DISK_FULL
    if isinstance(error, ContentRefused):
        return Failure("permanent", "content_refused", _refused(error))
    # From the most specific class to the least: Overlong, Oversized and NotAsOrdered are Unusable too.
    if isinstance(error, Overlong):
        return _unusable(
            "The author wrote a longer chapter than can be narrated, even after it was asked for a shorter one: "
            f"{error.reason}. Retry, or ask for fewer words per chapter (writing.words_per_chapter in "
            "story_config.json)."
        )
    if isinstance(error, Oversized):
        return _unusable(
            f"The author wrote more than can be stored, even after it was asked for less: {error.reason}. "
            "Retry, or choose another model."
        )
    if isinstance(error, BudgetExceeded):
        return Failure("permanent", "budget_exceeded", str(error))
    if isinstance(error, NotAsOrdered):
        return _unusable(
            f"The author was asked twice, and did not write the chapter that was ordered. It wrote {error.wrote} "
            "Retry, or choose another model."
        )
    if isinstance(error, TooLong):
        return _unusable(str(error))
    return next((failure for kind, failure in _BY_CLASS.items() if isinstance(error, kind)), INTERNAL)


def _refused(error: ContentRefused) -> str:
    part = error.part or "this story"
    if error.reason:
        return f"This story is not told here: {part} was rated as {error.reason}. Change it, then retry."
    return f"The author declined to go on with {part}. Change the prompt, or the remark, and start again."


def retry_decision(fault: ProviderFault) -> RetryDecision:
    """Return how a fault at one line affects the other lines of its chapter."""
    # Before `momentary`: this fault is transient too, but trying at once with as many calls would meet it again.
    if TOO_MANY_AT_ONCE & {fault.code, fault.broader}:
        return "fewer at once"
    if momentary(fault):
        return "once more"
    return "others only" if classify(fault).kind == "transient" else "stop"


def momentary(fault: ProviderFault) -> bool:
    """Return whether the same call may succeed if repeated at once: it failed quickly, and no pause was asked for."""
    return classify(fault).kind == "transient" and fault.cause != "timeout" and not fault.retry_after_s


def _classify_fault(fault: ProviderFault) -> Failure:
    if fault.provider in {"ElevenLabs", "the speech server"}:
        kind, code, sentence = narrator_refusal(fault)
        if kind == "permanent":
            return Failure(kind, code, sentence)
        return Failure(kind, code, sentence, fault.retry_after_s, fault.provider)
    if fault.cause != "status":
        return _unanswered(fault)
    # The code comes before the status: an account without credit is often reported as 401 or 429, and waiting does not
    # fill it; a refused text comes as a plain 400, which would blame the models and voices.
    if (known := _by_code(fault)) is not None:
        return Failure("permanent", *known)
    # 409 is a lock at the provider and 425 "too early": like a timeout, both pass without a change on our side.
    if fault.status in {408, 409, 425, 429} or fault.status >= 500:
        sentence = f"{_who(fault)} is overloaded or out of service. Retry the task later."
        return Failure("transient", "provider_unavailable", sentence, fault.retry_after_s, fault.provider)
    return Failure("permanent", *_by_status(fault))


def _who(fault: ProviderFault) -> str:
    return fault.provider[0].upper() + fault.provider[1:]


def _account(fault: ProviderFault, article: str = "The") -> str:
    named = fault.provider[0].isupper()
    return f"{article} {fault.provider} account" if named else f"{article} account at {fault.provider}"


def _unanswered(fault: ProviderFault) -> Failure:
    """Return the failure of a call that no answer came to."""
    if fault.cause == "timeout":
        limit = f"within {fault.limit_s:g} seconds" if fault.limit_s else "in time"
        sentence = f"{_who(fault)} did not answer {limit}. Retry the task later."
        return Failure("transient", "timeout", sentence, provider=fault.provider)
    sentence = f"{_who(fault)} cannot be reached. Retry the task later."
    return Failure("transient", "provider_unavailable", sentence, provider=fault.provider)


def _by_code(fault: ProviderFault) -> tuple[ErrorCode, str] | None:
    """Return the code and the sentence of an answer that says itself what is wrong, and does not pass by itself."""
    who, provider, code = _who(fault), fault.provider, fault.code
    if code in _SPENT or fault.status == 402:
        return "quota_exceeded", f"{_account(fault)} has no credit left. Top it up, then retry the task."
    if code in _REFUSALS:
        return "content_refused", f"{who} declined this text. Change it, then retry."
    if code in _REGION:
        return "provider_rejected", f"{who} does not serve the country or region that Fireside runs in."
    if code in _BAD_KEY:
        return _bad_key(fault)
    if code in _NO_MODEL:
        return "provider_rejected", (
            f"{who} does not offer the model {fault.model or 'that is configured'} to this account. Choose another "
            "one (models in configs/story_config.json), then retry."
        )
    if code in _TOO_MANY_TOKENS:
        return "provider_rejected", (
            f"The model takes fewer tokens than {who if provider == 'OpenAI' else provider} was asked for. Lower "
            "limits.max_completion_tokens in story_config.json, or ask for fewer words per chapter, then retry."
        )
    if code == "request_too_large":
        return "provider_rejected", (
            f"The request is larger than any that {_account(fault, 'the')} may make, so waiting does not help. Lower "
            "limits.max_completion_tokens in story_config.json, or raise the account's limit, then retry."
        )
    return None


def _by_status(fault: ProviderFault) -> tuple[ErrorCode, str]:
    """Return the code and the sentence of an answer of which nothing but its status is known."""
    who = _who(fault)
    if fault.code == "html":
        return "provider_rejected", _no_api(fault)
    if fault.status == 401:
        return _bad_key(fault)
    if fault.status == 403:
        return "invalid_credentials", (
            f"{who} does not allow this with the API key ({_facts(fault)}). Check what OPENAI_API_KEY and its "
            "account may do, then retry."
        )
    if fault.param:
        return "provider_rejected", (
            f"{who} does not take {fault.param} as it was sent ({_facts(fault)}). Choose another model, or change its "
            "settings in configs/, then retry."
        )
    rejected = f"{who} rejected the request ({_facts(fault)})."
    return "provider_rejected", f"{rejected} Check the models and voices in configs/, then retry."


def _facts(fault: ProviderFault) -> str:
    return f"status {fault.status}, {fault.code}" if fault.code else f"status {fault.status}"


def _bad_key(fault: ProviderFault) -> tuple[ErrorCode, str]:
    sentence = f"{_who(fault)} does not accept the API key. Set a valid OPENAI_API_KEY, then retry."
    return "invalid_credentials", sentence


def _no_api(fault: ProviderFault) -> str:
    """Return the sentence for an answer that is a web page, from something between us and the provider."""
    if fault.status == 403:
        return f"{_who(fault)} cannot be used from this network: a web page came back that denies access."
    return (
        "What answers at OPENAI_BASE_URL is no chat completions server. Check the address (mostly it ends in /v1), "
        "then retry."
    )
