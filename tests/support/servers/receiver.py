"""A receiver of webhooks: a real TLS server on this machine, with an authority of its own, that can misbehave.

`WebhookClient` reaches public hosts alone. A test hands it a resolver that gives every name a public address, and a way
to connect that leads from there to this server, so that all the rest, TLS and HTTP, is what runs on AWS.
"""

import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import trustme

from chalicelib.providers.webhook_client import WebhookClient

PUBLIC = "93.184.215.14"
"""A public address, which nothing here connects to."""

NO_CONTENT = b"HTTP/1.1 204 No Content\r\n\r\n"


def status(code: int, *headers: str) -> bytes:
    """Return the head of an answer."""
    lines = (f"HTTP/1.1 {code} Whatever", *headers, "Content-Length: 0")
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


@dataclass(frozen=True)
class Received:
    """A request that came in."""

    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def event(self) -> Any:
        """The event in it."""
        return json.loads(self.body)


Behaviour = Callable[[ssl.SSLSocket, Received], None]


class Receiver:
    """A server for one name. `answers` are sent in turn, and 204 after them; `behaviour` does it in its own way."""

    def __init__(self, host: str = "hooks.example.org") -> None:
        self.host = host
        self.authority = trustme.CA()
        self.received: list[Received] = []
        self.accepted = 0
        self.answers: list[bytes] = []
        self.behaviour: Behaviour | None = None
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.authority.issue_cert(host).configure_cert(self._context)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        self._closed = threading.Event()
        self._threads: list[threading.Thread] = []

    def url(self, target: str = "/fireside") -> str:
        """Return a URL of the server's."""
        return f"https://{self.host}{target}"

    def connect(self, address: str, timeout_s: float) -> socket.socket:
        """Connect to the server, whatever the address."""
        return socket.create_connection(("127.0.0.1", self.port), timeout_s)

    def tls(self) -> ssl.SSLContext:
        """Return a context that trusts the server's authority."""
        context = ssl.create_default_context()
        self.authority.configure_trust(context)
        return context

    def client(self, addresses: Sequence[str] = (PUBLIC,), **more: Any) -> WebhookClient:
        """Return a client for which every name has these addresses, and which reaches this server at them."""
        return WebhookClient(**{"resolve": lambda _host: addresses, "connect": self.connect, "tls": self.tls, **more})

    def serve(self) -> None:
        """Serve until the server is closed."""
        while not self._closed.is_set():
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            self.accepted += 1
            thread = threading.Thread(target=self._answer, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def close(self) -> None:
        """Close the server, and wait for what is under way."""
        self._closed.set()
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for thread in self._threads:
            thread.join(10)

    @property
    def closed(self) -> threading.Event:
        """Set once the server is closed: a behaviour that goes on for ever ends with it."""
        return self._closed

    def _answer(self, connection: socket.socket) -> None:
        # Whatever the client does to the connection is the test's to see, on the client's side.
        with suppress(OSError), connection:
            connection.settimeout(10)
            with self._context.wrap_socket(connection, server_side=True) as secured:
                request = _read(secured)
                self.received.append(request)
                if self.behaviour is not None:
                    self.behaviour(secured, request)
                else:
                    secured.sendall(self.answers.pop(0) if self.answers else NO_CONTENT)


def _read(secured: ssl.SSLSocket) -> Received:
    data = b""
    while b"\r\n\r\n" not in data:
        data += secured.recv(65_536)
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    while len(body) < int(headers.get("content-length", "0")):
        body += secured.recv(65_536)
    assert first.startswith("POST ")
    return Received(first.split(" ")[1], headers, body)


@contextmanager
def receiver(host: str = "hooks.example.org") -> Iterator[Receiver]:
    """Run a receiver for the name."""
    server = Receiver(host)
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.close()
        thread.join(10)
