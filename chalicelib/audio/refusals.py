"""What a narrator's answer means: whether it passes by itself, and what to say about it.

ElevenLabs names a reason in `code` and a broader one in `status`, and the HTTP status alone says little: 401 is a bad
key, a spent account, a missing permission or a suspended free plan. The codes are those of ElevenLabs' documentation
(fern/docs/pages/developer-guides/error-messages.mdx in https://github.com/elevenlabs/elevenlabs-docs) and of public
reports and clients; tests/integration/test_speech_errors.py names the reports. No provider's message is looked at or
quoted: it may hold the user's text.
"""

import re
from collections.abc import Callable
from typing import Literal, NamedTuple

from chalicelib.domain.outline import NARRATOR
from chalicelib.domain.task import ErrorCode
from chalicelib.errors import Provider, ProviderFault, SpokenLine

TOO_MANY_AT_ONCE = frozenset({"too_many_concurrent_requests", "concurrent_limit_exceeded"})
"""The account's limit of concurrent calls, which other programs with the same key also use up."""

BUSY = TOO_MANY_AT_ONCE | {"system_busy", "rate_limit_exceeded"}
"""Codes of refusals that pass by themselves, whatever status they come with."""

NOT_AUDIO = "not_audio"
"""Our code for a success whose body is no sound. Such an answer is as momentary as a 503."""

AT_THE_EDGE = "refused_at_the_edge"
"""Our code for a 403 that the API did not write: something in front of it turns the network away."""

_BUSY_STATUSES = {408, 409, 425, 429}
_IDENTIFIER = re.compile(r"[A-Za-z0-9_.+-]{1,60}")


class Refusal(NamedTuple):
    """What an answer means: whether the step is retried by itself, the task's error code, and the sentence."""

    kind: Literal["transient", "permanent"]
    code: ErrorCode
    sentence: str


def identifier(value: object) -> str:
    """Return a value as a code if it looks like one, else "": anything else may be text, and so quote a user."""
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    return text if _IDENTIFIER.fullmatch(text) else ""


def narrator_refusal(fault: ProviderFault) -> Refusal:
    """Return what a narrator's fault means: by its code, then by the broader one, then by its status."""
    provider = _name(fault)
    if fault.cause == "timeout":
        return Refusal("transient", "timeout", f"{provider} did not answer in time. {_LATER}")
    if fault.cause == "connection":
        hint = "" if fault.provider == "ElevenLabs" else "Check that it runs, and SPEECH_BASE_URL. "
        return Refusal("transient", "provider_unavailable", f"{provider} cannot be reached. {hint}{_LATER}")
    meaning = next((_BY_CODE[code] for code in (fault.code, fault.broader) if code in _BY_CODE), None)
    if meaning is None and _passes(fault):
        silent = fault.code == NOT_AUDIO
        trouble = "answered with something that is not audio" if silent else "is overloaded or out of service"
        return Refusal("transient", "provider_unavailable", f"{provider} {trouble}. {_LATER}")
    code, sentence = (meaning or _by_status(fault.status))(fault)
    return Refusal("permanent", code, sentence)


_LATER = "Retry the task later."
_RETRY = "then retry the task."
_CONFIG = "configs/voices_config.json"

Answer = tuple[ErrorCode, str]
_Meaning = Callable[[ProviderFault], Answer]


def _passes(fault: ProviderFault) -> bool:
    return bool({fault.code, fault.broader} & BUSY) or fault.status in _BUSY_STATUSES or fault.status >= 500


def _name(fault: ProviderFault) -> str:
    """Return the narrator's name as a sentence begins with it."""
    return fault.provider[0].upper() + fault.provider[1:]


def _account(fault: ProviderFault) -> str:
    return "The ElevenLabs account" if fault.provider == "ElevenLabs" else "The account at the speech server"


def _key(fault: ProviderFault) -> str:
    return "ELEVENLABS_API_KEY" if fault.provider == "ElevenLabs" else "SPEECH_API_KEY"


def _speaker(line: SpokenLine | None) -> str:
    """Return who was to speak, in words that follow "in which"."""
    name = line.speaker if line else ""
    return "the Narrator" if name == NARRATOR else name


def _voice(line: SpokenLine | None) -> str:
    """Return the voice with its character, in words that follow "know"."""
    if line is None or not line.voice:
        return "one of the story's voices"
    speaker = _speaker(line)
    return f"the voice {line.voice}, in which {speaker} speaks" if speaker else f"the voice {line.voice}"


def _line_of(line: SpokenLine | None) -> str:
    """Return the line with its speaker and voice, in words that follow "rejected"."""
    if line is None or not line.voice:
        return "a line"
    of = f" of {_speaker(line)}" if line.speaker else ""
    return f"a line{of} in the voice {line.voice}"


def _model(line: SpokenLine | None) -> str:
    return f"the model {line.model}" if line and line.model else "the configured model"


def _no_credit(fault: ProviderFault) -> Answer:
    return "quota_exceeded", f"{_account(fault)} has no credit left. Top it up, {_RETRY}"


def _bad_key(fault: ProviderFault) -> Answer:
    provider = _name(fault)
    sentence = f"{provider} does not accept the API key. Set a valid {_key(fault)}, then retry."
    return "invalid_credentials", sentence


def _no_permission(fault: ProviderFault) -> Answer:
    return "invalid_credentials", (
        f"The API key of {fault.provider} lacks the text-to-speech permission. Give it that permission, or set another"
        f" {_key(fault)}, {_RETRY}"
    )


def _suspended(fault: ProviderFault) -> Answer:
    return "provider_rejected", (
        f"{_name(fault)} switched free use off for this account or network. Use a paid plan, or another network"
        f" without a VPN or proxy, {_RETRY}"
    )


def _turned_away(fault: ProviderFault) -> Answer:
    return "provider_rejected", (
        f"{_name(fault)} cannot be used from this network: something in front of it turned the request away. Try"
        f" another network, without a VPN or proxy, {_RETRY}"
    )


def _paid_plan(fault: ProviderFault) -> Answer:
    reason, remedy = _lost_voice(fault, _paid_plan)
    return "provider_rejected", f"{reason} {remedy}, {_RETRY}"


def _unknown_voice(fault: ProviderFault) -> Answer:
    reason, remedy = _lost_voice(fault, _unknown_voice)
    return "provider_rejected", f"{reason} {remedy}, then try again."


def _unusable_voice(fault: ProviderFault) -> Answer:
    reason, remedy = _lost_voice(fault, _unusable_voice)
    return "provider_rejected", f"{reason} {remedy}, then try again."


def _lost_voice(fault: ProviderFault, meaning: _Meaning) -> tuple[str, str]:
    """Return why a voice cannot be had, as a sentence, and what can be done, as the beginning of one."""
    name, voice = _name(fault), _voice(fault.line)
    if meaning is _paid_plan:
        return f"{name} wants a paid plan for {voice}.", "Choose another voice, or get a paid plan"
    if meaning is _unknown_voice:
        return f"{name} does not know {voice}.", "Choose a voice from your account"
    return f"{name} does not let this account use {voice}, with {_model(fault.line)}.", "Choose another voice or model"


def _unknown_model(fault: ProviderFault) -> Answer:
    return "provider_rejected", (
        f"{_name(fault)} does not offer {_model(fault.line)}. Set another model in {_CONFIG}, {_RETRY}"
    )


def _wrong_parameter(fault: ProviderFault) -> Answer:
    return "provider_rejected", (
        f"{_name(fault)} does not take what was sent for {_line_of(fault.line)} with"
        f" {_model(fault.line)}. Check models and settings in {_CONFIG}, {_RETRY}"
    )


def _wrong_format(fault: ProviderFault) -> Answer:
    return "provider_rejected", (
        f"{_name(fault)} does not have the configured output format, or not on your plan. Set"
        f" output_format in {_CONFIG} to another one, such as mp3_44100_128, {_RETRY}"
    )


def _too_long(fault: ProviderFault) -> Answer:
    return "provider_rejected", (
        f"{_name(fault)} takes no text as long as {_line_of(fault.line)} with {_model(fault.line)}."
        f" Lower its max_characters in {_CONFIG}, or shorten the line, {_RETRY}"
    )


def _declined(fault: ProviderFault) -> Answer:
    declined = f"{_name(fault)} declined to speak {_line_of(fault.line)}."
    return "content_refused", f"{declined} Change its text, {_RETRY}"


def _not_found(fault: ProviderFault) -> Answer:
    if fault.provider == "ElevenLabs":
        return _rejected(fault)
    # speaches and LocalAI say so of a model that is not installed, all of them of a path that they do not have.
    return "provider_rejected", (
        f"The speech server does not know {_model(fault.line)}, or has no speech at this address. Check model in"
        f" {_CONFIG} and SPEECH_BASE_URL, which ends in /v1, {_RETRY}"
    )


def _rejected(fault: ProviderFault) -> Answer:
    code = f", {fault.code}" if fault.code else ""
    return "provider_rejected", (
        f"{_name(fault)} rejected {_line_of(fault.line)} (status {fault.status}{code}). Check the voice,"
        f" the model and the settings in {_CONFIG}, {_RETRY}"
    )


def _by_status(status: int) -> _Meaning:
    return {401: _bad_key, 402: _no_credit, 403: _bad_key, 404: _not_found}.get(status, _rejected)


_MEANINGS: dict[_Meaning, set[str]] = {
    _no_credit: {
        "quota_exceeded",
        "insufficient_credits",
        "insufficient_quota",
        "billing_hard_limit_reached",
        "budget_exceeded",  # LiteLLM's, for a key of its own with a limit
    },
    _bad_key: {"invalid_api_key", "needs_authorization", "missing_api_key", "unreadable_api_key"},
    _no_permission: {"missing_permissions"},
    _suspended: {"detected_unusual_activity", "unusual_activity_detected", "user_in_probation"},
    _turned_away: {AT_THE_EDGE, "territory_restricted"},
    # `payment_required` without a code: https://github.com/OWASP/Nest/issues/3859, and it is a library voice there too.
    _paid_plan: {
        "paid_plan_required",
        "payment_required",
        "subscription_required",
        "only_for_creator+",
        "only_for_creator_plus",
        "free_users_not_allowed",
    },
    _unknown_voice: {"voice_not_found", "voice_does_not_exist", "invalid_voice_id"},
    # A professional clone that is not trained for the model; a voice that its owner has taken back; `invalid_uid` is
    # said of a sound id too, for a plan's sake: https://github.com/pcescato/shared-knowledge/pull/2.
    _unusable_voice: {
        "voice_not_fine_tuned",
        "voice_disabled",
        "voice_blocked_detected",
        "famous_voice_not_permitted",
        "invalid_uid",
    },
    _unknown_model: {"model_not_found", "model_access_denied", "model_can_not_do_text_to_speech", "invalid_model"},
    _wrong_parameter: {"unsupported_model", "invalid_voice_settings", "unsupported_language"},
    _wrong_format: {"output_format_not_allowed", "invalid_output_format"},
    _too_long: {"max_character_limit_exceeded", "text_too_long"},
    _declined: {
        "content_against_policy",
        "content_policy_violation",
        "content_filter",
        "moderation_blocked",
        "detected_unusual_activity_content",
    },
}

_BY_CODE: dict[str, _Meaning] = {code: meaning for meaning, codes in _MEANINGS.items() for code in codes}

_OF_ONE_VOICE = (_paid_plan, _unknown_voice, _unusable_voice)


def lost_voice(fault: ProviderFault) -> str:
    """Return the code that says that a voice cannot be had; "" for a fault that another voice would meet, too.

    A status alone is not enough: behind a wrong address everything is a 404.
    """
    found = ((code, _BY_CODE.get(code)) for code in (fault.code, fault.broader))
    meant = next(((code, meaning) for code, meaning in found if meaning is not None), None)
    return meant[0] if meant is not None and meant[1] in _OF_ONE_VOICE else ""


def replaced_voice(provider: Provider, line: SpokenLine, code: str, heard: str) -> str:
    """Return what to say of a chapter in which a speaker is `heard` in another voice than theirs, lost with `code`."""
    fault = ProviderFault(provider, "status", code=code, line=line)
    reason, remedy = _lost_voice(fault, _BY_CODE.get(code, _unknown_voice))
    speaker = _speaker(line)
    return (
        f"{reason} {speaker[:1].upper()}{speaker[1:]} is heard in the voice {heard} instead. {remedy}, and narrate the"
        " chapter again."
    )
