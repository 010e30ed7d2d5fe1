"""What ElevenLabs tells of an account, free of charge: its voices, with a sample of each, and its subscription.

The paths and fields are those of the elevenlabs SDK 2.78 (voices/raw_client.py, types/voice.py, types/subscription.py)
and of https://elevenlabs.io/docs/api-reference/voices/search. The voices are the configured ones and a few more,
labelled as ElevenLabs labels its own ("middle_aged", "narrative_story").
"""

import re
import threading
from collections.abc import Callable, Collection, Mapping
from typing import Any
from urllib.parse import parse_qs, unquote

from local.http_messages import HttpRequest, HttpResponse
from local.narrator.voices import VoiceSound, account_traits
from local.standin.server import json_answer

MOST_ON_A_PAGE, USUAL_ON_A_PAGE = 100, 10

_VOICE = re.compile(r"/v1/voices/([^/]+)")
_SAMPLE = re.compile(r"/samples/([^/]+)\.mp3")
_RANGE = re.compile(r"bytes=(\d{0,12})-(\d{0,12})")
_MP3 = (["-c:a", "libmp3lame", "-b:a", "64k", "-f", "mp3"], 44_100)

Fail = Callable[[int, str, str], HttpResponse]
"""Returns the error with a status, a code and a message."""

SUBSCRIPTION: Mapping[str, Any] = {
    "tier": "free",
    "character_count": 0,
    "character_limit": 10_000,
    "max_credit_limit_extension": 0,
    "can_extend_character_limit": False,
    "allowed_to_extend_character_limit": False,
    "next_character_count_reset_unix": None,
    "voice_slots_used": 0,
    "professional_voice_slots_used": 0,
    "voice_limit": 3,
    "voice_add_edit_counter": 0,
    "professional_voice_limit": 0,
    "can_extend_voice_limit": False,
    "can_use_instant_voice_cloning": False,
    "can_use_professional_voice_cloning": False,
    "currency": None,
    "status": "free",
    "open_invoices": [],
    "has_open_invoices": False,
}


class Catalogue:
    """The voices of the account. `speak` makes the sound of a text in a voice, by ffmpeg's options and in Hz; `url` is
    where the stand-in is served.

    `library` are ids of voices that an account without a subscription may not use. Nothing in the list shows it: the
    first to say so is the answer to a text, as reported in https://github.com/dograh-hq/dograh/issues/290.
    """

    def __init__(
        self,
        voices: Mapping[str, VoiceSound],
        library: Collection[str],
        url: Callable[[], str],
        speak: Callable[[str, VoiceSound, list[str], int], bytes],
    ) -> None:
        self._voices = voices
        self._library = library
        self._url = url
        self._speak = speak
        self._traits = account_traits()
        self._samples: dict[str, bytes] = {}
        self._lock = threading.Lock()

    def answer(self, request: HttpRequest, fail: Fail) -> HttpResponse | None:
        """Return the answer to a question about the account, or None for another path."""
        if request.method != "GET":
            return None
        if request.path == "/v2/voices":
            return self._page(parse_qs(request.query), fail)
        if request.path == "/v1/voices":
            return json_answer(200, {"voices": [self._voice(voice_id) for voice_id in self._voices]})
        if request.path == "/v1/user/subscription":
            return json_answer(200, SUBSCRIPTION)
        if match := _VOICE.fullmatch(request.path):
            voice_id = unquote(match[1])
            if voice_id in self._voices:
                return json_answer(200, self._voice(voice_id))
            return fail(404, "voice_not_found", f"A voice with voice_id {voice_id} was not found.")
        return None

    def sample(self, request: HttpRequest) -> HttpResponse | None:
        """Return a voice's sample, which is made when it is first asked for; None for another path.

        A browser asks for sound in parts: Safari plays none of a server that does not answer with the part.
        """
        match = _SAMPLE.fullmatch(request.path)
        if match is None or request.method != "GET":
            return None
        voice = self._voices.get(voice_id := unquote(match[1]))
        if voice is None:
            return HttpResponse(404)
        with self._lock:  # two who ask at once would have it spoken twice
            if voice_id not in self._samples:
                name = self._traits[voice_id]["name"]
                text = f"Hello, my name is {name}. May I tell you a story?"
                self._samples[voice_id] = self._speak(text, voice, *_MP3)
        return _part(self._samples[voice_id], request.header("range"))

    def _page(self, query: Mapping[str, list[str]], fail: Fail) -> HttpResponse:
        """Return a page of voices. The default ones are all on the first, whatever its size
        (https://github.com/elevenlabs/elevenlabs-docs/issues/954); those of the library follow."""
        given = query.get("page_size", [str(USUAL_ON_A_PAGE)])[0]
        if not re.fullmatch(r"[0-9]{1,9}", given):
            return _invalid_size("int_parsing", "Input should be a valid integer", given)
        size = int(given)
        if not 1 <= size <= MOST_ON_A_PAGE:
            bound = f"less than or equal to {MOST_ON_A_PAGE}" if size else "greater than or equal to 1"
            return _invalid_size("less_than_equal" if size else "greater_than_equal", f"Input should be {bound}", given)
        others = [voice_id for voice_id in self._voices if voice_id in self._library]
        token = query.get("next_page_token", [""])[0]
        if token and token not in others:
            return fail(400, "invalid_parameters", "The page token is invalid.")
        begin = others.index(token) if token else 0
        page = others[begin : begin + size]
        if not token:
            page = [*(voice_id for voice_id in self._voices if voice_id not in self._library), *page]
        rest = others[begin + size :]
        # Not counted, it is 0 in the examples of the documentation.
        counted = query.get("include_total_count", ["true"])[0] == "true"
        return json_answer(
            200,
            {
                "voices": [self._voice(voice_id) for voice_id in page],
                "has_more": bool(rest),
                "total_count": len(self._voices) if counted else 0,
                "next_page_token": rest[0] if rest else None,
            },
        )

    def _voice(self, voice_id: str) -> dict[str, Any]:
        voice = self._traits[voice_id]
        of_library = voice_id in self._library
        sample = f"{self._url()}/samples/{voice_id}.mp3"
        verified = {"language": "en", "model_id": "eleven_multilingual_v2", "accent": voice["accent"]}
        return {
            "voice_id": voice_id,
            "name": voice["name"],
            "samples": None,
            "category": "professional" if of_library else "premade",
            "fine_tuning": {"is_allowed_to_fine_tune": False, "state": {}, "verification_failures": []},
            "labels": {
                "accent": voice["accent"],
                "age": voice["age"].replace("-", "_"),
                "gender": voice["gender"],
                "language": "en",
                "use_case": "narrative_story" if voice["role"] == "narrator" else "characters_animation",
            },
            "description": voice["description"],
            "preview_url": sample,
            "available_for_tiers": [],
            "settings": None,
            "sharing": None,
            "high_quality_base_model_ids": [],
            "verified_languages": [{**verified, "locale": "en-US", "preview_url": sample}],
            "safety_control": None,
            "voice_verification": {"requires_verification": False, "is_verified": False, "verification_failures": []},
            "permission_on_resource": None,
            "is_owner": False,
            "is_legacy": False,
            "is_mixed": False,
            "created_at_unix": None,
        }


def _invalid_size(kind: str, message: str, given: str) -> HttpResponse:
    error = {"type": kind, "loc": ["query", "page_size"], "msg": message, "input": given}
    return json_answer(422, {"detail": [error]})


def _part(sound: bytes, wanted: str | None) -> HttpResponse:
    """Return sound, or the part of it that a Range header asks for (RFC 9110, 14.1.2)."""
    headers = {"Content-Type": ["audio/mpeg"], "Accept-Ranges": ["bytes"], "Access-Control-Allow-Origin": ["*"]}
    match = _RANGE.fullmatch(wanted or "")
    if match is None or match.groups() == ("", ""):
        return HttpResponse(200, headers, sound)
    first, last = match.groups()
    begin = int(first) if first else max(0, len(sound) - int(last))
    end = min(int(last), len(sound) - 1) if first and last else len(sound) - 1
    if begin > end:
        return HttpResponse(416, {**headers, "Content-Range": [f"bytes */{len(sound)}"]})
    return HttpResponse(
        206, {**headers, "Content-Range": [f"bytes {begin}-{end}/{len(sound)}"]}, sound[begin : end + 1]
    )
