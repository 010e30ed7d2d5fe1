"""Kokoro-FastAPI on a port of this machine, as strict and as odd as the real one; its voices are tones.

What it takes, refuses and answers is that of https://github.com/remsky/Kokoro-FastAPI at 26eec06 (0.8.1-rc1):
api/src/routers/openai_compatible.py, api/src/structures/schemas.py and api/src/core/openai_mappings.json. It streams by
default, in chunks and without a length; it bills nothing, so no header says what a call cost; it asks for no key; it
ignores fields that it does not know; and what breaks after the first byte ends the connection in the middle. Its list
of voices may also be that of another server.
"""

import json
import re
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from local.narrator.speech import Hum, say
from local.narrator.voices import VoiceSound
from tests.support.kokoro_voices import LISTS, VOICES

__all__ = ["ALIASES", "CODECS", "MODELS", "VOICES", "KokoroServer", "sound"]

MODELS = ("tts-1", "tts-1-hd", "kokoro", "gpt-4o-mini-tts")

ALIASES = {
    "alloy": "am_adam",
    "ash": "af_nicole",
    "coral": "bf_emma",
    "echo": "af_bella",
    "fable": "af_sarah",
    "onyx": "bm_george",
    "nova": "bf_isabella",
    "sage": "am_michael",
    "shimmer": "af_sky",
}

CODECS = {
    "mp3": (["-c:a", "libmp3lame", "-b:a", "128k", "-f", "mp3"], "audio/mpeg"),
    "wav": (["-c:a", "pcm_s16le", "-f", "wav"], "audio/wav"),
    "flac": (["-c:a", "flac", "-f", "flac"], "audio/flac"),
    "opus": (["-c:a", "libopus", "-f", "ogg"], "audio/opus"),
    "aac": (["-c:a", "aac", "-f", "adts"], "audio/aac"),
    "pcm": (["-c:a", "pcm_s16le", "-f", "s16le"], "audio/pcm"),
}

SAMPLE_RATE = 24_000
CHUNK = 1024

Spoil = Callable[[int, dict[str, Any]], tuple[int, Any] | None]
"""Returns, given a call's number (from 1) and its body, the status and the body to answer instead, or None. A body of
text is sent as plain text. It may raise `BrokenPipeError` to hang up after the first chunk."""


class Refused(Exception):
    """A request that the server answers with an error."""

    def __init__(self, status: int, detail: object) -> None:
        super().__init__(status)
        self.status = status
        self.detail = detail


class _HttpServer(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_args: object) -> None:
        """Say nothing of clients that hang up."""


class KokoroServer:
    """The server, used as a context manager; `calls` are the bodies of the requests for speech, in order.

    `lists` names the server whose list of voices it has, of `tests.support.kokoro_voices.LISTS`.
    """

    def __init__(self, spoil: Spoil = lambda _number, _body: None, lists: str = "kokoro") -> None:
        self.lists = lists
        self.calls: list[dict[str, Any]] = []
        self.keys: set[str] = set()
        self.spoken = 0
        self.spoil = spoil
        self.lock = threading.Lock()
        self._server = _HttpServer(("127.0.0.1", 0), _handler(self))

    @property
    def base_url(self) -> str:
        """The value for SPEECH_BASE_URL."""
        return f"http://127.0.0.1:{self._server.server_port}/v1"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def sound(text: str, voice: str, response_format: str) -> bytes:
    """Return a tone as long as the text, in the voice's own pitch."""
    pitch = 0.8 + VOICES.index(voice) / 100
    return say(Hum(), text, VoiceSound(pitch, 1.0, 1.0), CODECS[response_format][0], SAMPLE_RATE)


def invalid(name: str, kind: str, message: str) -> Refused:
    """Return FastAPI's answer to a field that does not validate."""
    return Refused(422, [{"type": kind, "loc": ["body", name], "msg": message, "input": None}])


def validated(body: dict[str, Any]) -> dict[str, Any]:
    """Return the request with its defaults; raise Refused as pydantic would."""
    asked = {"model": "kokoro", "voice": "af_heart", "response_format": "mp3", "speed": 1.0, "stream": True, **body}
    for name in ("input", "model", "voice"):
        if not isinstance(asked.get(name), str):
            raise invalid(name, "string_type" if name in asked else "missing", "Input should be a valid string")
    if asked["response_format"] not in CODECS:
        raise invalid(
            "response_format", "literal_error", "Input should be 'mp3', 'opus', 'aac', 'flac', 'wav' or 'pcm'"
        )
    if not isinstance(asked["speed"], int | float) or not 0.25 <= asked["speed"] <= 4.0:
        raise invalid("speed", "greater_than_equal", "Input should be greater than or equal to 0.25")
    if asked["model"] not in MODELS:
        message = f"Unsupported model: {asked['model']}"
        raise Refused(400, {"error": "invalid_model", "message": message, "type": "invalid_request_error"})
    asked["voice"] = known_voice(asked["voice"])
    return asked


def known_voice(given: str) -> str:
    """Return the first voice of a mixture such as `af_bella(2)+af_sky`; raise Refused if one is unknown."""
    names = re.split(r"[+-]", given.replace(" ", ""))
    for name in names:
        plain = ALIASES.get(bare := name.partition("(")[0], bare)
        if not plain or plain not in VOICES:
            message = (
                f"Voice '{plain}' not found. Available voices: {', '.join(VOICES)}"
                if plain
                else "Voice combination contains empty combine items"
            )
            raise Refused(400, {"error": "validation_error", "message": message, "type": "invalid_request_error"})
    first = names[0].partition("(")[0]
    return ALIASES.get(first, first)


def _handler(server: KokoroServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        server_version = "uvicorn"

        def log_message(self, format: str, *_args: object) -> None:
            pass

        def do_GET(self) -> None:
            path, query = urlsplit(self.path).path, parse_qs(urlsplit(self.path).query)
            legacy = server.lists == "kokoro" and query.get("legacy") == ["true"]
            answers: dict[str, tuple[int, Any]] = {
                "/health": (200, {"status": "healthy"}),
                "/v1/models": (200, {"object": "list", "data": [{"id": name, "object": "model"} for name in MODELS]}),
                "/v1/audio/voices": LISTS["strings" if legacy else server.lists],
                "/v1/audio/speech": (405, {"detail": "Method Not Allowed"}),
            }
            self._answer(*answers.get(path, (404, {"detail": "Not Found"})))

        def do_POST(self) -> None:
            sent = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            if self.path != "/v1/audio/speech":
                self._answer(404, {"detail": "Not Found"})
                return
            try:
                self._speech(sent)
            except Refused as refused:
                self._answer(refused.status, {"detail": refused.detail})

        def _speech(self, sent: bytes) -> None:
            try:
                body = json.loads(sent)
            except ValueError:
                raise Refused(422, [{"type": "json_invalid", "loc": ["body", 0], "msg": "JSON decode error"}]) from None
            with server.lock:
                server.calls.append(body)
                server.keys.add(self.headers.get("Authorization", ""))
                number = len(server.calls)
            broken = False
            try:
                spoiled = server.spoil(number, body)
            except BrokenPipeError:
                spoiled, broken = None, True
            if spoiled is not None:
                self._answer(*spoiled)
                return
            asked = validated(body)
            audio = sound(asked["input"], asked["voice"], asked["response_format"])
            headers = {
                "Content-Type": CODECS[asked["response_format"]][1],
                "Content-Disposition": f"attachment; filename=speech.{asked['response_format']}",
                "Cache-Control": "no-cache",
            }
            if asked["stream"]:
                self._stream(audio, {**headers, "X-Accel-Buffering": "no"}, broken=broken)
            else:
                self._send(200, audio, {**headers, "Content-Length": str(len(audio))})
            if not broken:
                with server.lock:
                    server.spoken += 1

        def _stream(self, audio: bytes, headers: dict[str, str], *, broken: bool) -> None:
            self._head(200, {**headers, "Transfer-Encoding": "chunked"})
            for chunk in _chunks(audio):
                self.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
                if broken:
                    self.close_connection = True
                    return
            self.wfile.write(b"0\r\n\r\n")

        def _answer(self, status: int, body: object) -> None:
            data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
            kind = "text/plain; charset=utf-8" if isinstance(body, str) else "application/json"
            self._send(status, data, {"Content-Type": kind, "Content-Length": str(len(data))})

        def _send(self, status: int, data: bytes, headers: dict[str, str]) -> None:
            self._head(status, headers)
            self.wfile.write(data)

        def _head(self, status: int, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()

    return Handler


def _chunks(audio: bytes) -> Iterator[bytes]:
    for start in range(0, len(audio), CHUNK):
        yield audio[start : start + CHUNK]
