"""Kokoro over HTTP, as Kokoro-FastAPI has it: `POST /v1/audio/speech`, `GET /v1/audio/voices`, and its errors.

https://github.com/remsky/Kokoro-FastAPI, 0.8.1-rc1. Other than there an answer is sent as a whole, and voices are not
mixed. It stands on the standard library alone, since it runs in .venv-kokoro.
"""

import hmac
import json
import select
import socket
import sys
import threading
import traceback
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import CancelledError
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

import numpy as np
import numpy.typing as npt

from local.kokoro.encoding import CODECS, encode
from local.kokoro.model import SAMPLE_RATE, Unspeakable

MODELS = ("kokoro", "tts-1", "tts-1-hd")
"""Names of the one model; the last two are what programs for OpenAI ask for."""

MOST_BODY = 1_000_000
"""Most bytes of a request's body: far more than any line, and than Kokoro-FastAPI takes in one go."""

SLOWEST, FASTEST = 0.25, 4.0

Speak = Callable[[str, str, float], npt.NDArray[np.float32]]
"""Returns mono samples at 24 kHz of a text in a voice at a speed; raises Unspeakable. It may run in several threads."""

Answer = tuple[int, bytes, str]
"""Status, body and media type."""


class Refused(Exception):
    """A request that is refused: a status, and the `detail` of the answer."""

    def __init__(self, status: int, detail: object) -> None:
        super().__init__(status)
        self.status = status
        self.detail = detail


class KokoroServer(ThreadingHTTPServer):
    """The server on a port of this machine; 0 is a free one. `serve_forever` runs it.

    `speak` runs at most `at_once` times at the same time; further requests wait. With a `key`, requests must have it:
    other programs, such as pages in a browser, are then refused.
    """

    daemon_threads = True
    request_queue_size = 64

    def __init__(
        self, speak: Speak, voices: Collection[str], *, at_once: int = 1, key: str | None = None, port: int = 0
    ) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self._speak = speak
        self.voices = sorted(voices)
        self._places = threading.BoundedSemaphore(at_once)
        self._key = key

    @property
    def base_url(self) -> str:
        """The value for SPEECH_BASE_URL."""
        return f"http://127.0.0.1:{self.server_port}/v1"

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, args=(0.05,), name="kokoro", daemon=True).start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self.shutdown()
        self.server_close()

    def check_key(self, authorization: str | None) -> None:
        """Raise Refused unless a request has the key, where there is one."""
        expected = "" if self._key is None else f"Bearer {self._key}"
        if expected and not hmac.compare_digest(expected.encode(), (authorization or "").encode()):
            raise Refused(401, "This server is for the program that started it.")

    def speech(self, body: bytes, wanted: Callable[[], bool]) -> Answer:
        """Return the sound that a request asks for. Raises Refused, and CancelledError if it is no longer `wanted`."""
        asked = self._checked(body)
        with self._places:
            if not wanted():
                raise CancelledError
            try:
                samples = self._speak(asked["input"], asked["voice"], float(asked["speed"]))
            except Unspeakable:
                raise _invalid_request(
                    "validation_error", "There is nothing in this text that can be spoken."
                ) from None
        name = asked["response_format"]
        return 200, encode(samples, SAMPLE_RATE, name), CODECS[name][1]

    def _checked(self, body: bytes) -> Mapping[str, Any]:
        try:
            given = json.loads(body)
        except (ValueError, RecursionError):
            given = None
        if not isinstance(given, dict):
            raise Refused(422, [{"type": "json_invalid", "loc": ["body", 0], "msg": "JSON decode error"}])
        asked = {"model": "kokoro", "voice": "af_heart", "response_format": "mp3", "speed": 1.0, **given}
        for name in ("input", "model", "voice", "response_format"):
            if not isinstance(asked.get(name), str):
                raise _invalid_field(name, "Input should be a valid string")
        if asked["response_format"] not in CODECS:
            raise _invalid_field("response_format", f"Input should be one of {', '.join(CODECS)}")
        speed = asked["speed"]
        if isinstance(speed, bool) or not isinstance(speed, int | float) or not SLOWEST <= speed <= FASTEST:
            raise _invalid_field("speed", f"Input should be a number from {SLOWEST} to {FASTEST}")
        if asked["model"] not in MODELS:
            raise _invalid_request("invalid_model", f"Unsupported model: {asked['model']}")
        if asked["voice"] not in self.voices:
            available = ", ".join(self.voices)
            message = f"Voice '{asked['voice']}' not found. Available voices: {available}"
            raise _invalid_request("validation_error", message)
        return asked


def _invalid_field(name: str, message: str) -> Refused:
    return Refused(422, [{"type": "value_error", "loc": ["body", name], "msg": message, "input": None}])


def _invalid_request(code: str, message: str) -> Refused:
    return Refused(400, {"error": code, "message": message, "type": "invalid_request_error"})


class _Handler(BaseHTTPRequestHandler):
    server: KokoroServer
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "kokoro", ""
    timeout = 75  # of a connection that is idle
    disable_nagle_algorithm = True  # it would delay each answer by 40 ms

    def log_message(self, format: str, *_arguments: object) -> None:
        """Say nothing of requests: nobody reads it."""

    def do_GET(self) -> None:
        """Answer with a list, or with 404."""
        address = urlsplit(self.path)
        legacy = parse_qs(address.query).get("legacy") == ["true"]
        lists: dict[str, object] = {
            "/health": {"status": "healthy"},
            "/v1/models": {"object": "list", "data": [{"id": name, "object": "model"} for name in MODELS]},
            "/v1/audio/voices": {
                "voices": [name if legacy else {"id": name, "name": name} for name in self.server.voices]
            },
        }
        if address.path in lists:
            self._answered(lambda: (200, json.dumps(lists[address.path]).encode(), "application/json"))
        else:
            self._answered(self._unknown)

    def do_POST(self) -> None:
        """Answer with sound."""
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > MOST_BODY:
            self.close_connection = True  # the body is not read
            self._answered(self._too_large)
            return
        body = self.rfile.read(int(length))
        if urlsplit(self.path).path == "/v1/audio/speech":
            self._answered(lambda: self.server.speech(body, self._connected))
        else:
            self._answered(self._unknown)

    def _answered(self, answer: Callable[[], Answer]) -> None:
        try:
            self.server.check_key(self.headers.get("Authorization"))
            status, body, media_type = answer()
        except Refused as refused:
            status, body, media_type = _error(refused)
        except CancelledError:
            self.close_connection = True
            return
        except Exception as error:  # noqa: BLE001 # last resort of a request: the others continue
            # Without the error's own words, which may quote the text.
            traceback.print_tb(error.__traceback__)
            print(type(error).__name__, file=sys.stderr, flush=True)
            detail = {"error": "processing_error", "message": type(error).__name__, "type": "server_error"}
            status, body, media_type = _error(Refused(500, detail))
        self._send(status, body, media_type)

    def _send(self, status: int, body: bytes, media_type: str) -> None:
        try:
            self.send_response(status)
            self.send_header("Content-Type", media_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        except OSError:
            self.close_connection = True  # the client has hung up

    def _connected(self) -> bool:
        """Return whether the client still waits: one that has waited too long asks again, and would be spoken twice."""
        try:
            readable, _, _ = select.select([self.connection], [], [], 0)
            return not readable or self.connection.recv(1, socket.MSG_PEEK) != b""
        except OSError:
            return False

    @staticmethod
    def _unknown() -> Answer:
        raise Refused(404, "Not Found")

    @staticmethod
    def _too_large() -> Answer:
        raise Refused(413, f"A body of at most {MOST_BODY} bytes is needed, and its length.")


def _error(refused: Refused) -> Answer:
    return refused.status, json.dumps({"detail": refused.detail}).encode(), "application/json"
