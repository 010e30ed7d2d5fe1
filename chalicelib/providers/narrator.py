"""The narrator: ElevenLabs' text-to-speech, or any server that speaks it, through the elevenlabs SDK."""

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any

from chalicelib.audio.ports import SpeechRequest, SpeechResult
from chalicelib.errors import ProviderFault
from chalicelib.providers.arrival import may_have_arrived
from chalicelib.providers.keys import Keyed
from chalicelib.providers.retry_after import retry_after_s

if TYPE_CHECKING:
    import httpx
    from elevenlabs import ElevenLabs


class ElevenLabsNarrator:
    """The narrator behind the elevenlabs SDK, which is imported when the first line is spoken."""

    def __init__(self, api_key: Callable[[], str], base_url: str | None, timeout_s: float) -> None:
        self._base_url = base_url
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

        neighbours = {
            name: text
            # Left out where empty: some models reject the fields themselves.
            for name, text in (("previous_text", request.previous_text), ("next_text", request.next_text))
            if text
        }
        convert: Any = self._client.get().text_to_speech.with_raw_response.convert  # left out differs from None here
        try:
            with convert(
                request.voice_id,
                text=request.text,
                model_id=request.model,
                output_format=request.output_format,
                voice_settings=VoiceSettings.model_validate(request.settings),
                # A retry inside the SDK could buy a line twice, and no record would say so.
                request_options={"max_retries": 0, "timeout_in_seconds": int(self._timeout_s)},
                **neighbours,
            ) as response:
                # Read before the block ends, which closes the connection.
                audio = b"".join(response.data)
                billed = response.headers.get("character-cost", "")
        except ApiError as error:
            raise _fault(error) from error
        except httpx.TimeoutException as error:
            raise ProviderFault("ElevenLabs", "timeout", sent=may_have_arrived(error)) from error
        except httpx.HTTPError as error:
            raise ProviderFault("ElevenLabs", "connection", sent=may_have_arrived(error)) from error
        return SpeechResult(audio, int(billed) if billed.isdigit() else len(request.text))


def _fault(error: Any) -> ProviderFault:
    body = error.body if isinstance(error.body, dict) else {}
    detail = body.get("detail")
    # Their errors come as {"detail": {"status": ...}}, as {"detail": "..."}, or with neither from a proxy.
    facts = detail if isinstance(detail, dict) else body
    return ProviderFault(
        "ElevenLabs",
        "status",
        status=int(error.status_code or 0),
        code=str(facts.get("status") or facts.get("code") or (detail if isinstance(detail, str) else "")),
        retry_after_s=retry_after_s(error.headers),
    )
