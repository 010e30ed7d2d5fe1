"""ElevenLabs' text-to-speech over HTTP: `POST /v1/text-to-speech/{voice_id}`, its models, voices and errors."""

import json
import re
import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, unquote

from chalicelib.domain.script import without_tags
from local.http_messages import HttpRequest, HttpResponse
from local.narrator.speech import Hibari, Speech, say
from local.narrator.voices import CAST, VoiceSound, sounds
from local.standin.server import NO_FAULTS, InjectedFaults, RequestRefused, StandIn, json_answer

_SPEAK = re.compile(r"/v1/text-to-speech/([^/]+)(/stream)?")
_FORMAT = re.compile(r"mp3_(22050|24000|44100)_(32|48|64|96|128|192)|pcm_(8000|16000|22050|24000|44100|48000)")
_BOUNDED = ("stability", "similarity_boost", "style")


class NarratorServer(StandIn):
    """The stand-in narrator. `latency_s` seconds are added to each call; `speech` may be a `Hum`, to save time."""

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        speech: Speech | None = None,
        latency_s: float = 0.0,
        at_once: int | None = None,
        faults: InjectedFaults = NO_FAULTS,
    ) -> None:
        super().__init__(host, port, at_once=at_once, faults=faults)
        self._speech = speech or Hibari()
        self._latency_s = latency_s
        self._voices = sounds()
        self._models: dict[str, dict[str, Any]] = json.loads(CAST.read_text(encoding="utf-8"))["models"]

    def error(self, status: int, code: str, message: str) -> HttpResponse:
        """Return an error in ElevenLabs' form."""
        return json_answer(status, {"detail": {"status": code, "message": message}})

    @property
    def too_many(self) -> HttpResponse:
        """The error for more concurrent requests than the plan allows."""
        message = f"Too many concurrent requests. Your plan allows {self.at_once} requests at a time."
        return self.error(429, "too_many_concurrent_requests", message)

    def free(self, request: HttpRequest) -> HttpResponse | None:
        """Return the list of models or voices, 404 for a path this API does not have, or None for speech."""
        self._check_key(request)
        if request.method == "GET" and request.path == "/v1/models":
            return json_answer(200, [self._model(name) for name in self._models])
        if request.method == "GET" and request.path == "/v1/voices":
            return json_answer(200, {"voices": [{"voice_id": voice} for voice in self._voices]})
        if request.method != "POST" or not _SPEAK.fullmatch(request.path):
            return json_answer(404, {"detail": "Not Found"})
        return None

    def sell(self, request: HttpRequest, body: Mapping[str, Any]) -> tuple[HttpResponse, Mapping[str, Any], float]:
        """Return speech as MP3 or PCM, its ledger entry, and its latency in seconds."""
        match = _SPEAK.fullmatch(request.path)
        voice_id = unquote(match[1]) if match else ""
        text, model = self._checked_text(body), str(body.get("model_id") or "eleven_multilingual_v2")
        voice = self._checked_voice(voice_id)
        self._check_model(model, text, body)
        codec, rate, content_type = _encoding(request, self)
        audio = self.sound(_spoken(text), voice, codec, rate)
        headers = {
            "Content-Type": [content_type],
            "request-id": [secrets.token_hex(10)],
            "character-cost": [str(len(text))],
        }
        entry = {"text": text, "voice_id": voice_id, "model": model, "characters": len(text)}
        return HttpResponse(200, headers, audio), entry, self._latency_s

    def sound(self, text: str, voice: VoiceSound, codec: list[str], rate: int) -> bytes:
        """Return the spoken text, encoded by ffmpeg's `codec` options at `rate` Hz."""
        return say(self._speech, text, voice, codec, rate)

    def _model(self, name: str) -> dict[str, Any]:
        longest = self._models[name]["max_characters"]
        return {"model_id": name, "can_do_text_to_speech": True, "maximum_text_length_per_request": longest}

    def _check_key(self, request: HttpRequest) -> None:
        key = request.header("xi-api-key")
        if not key or key == "invalid":
            raise RequestRefused(self.error(401, "invalid_api_key", "Invalid API key"))

    def _checked_text(self, body: Mapping[str, Any]) -> str:
        text = body.get("text")
        if not isinstance(text, str):
            raise RequestRefused(_invalid("text", "Input should be a valid string"))
        if not text.strip():
            raise RequestRefused(self.error(400, "input_text_empty", "The input text is empty."))
        for name in ("previous_text", "next_text"):
            if body.get(name) is not None and not isinstance(body[name], str):
                raise RequestRefused(_invalid(name, "Input should be a valid string"))
        settings = body.get("voice_settings") or {}
        for name in _BOUNDED:
            value = settings.get(name)
            if value is not None and not (isinstance(value, int | float) and 0 <= value <= 1):
                raise RequestRefused(self.error(400, "invalid_voice_settings", f"Invalid setting for {name} received."))
        return text

    def _checked_voice(self, voice_id: str) -> VoiceSound:
        voice = self._voices.get(voice_id)
        if voice is None:
            raise RequestRefused(self.error(404, "voice_not_found", f"A voice with voice_id {voice_id} was not found."))
        return voice

    def _check_model(self, model: str, text: str, body: Mapping[str, Any]) -> None:
        limits = self._models.get(model)
        if limits is None:
            raise RequestRefused(self.error(400, "model_not_found", f"A model with model ID {model} does not exist."))
        if len(text) > limits["max_characters"]:
            message = f"Request exceeds the limit of {limits['max_characters']} characters for {model}."
            raise RequestRefused(self.error(400, "max_character_limit_exceeded", message))
        if not limits["neighbours"] and (body.get("previous_text") or body.get("next_text")):
            message = "Providing previous_text or next_text is not yet supported with this model."
            raise RequestRefused(self.error(400, "unsupported_model", message))


def _encoding(request: HttpRequest, server: NarratorServer) -> tuple[list[str], int, str]:
    output_format = parse_qs(request.query).get("output_format", ["mp3_44100_128"])[0]
    match = _FORMAT.fullmatch(output_format)
    if not match:
        raise RequestRefused(server.error(400, "invalid_output_format", f"Invalid output_format {output_format}."))
    if match[3]:
        return ["-c:a", "pcm_s16le", "-f", "s16le"], int(match[3]), "application/octet-stream"
    return ["-c:a", "libmp3lame", "-b:a", f"{match[2]}k", "-f", "mp3"], int(match[1]), "audio/mpeg"


def _spoken(text: str) -> str:
    """Return `text` without audio tags, which this voice cannot follow and must not read aloud."""
    return without_tags(text) or text


def _invalid(name: str, message: str) -> HttpResponse:
    return json_answer(422, {"detail": [{"loc": ["body", name], "msg": message, "type": "string_type"}]})
