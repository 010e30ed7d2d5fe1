"""What can be asked of an account at ElevenLabs, free of charge, through its SDK."""

from collections.abc import Callable, Collection, Iterable
from typing import TYPE_CHECKING, NamedTuple

from chalicelib.audio.refusals import lost_voice
from chalicelib.errors import ProviderFault
from chalicelib.providers.account_voices import VOICE_ID, Told
from chalicelib.providers.arrival import may_have_arrived
from chalicelib.providers.free_answers import Answer, read_json
from chalicelib.providers.speech_answers import Clock

if TYPE_CHECKING:
    import httpx
    from elevenlabs import ElevenLabs

PAGE, PAGES = 100, 20
"""Voices of a page, which is the most that ElevenLabs gives, and pages that are asked for."""

_NO_PERMISSION = {"missing_permissions", "insufficient_permissions"}

# A voice that is asked for by its id was answered 400 with `voice_not_found` (2025-01:
# https://github.com/elevenlabs/elevenlabs-python/issues/454) or with `voice_does_not_exist` (2024-05:
# https://github.com/elevenlabs/elevenlabs-python/issues/293), and speech with an unknown one 404 with `voice_not_found`
# (2025-07: https://github.com/elevenlabs/elevenlabs-docs/pull/1317). `invalid_uid` is said of an id of another form.
_NO_SUCH_VOICE = {"voice_not_found", "voice_does_not_exist", "invalid_voice_id", "invalid_uid"}


class MayNotAsk(Exception):
    """The key may speak, and may not read voices: https://github.com/indexable-inc/index/pull/513."""


class Found(NamedTuple):
    """What was found out: what is told of each voice, by id; the ids of those that the account does not have; and of
    those that its plan does not allow, of which nothing is told."""

    told: dict[str, Told]
    missing: set[str]
    barred: set[str]


class _Arrived(Exception):
    """An answer that has been read; raised through the SDK, past the models that it would make of it."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


def catch(response: "httpx.Response", until: float, clock: Clock) -> None:
    """Read an answer before the clock shows `until`, and raise it: to be called with every one of the HTTP client's.

    The SDK would build models from it. They take what has few fields, and break at a voice that is no object, or a
    language that is a string: then the whole list would be lost for one of them. Nor does the SDK know an end of time
    for an answer that comes a byte at a time.
    """
    if not response.has_redirect_location:
        body = read_json(until, response.iter_bytes(), clock)
        raise _Arrived(Answer(response.status_code, response.headers, body))


class Account:
    """One look at an account. Its `client` is made with an HTTP client that hands its answers to `catch`.

    Nothing is asked once the clock shows `until`.
    """

    def __init__(self, client: "ElevenLabs", until: float, timeout_s: float, clock: Clock) -> None:
        self._client = client
        self._until = until
        self._timeout_s = timeout_s
        self._clock = clock

    def voices(self, wanted: Collection[str]) -> Found | None:
        """Return what could be found out of all voices that are listed, and of the `wanted` ones.

        Return None if that is nothing, since the server knows none of the paths. Raise MayNotAsk or ProviderFault.
        """
        listed = self._listed()
        found = Found(dict(listed or {}), set(), set())
        # Voices of the library, and older ones, answer to their ids though no list has them.
        for voice_id in [each for each in wanted if each not in found.told and VOICE_ID.fullmatch(each)]:
            try:
                answer = self._ask(self._client.voices.get, voice_id=voice_id)
            except ProviderFault:
                if listed is None and not any(found):
                    raise
                break  # of the others nothing is known, then: to ask for them would take as long
            if answer.status == 401 and listed is None:
                raise _refusal(answer)
            _note(found, voice_id, answer, has_list=listed is not None)
        return found if listed is not None or any(found) else None

    def tier(self) -> str | None:
        """Return the tier of the account, such as "free"; None where the key may not ask, or nobody answers."""
        try:
            answer = self._ask(self._client.user.subscription.get)
        except ProviderFault:
            return None
        tier = answer.body.get("tier") if isinstance(answer.body, dict) and answer.status == 200 else None
        return tier.casefold() if isinstance(tier, str) else None

    def _listed(self) -> dict[str, Told] | None:
        """Return all voices that are listed, by id, or None where there is no list."""
        listed = self._paged()
        if listed is None:
            # It ends at 500 voices, and has the oldest only where they are asked for:
            # https://github.com/nature-heart-software/izabela/issues/694.
            page = self._page(self._client.voices.get_all, show_legacy=True)
            listed = page["voices"] if page else None
        return None if listed is None else _by_id(listed)

    def _paged(self) -> list[object] | None:
        """Return the voices of all pages, or of those up to one that does not come."""
        search = self._client.voices.search
        page = self._page(search, page_size=PAGE, include_total_count=False)
        if page is None:
            return None
        voices, tokens = list(page["voices"]), set[str]()
        while page and page.get("has_more") and len(tokens) < PAGES - 1:
            token = page.get("next_page_token")
            if not isinstance(token, str) or not token or token in tokens:
                break
            tokens.add(token)
            try:
                page = self._page(search, page_size=PAGE, include_total_count=False, next_page_token=token)
            except (ProviderFault, MayNotAsk):
                break
            voices += page["voices"] if page else []
        return voices

    def _page(self, call: Callable[..., object], **parameters: object) -> Told | None:
        """Return a page of voices, or None for an answer that is none. Raise ProviderFault or MayNotAsk."""
        answer = self._ask(call, **parameters)
        if answer.is_fault:
            raise _refusal(answer)
        page = answer.body if answer.status == 200 else None
        return page if isinstance(page, dict) and isinstance(page.get("voices"), list) else None

    def _ask(self, call: Callable[..., object], **parameters: object) -> Answer:
        """Return what the SDK's `call` is answered, or raise ProviderFault."""
        import httpx  # noqa: PLC0415 # comes with the SDK

        left = self._until - self._clock()
        if left <= 0:
            raise ProviderFault("ElevenLabs", "timeout", sent=False)
        # A retry would sleep inside the SDK.
        options = {"max_retries": 0, "timeout_in_seconds": min(self._timeout_s, left)}
        try:
            call(**parameters, request_options=options)
        except _Arrived as arrived:
            return arrived.answer
        except (httpx.TimeoutException, TimeoutError) as error:
            raise ProviderFault("ElevenLabs", "timeout", sent=may_have_arrived(error)) from error
        # An address or a key that cannot be sent is a ValueError, and so is an answer without end.
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            raise ProviderFault("ElevenLabs", "connection", sent=may_have_arrived(error)) from error
        raise RuntimeError("the SDK returned without having asked")


def _note(found: Found, voice_id: str, answer: Answer, *, has_list: bool) -> None:
    """Note what an answer says of the voice that was asked for; nothing where it says nothing."""
    code = lost_voice(answer.fault("ElevenLabs"))
    if answer.status == 200:
        if isinstance(answer.body, dict) and isinstance(answer.body.get("voice_id"), str):
            found.told[voice_id] = answer.body
    # Without a code a 404 is also the answer of a server that has no voices at all.
    elif code in _NO_SUCH_VOICE or (answer.status == 404 and has_list):
        found.missing.add(voice_id)
    elif code or answer.status == 402:
        found.barred.add(voice_id)


def _refusal(answer: Answer) -> Exception:
    fault = answer.fault("ElevenLabs")
    return MayNotAsk() if {fault.code, fault.broader} & _NO_PERMISSION else fault


def _by_id(voices: Iterable[object]) -> dict[str, Told]:
    told = [each for each in voices if isinstance(each, dict) and isinstance(each.get("voice_id"), str)]
    return {each["voice_id"]: each for each in told if VOICE_ID.fullmatch(each["voice_id"])}
