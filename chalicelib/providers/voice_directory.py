"""The voices of a narrator's account: what ElevenLabs lists, through its SDK, or a speech server, asked free of charge.

A voice may die: ElevenLabs removes its default voices on 2026-12-31, and refuses those of its library over the API to
accounts without a subscription (https://github.com/home-assistant/home-assistant.io/issues/47697).
"""

import re
import time
from collections.abc import Callable, Collection, Mapping
from typing import Any

from chalicelib.domain.voice import AccountVoice, Roster
from chalicelib.errors import ProviderFault
from chalicelib.providers.account_voices import (
    account_voice,
    barred_voice,
    depends_on_plan,
    is_withdrawn,
    server_voice,
)
from chalicelib.providers.arrival import may_have_arrived
from chalicelib.providers.elevenlabs_account import Account, Found, MayNotAsk, catch
from chalicelib.providers.free_answers import Answer, read_json
from chalicelib.providers.speech_answers import Clock
from chalicelib.providers.speech_endpoint import NAME

LOOK_S = 15.0
"""Seconds for all that is asked in one look: a person waits for it, or a Lambda function that is paid for its time."""

ALIASES = frozenset(
    {"alloy", "ash", "ballad", "cedar", "coral", "echo", "fable", "marin", "nova", "onyx", "sage", "shimmer", "verse"}
)
"""OpenAI's own voices. Many speech servers take these names for voices of theirs, and list them nowhere."""


class ElevenLabsVoices:
    """The directory behind the elevenlabs SDK, which is imported when it is first asked.

    `now` returns seconds since 1970; `clock` is the one that the time for a look is measured by. Each look has
    connections of its own: looks are rare, and several threads may look at once.
    """

    def __init__(
        self,
        api_key: Callable[[], str],
        base_url: str | None,
        timeout_s: float,
        now: Callable[[], float],
        clock: Clock = time.monotonic,
    ) -> None:
        self._api_key = api_key
        self._base_url = base_url
        self._timeout_s = timeout_s
        self._now = now
        self._clock = clock

    def look(self, wanted: Collection[str]) -> Roster | None:
        """Ask which voices the account has, and whether it has the `wanted` ones, by id.

        Return None where the server has no such list, or does not show it with this key. Raise ProviderFault if it
        does not answer, or refuses the key.
        """
        import httpx  # noqa: PLC0415 # comes with the SDK
        from elevenlabs import ElevenLabs  # noqa: PLC0415 # 0.8 s of import, paid by those alone who ask

        until = self._clock() + LOOK_S
        key = self._api_key()
        with httpx.Client(follow_redirects=True) as http:
            http.event_hooks = {"response": [lambda response: catch(response, until, self._clock)]}
            try:
                client = ElevenLabs(base_url=self._base_url, api_key=key, httpx_client=http)
            except ValueError as error:  # the address is none
                raise ProviderFault("ElevenLabs", "connection", sent=False) from error
            account = Account(client, until, self._timeout_s, self._clock)
            try:
                found = account.voices(wanted)
            except MayNotAsk:
                return None
            if found is None:
                return None
            # Another permission, which many keys lack: asked for only where it matters.
            tier = account.tier() if any(map(depends_on_plan, found.told.values())) else None
        return _roster(found, wanted, tier, self._now())


def _roster(found: Found, wanted: Collection[str], tier: str | None, now: float) -> Roster:
    gone = {voice_id for voice_id, told in found.told.items() if is_withdrawn(told, now)}
    voices = {
        voice_id: account_voice(voice_id, told, tier) for voice_id, told in found.told.items() if voice_id not in gone
    }
    barred = {voice_id: barred_voice(voice_id) for voice_id in found.barred}
    return Roster(now, voices | barred, frozenset(found.missing | (gone & set(wanted))))


class SpeechEndpointVoices:
    """The directory of a server with OpenAI's `POST /audio/speech`: its `GET /audio/voices`, which is no part of
    OpenAI's API and has no method in its SDK.

    - Kokoro-FastAPI (26eec06, api/src/routers/openai_compatible.py, CHANGELOG.md): `{"voices": [{"id", "name"}]}`, and
      before 0.4.0 `{"voices": ["af_heart"]}`, as still Kokoros (https://github.com/lucasjinreal/Kokoros/pull/90) and
      Orpheus-FastAPI (https://github.com/Lex-au/Orpheus-FastAPI/pull/22).
    - speaches (870e1e1, src/speaches/routers/models.py, executors/kokoro.py, executors/piper.py): `{"voices": [{"id",
      "name", "language", "gender"}], "object": "list"}`; those of all models, so that some are listed twice.
    - mlx-audio (https://github.com/Blaizzy/mlx-audio/issues/742): `{"data": [{"id", "name"}]}`, 400 without the model
      as a parameter, and an empty list for a model that clones voices.
    - LocalAI has no such path: https://github.com/mudler/LocalAI/issues/11604.
    """

    def __init__(
        self,
        api_key: Callable[[], str],
        base_url: str,
        timeout_s: float,
        now: Callable[[], float],
        clock: Clock = time.monotonic,
    ) -> None:
        self._api_key = api_key
        self._url = f"{base_url.rstrip('/')}/audio/voices"
        self._timeout_s = timeout_s
        self._now = now
        self._clock = clock

    def look(self, wanted: Collection[str]) -> Roster | None:
        """Ask which voices the server has, and whether it has the `wanted` ones, by id.

        Return None where it has no such list. Raise ProviderFault if it does not answer, or refuses the key.
        """
        answer = self._ask()
        if answer.is_fault:
            raise answer.fault(NAME)
        found = [server_voice(item) for item in _items(answer.body)] if answer.status == 200 else []
        voices = {voice.voice.voice_id: voice for voice in found if voice is not None}
        # A server with an empty list clones voices, or keeps no list: it says nothing of those that are wanted.
        return Roster(self._now(), voices, _missing(wanted, voices)) if voices else None

    def _ask(self) -> Answer:
        import httpx2  # noqa: PLC0415 # comes with the openai SDK, and takes a tenth of its time to import

        until = self._clock() + min(LOOK_S, self._timeout_s)
        key = self._api_key()
        try:
            with (
                httpx2.Client(timeout=self._timeout_s, follow_redirects=True) as client,
                client.stream("GET", self._url, headers={"Authorization": f"Bearer {key}"}) as response,
            ):
                return Answer(
                    response.status_code, response.headers, read_json(until, response.iter_bytes(), self._clock)
                )
        except (httpx2.TimeoutException, TimeoutError) as error:
            raise ProviderFault(NAME, "timeout", sent=may_have_arrived(error)) from error
        # An address or a key that cannot be sent is a ValueError, and so is an answer without end.
        except (httpx2.HTTPError, httpx2.InvalidURL, ValueError) as error:
            raise ProviderFault(NAME, "connection", sent=may_have_arrived(error)) from error


def _items(body: object) -> list[Any]:
    """Return what a body lists: it is a list itself, or has one under one of the usual names."""
    lists = [body.get(name) for name in ("voices", "data")] if isinstance(body, dict) else [body]
    return next((each for each in lists if isinstance(each, list)), [])


def _missing(wanted: Collection[str], voices: Mapping[str, AccountVoice]) -> frozenset[str]:
    """Return the wanted ids that are not listed.

    Kokoro-FastAPI mixes voices by name, `af_bella(2)+af_sky` or `af_bella-af_sky`: what is mixed has to be listed.
    """
    known = ALIASES | voices.keys()

    def parts(voice_id: str) -> list[str]:
        return [part.partition("(")[0] for part in re.split(r"[+-]", voice_id.replace(" ", ""))]

    return frozenset(each for each in wanted if each not in known and not known.issuperset(parts(each)))
