"""The other narrator: any server that has OpenAI's `POST /audio/speech`, through the openai SDK.

Kokoro-FastAPI, speaches, LocalAI and LiteLLM do, each with errors in a form of its own. What they have in common is
small: a text, a voice, a model and a format in; sound out, often without a length and never with a price.
"""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from chalicelib.audio.ports import SpeechRequest, SpeechResult
from chalicelib.errors import Provider, ProviderFault, SpokenLine
from chalicelib.providers.arrival import may_have_arrived
from chalicelib.providers.keys import Keyed
from chalicelib.providers.retry_after import retry_after_s
from chalicelib.providers.speech_answers import Clock, codes, ensure_audio, read_until

if TYPE_CHECKING:
    from openai import APIStatusError, OpenAI

NAME: Provider = "the speech server"


class SpeechEndpointNarrator:
    """The narrator behind the openai SDK, which is imported when the first line is spoken."""

    def __init__(
        self, api_key: Callable[[], str], base_url: str, timeout_s: float, clock: Clock = time.monotonic
    ) -> None:
        self._base_url = base_url
        self._clock = clock
        self._timeout_s = timeout_s
        self._client = Keyed(api_key, self._new_client)

    def _new_client(self, api_key: str) -> "OpenAI":
        from openai import OpenAI  # noqa: PLC0415 # 1.2 s of import, paid by the workers alone

        return OpenAI(api_key=api_key, base_url=self._base_url, timeout=self._timeout_s, max_retries=0)

    def close(self) -> None:
        """Close the connections; the next call opens new ones."""
        if client := self._client.take():
            client.close()

    def speak(self, request: SpeechRequest) -> SpeechResult:
        """Make one call; raise ProviderFault if no audio came.

        The settings are sent as they are configured, so that a server's own fields, such as `speed`, can be used.
        """
        import httpx2  # noqa: PLC0415 # comes with the SDK
        import openai  # noqa: PLC0415

        create = self._client.get().audio.speech.with_streaming_response.create
        line = request.line
        until = self._clock() + self._timeout_s
        try:
            with create(
                model=request.model,
                input=request.text,
                voice=request.voice_id,
                # Of ElevenLabs' names, such as mp3_44100_128, these servers know the first part.
                response_format=request.output_format.partition("_")[0],  # type: ignore[arg-type]
                extra_body=dict(request.settings),
            ) as response:
                body = read_until(until, response.iter_bytes(), self._clock)
        # Before APIConnectionError, of which it is a subclass.
        except openai.APITimeoutError as error:
            raise ProviderFault(NAME, "timeout", sent=may_have_arrived(error.__cause__), line=line) from error
        except openai.APIConnectionError as error:
            raise ProviderFault(NAME, "connection", sent=may_have_arrived(error.__cause__), line=line) from error
        except openai.APIStatusError as error:
            raise _fault(error, line) from error
        # While the body is read, the errors of the HTTP client come through as they are. Kokoro-FastAPI and speaches
        # notice some faults, such as a voice that they do not have, after they have begun to answer: they hang up.
        except (httpx2.TimeoutException, TimeoutError) as error:
            raise ProviderFault(NAME, "timeout", line=line) from error
        except httpx2.HTTPError as error:
            raise ProviderFault(NAME, "connection", line=line) from error
        ensure_audio(NAME, body, line, billed=False)
        return SpeechResult(body, len(request.text))


def _fault(error: "APIStatusError", line: SpokenLine) -> ProviderFault:
    code, broader = codes(error.body)
    return ProviderFault(
        NAME,
        "status",
        status=error.status_code,
        code=code,
        broader=broader,
        retry_after_s=retry_after_s(error.response.headers),
        line=line,
    )
