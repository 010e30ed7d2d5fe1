"""The narrator: ElevenLabs' text-to-speech, or any server that speaks it, through the elevenlabs SDK."""

import time
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any

from chalicelib.audio.effects import SPECS
from chalicelib.audio.ports import SpeechRequest, SpeechResult
from chalicelib.audio.refusals import AT_THE_EDGE, NOT_AUDIO
from chalicelib.errors import ProviderFault, SpokenLine
from chalicelib.providers.arrival import may_have_arrived
from chalicelib.providers.keys import Keyed
from chalicelib.providers.retry_after import retry_after_s
from chalicelib.providers.speech_answers import BAD_GATEWAY, Clock, codes, ensure_audio, read_until

if TYPE_CHECKING:
    import httpx
    from elevenlabs import ElevenLabs

_DIGITS = 7
"""Of a number of characters; the longest text of any model has five."""

_FORBIDDEN = 403


class ElevenLabsNarrator:
    """The narrator behind the elevenlabs SDK, which is imported when the first line is spoken."""

    def __init__(
        self, api_key: Callable[[], str], base_url: str | None, timeout_s: float, clock: Clock = time.monotonic
    ) -> None:
        self._base_url = base_url
        self._clock = clock
        self._timeout_s = timeout_s
        self._client = Keyed(api_key, self._new_client)

    @cached_property
    def _http(self) -> "httpx.Client":
        import httpx  # noqa: PLC0415 # comes with the SDK, which cannot close the one it would make itself

        return httpx.Client(timeout=self._timeout_s, follow_redirects=True)

    def _new_client(self, api_key: str) -> "ElevenLabs":
        from elevenlabs import ElevenLabs  # noqa: PLC0415 # 0.8 s of import, paid by the narrators alone

        return ElevenLabs(base_url=self._base_url, api_key=api_key, httpx_client=self._http)

    def close(self) -> None:
        """Close the connections; the next call opens new ones."""
        if "_http" in self.__dict__:
            self._http.close()
            del self._http
        self._client.take()

    def speak(self, request: SpeechRequest) -> SpeechResult:
        """Make one paid call; raise ProviderFault if no audio came."""
        import httpx  # noqa: PLC0415 # comes with the SDK
        from elevenlabs import VoiceSettings  # noqa: PLC0415
        from elevenlabs.core.api_error import ApiError  # noqa: PLC0415

        settings = VoiceSettings.model_validate(request.settings)
        convert: Any = self._client.get().text_to_speech.with_raw_response.convert  # left out differs from None here
        line = request.line
        until = self._clock() + self._timeout_s
        try:
            with convert(
                request.voice_id,
                text=request.text,
                model_id=request.model,
                output_format=request.output_format,
                voice_settings=settings,
                # A retry inside the SDK could buy a line twice, and no record would say so.
                request_options={"max_retries": 0, "timeout_in_seconds": int(self._timeout_s)},
                **_optional(request),
            ) as response:
                # Read before the block ends, which closes the connection.
                body = read_until(until, response.data, self._clock)
                billed = response.headers.get("character-cost", "")
        except ApiError as error:
            raise _fault(error, line) from error
        except (httpx.TimeoutException, TimeoutError) as error:
            raise ProviderFault("ElevenLabs", "timeout", sent=may_have_arrived(error), line=line) from error
        except httpx.HTTPError as error:
            raise ProviderFault("ElevenLabs", "connection", sent=may_have_arrived(error), line=line) from error
        except (ValueError, RecursionError) as error:
            # An error whose body says that it is JSON, and is no text at all, or nested without end.
            raise ProviderFault("ElevenLabs", "status", status=BAD_GATEWAY, code=NOT_AUDIO, line=line) from error
        charged = _charged(billed)
        ensure_audio("ElevenLabs", body, line, billed=bool(charged))
        return SpeechResult(body, len(request.text) if charged is None else charged)


def _charged(header: str) -> int | None:
    """Return the characters that an answer says it was billed for; None if it says nothing, or what cannot be: no text
    is that long, and no store takes a number of any length."""
    return int(header) if header.isascii() and header.isdigit() and len(header) <= _DIGITS else None


def _optional(request: SpeechRequest) -> dict[str, Any]:
    """Return the parameters that are set. The others are left out: some models reject the fields themselves."""
    parameters = {
        "previous_text": request.previous_text,
        "next_text": request.next_text,
        "language_code": request.language_code,
        "apply_text_normalization": request.text_normalization,
    }
    found: dict[str, Any] = {name: value for name, value in parameters.items() if value}
    if request.audio_effect is not None:
        from elevenlabs import EffectsSpecInput  # noqa: PLC0415

        found["audio_effects"] = EffectsSpecInput.model_validate(SPECS[request.audio_effect])
    return found


def _fault(error: Any, line: SpokenLine) -> ProviderFault:
    # The API answers in JSON; a page of HTML, or nothing, is from what stands in front of it.
    code, broader = codes(error.body) if isinstance(error.body, dict) else ("", "")
    status = int(error.status_code or 0)
    if status == _FORBIDDEN and not isinstance(error.body, dict):
        code = AT_THE_EDGE
    return ProviderFault(
        "ElevenLabs",
        "status",
        status=status,
        code=code,
        broader=broader,
        retry_after_s=retry_after_s(error.headers),
        line=line,
    )
