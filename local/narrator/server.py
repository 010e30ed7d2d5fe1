"""ElevenLabs' text-to-speech over HTTP: `POST /v1/text-to-speech/{voice_id}`, its models and errors.

It refuses what ElevenLabs refuses, in the form of late 2026, {"detail": {"type", "code", "message", "status", "param"}}
(https://github.com/home-assistant/core/issues/182944). What each model takes is in local/narrator/models.py; which
voices there are, in local/narrator/catalogue.py.
"""

import re
import secrets
from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import parse_qs, unquote

from chalicelib.domain.script import without_tags
from local.http_messages import HttpRequest, HttpResponse
from local.narrator.catalogue import Catalogue
from local.narrator.models import EFFECT_IDS, FLAGS, FORMATS, MODELS, NORMALIZATIONS, SETTINGS, Model
from local.narrator.speech import Hibari, Speech, say
from local.narrator.voices import VoiceSound, account_sounds
from local.standin.server import NO_FAULTS, InjectedFaults, RequestRefused, StandIn, json_answer

_SPEAK = re.compile(r"/v1/text-to-speech/([^/]+)(/stream)?")
_OPTIONAL_TEXTS = ("previous_text", "next_text", "language_code")
_CODECS = {
    "mp3": ("libmp3lame", "mp3", "audio/mpeg"),
    "pcm": ("pcm_s16le", "s16le", "application/octet-stream"),
    "wav": ("pcm_s16le", "wav", "audio/wav"),
    "opus": ("libopus", "ogg", "audio/opus"),
    "ulaw": ("pcm_mulaw", "mulaw", "audio/basic"),
    "alaw": ("pcm_alaw", "alaw", "audio/x-alaw-basic"),
}
_TYPES = {401: "authentication_error", 402: "payment_required", 404: "not_found", 429: "rate_limit_error"}


class NarratorServer(StandIn):
    """The stand-in narrator. `latency_s` seconds are added to each call; `speech` may be a `Hum`, to save time.

    `lacks` are ids of voices that it does not have, and `needs_plan` of those that it lists and does not speak with, as
    ElevenLabs does to accounts without a subscription.
    """

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        speech: Speech | None = None,
        latency_s: float = 0.0,
        at_once: int | None = None,
        faults: InjectedFaults = NO_FAULTS,
        lacks: Collection[str] = (),
        needs_plan: Collection[str] = (),
    ) -> None:
        super().__init__(host, port, at_once=at_once, faults=faults)
        self._speech = speech or Hibari()
        self._latency_s = latency_s
        self._voices = {voice_id: sound for voice_id, sound in account_sounds().items() if voice_id not in lacks}
        self._needs_plan = frozenset(needs_plan)
        self._catalogue = Catalogue(self._voices, self._needs_plan, lambda: self.url, self.sound)

    def error(self, status: int, code: str, message: str, param: str | None = None) -> HttpResponse:
        """Return an error in ElevenLabs' form, with the parameter at fault where there is one."""
        kind = _TYPES.get(status, "validation_error")
        # `status` is the older name of a code; with a 402 it is the broader one:
        # https://github.com/dograh-hq/dograh/issues/290.
        detail = {"type": kind, "code": code, "message": message, "status": kind if status == 402 else code}
        return json_answer(status, {"detail": {**detail, **({"param": param} if param else {})}})

    @property
    def too_many(self) -> HttpResponse:
        """The error for more concurrent requests than the plan allows."""
        message = f"Too many concurrent requests. Your plan allows {self.at_once} requests at a time."
        return self.error(429, "too_many_concurrent_requests", message)

    def free(self, request: HttpRequest) -> HttpResponse | None:
        """Return what is free of charge, 404 for a path this API does not have, or None for speech."""
        # A browser is sent to a sample, without a key.
        if (sample := self._catalogue.sample(request)) is not None:
            return sample
        self._check_key(request)
        if request.method == "GET" and request.path == "/v1/models":
            return json_answer(200, [_listed(name, model) for name, model in MODELS.items()])
        if (answer := self._catalogue.answer(request, self.error)) is not None:
            return answer
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

    def _check_key(self, request: HttpRequest) -> None:
        key = request.header("xi-api-key")
        if not key or key == "invalid":
            raise RequestRefused(self.error(401, "invalid_api_key", "Invalid API key"))

    def _checked_text(self, body: Mapping[str, Any]) -> str:
        text = body.get("text")
        if not isinstance(text, str):
            raise RequestRefused(_invalid(["text"], "string_type", "Input should be a valid string"))
        if not text.strip():
            raise RequestRefused(self.error(400, "input_text_empty", "The input text is empty."))
        for name in _OPTIONAL_TEXTS:
            if body.get(name) is not None and not isinstance(body[name], str):
                raise RequestRefused(_invalid([name], "string_type", "Input should be a valid string"))
        return text

    def _checked_voice(self, voice_id: str) -> VoiceSound:
        voice = self._voices.get(voice_id)
        if voice is None:
            raise RequestRefused(self.error(404, "voice_not_found", f"A voice with voice_id {voice_id} was not found."))
        if voice_id in self._needs_plan:
            message = "Free users cannot use library voices via the API."
            raise RequestRefused(self.error(402, "paid_plan_required", message))
        return voice

    def _check_model(self, name: str, text: str, body: Mapping[str, Any]) -> None:
        model = MODELS.get(name)
        if model is None:
            message = f"A model with model ID {name} does not exist."
            raise RequestRefused(self.error(400, "model_not_found", message, "model_id"))
        if len(text) > model.longest:
            message = f"Request exceeds the limit of {model.longest} characters for {name}."
            raise RequestRefused(self.error(400, "max_character_limit_exceeded", message, "text"))
        if not model.neighbours and (body.get("previous_text") or body.get("next_text")):
            message = f"Providing previous_text or next_text is not yet supported with the '{name}' model."
            raise RequestRefused(self.error(400, "unsupported_model", message, "model_id"))
        self._check_language(name, model, body)
        self._check_effects(body.get("audio_effects"))
        self._check_settings(model, body.get("voice_settings"))

    def _check_language(self, name: str, model: Model, body: Mapping[str, Any]) -> None:
        # Without a code, as in https://github.com/pipecat-ai/pipecat/issues/5395.
        language = body.get("language_code")
        if language is not None and language not in model.languages:
            message = f"Model '{name}' does not support language_code '{language}'."
            raise RequestRefused(json_answer(400, {"detail": {"message": message}}))
        normalization = body.get("apply_text_normalization")
        if normalization is not None and normalization not in NORMALIZATIONS:
            raise RequestRefused(
                _invalid(["apply_text_normalization"], "enum", "Input should be 'auto', 'on' or 'off'")
            )
        if normalization == "on" and not model.normalizes:
            message = f"Text normalization cannot be turned on for '{name}' on this plan."
            raise RequestRefused(self.error(400, "unsupported_model", message, "apply_text_normalization"))

    def _check_effects(self, effects: Any) -> None:
        """Refuse effects as the elevenlabs SDK 2.78 documents them; this narrator has no room to speak in."""
        if effects is None:
            return
        if not isinstance(effects, dict):
            raise RequestRefused(_invalid(["audio_effects"], "model_type", "Input should be an object"))
        for name, known in EFFECT_IDS.items():
            if effects.get(name) is not None and effects[name] not in known:
                message = f"An audio effect with {name} {effects[name]} was not found."
                raise RequestRefused(self.error(404, "audio_effect_not_found", message, f"audio_effects.{name}"))
        for name in ("distance", "send_level"):
            value = effects.get(name)
            if value is not None and not (isinstance(value, int | float) and 0 <= value <= 1):
                raise RequestRefused(_invalid(["audio_effects", name], "range", "Input should be from 0 to 1"))

    def _check_settings(self, model: Model, settings: Any) -> None:
        if settings is None:
            return
        if not isinstance(settings, dict):  # https://github.com/ArdaGnsrn/elevenlabs-laravel/pull/18
            raise RequestRefused(_invalid(["voice_settings"], "model_type", "Input should be an object"))
        for name, value in settings.items():
            if name in FLAGS and isinstance(value, bool):
                continue
            if name not in SETTINGS and name not in FLAGS:
                message = f"Invalid setting for {name} received: there is no such setting."
                raise RequestRefused(self.error(400, "invalid_voice_settings", message, "voice_settings"))
            # null too: https://github.com/elevenlabs/elevenlabs-js/issues/274
            if name in FLAGS or isinstance(value, bool) or not isinstance(value, int | float):
                raise RequestRefused(_invalid(["voice_settings", name], "float_type", "Input should be a valid number"))
            least, most = SETTINGS[name]
            stepped = name == "stability" and model.stabilities
            if not least <= value <= most or (stepped and value not in model.stabilities):
                message = f"Invalid setting for {name} received."
                raise RequestRefused(self.error(400, "invalid_voice_settings", message, "voice_settings"))


def _listed(name: str, model: Model) -> dict[str, Any]:
    return {"model_id": name, "can_do_text_to_speech": True, "maximum_text_length_per_request": model.longest}


def _encoding(request: HttpRequest, server: NarratorServer) -> tuple[list[str], int, str]:
    output_format = parse_qs(request.query).get("output_format", ["mp3_44100_128"])[0]
    if output_format not in FORMATS:
        message = f"Invalid output_format {output_format}."
        raise RequestRefused(server.error(400, "invalid_output_format", message, "output_format"))
    codec, rate, *kilobits = output_format.split("_")
    encoder, container, content_type = _CODECS[codec]
    bitrate = ["-b:a", f"{kilobits[0]}k"] if kilobits else []
    return ["-c:a", encoder, *bitrate, "-f", container], int(rate), content_type


def _spoken(text: str) -> str:
    """Return `text` without audio tags, which this voice cannot follow and must not read aloud."""
    return without_tags(text) or text


def _invalid(path: list[str], kind: str, message: str) -> HttpResponse:
    return json_answer(422, {"detail": [{"type": kind, "loc": ["body", *path], "msg": message, "input": None}]})
