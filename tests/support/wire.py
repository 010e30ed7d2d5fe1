"""A place below the openai SDK, where its requests arrive and any bytes can be answered: HTTP without a socket."""

import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as bytes; with `broken`, the connection fails in that way instead."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    broken: type[httpx2.TransportError] | None = None


def without_certificates(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have new clients read no certificates: a tenth of a second each, of no use where nothing is encrypted."""
    monkeypatch.setattr(ssl.SSLContext, "load_verify_locations", lambda *_args, **_more: None)


def answer_instead(monkeypatch: pytest.MonkeyPatch, reply: Callable[[bytes], Answer]) -> None:
    """Answer every request of an httpx2 client by `reply`, given its body. Whatever the client is made with, its
    requests pass here."""

    def handle(_transport: Any, request: httpx2.Request) -> httpx2.Response:
        answer = reply(request.read())
        if answer.broken:
            raise answer.broken("broken on purpose", request=request)
        headers = {"Content-Type": "application/json", **answer.headers}
        return httpx2.Response(answer.status, headers=headers, content=answer.body, request=request)

    without_certificates(monkeypatch)
    monkeypatch.setattr(httpx2.HTTPTransport, "handle_request", handle)
