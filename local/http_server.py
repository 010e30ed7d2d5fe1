"""A threaded HTTP/1.1 server that answers with one function and refuses, below 500, whatever it cannot read."""

import socket
import socketserver
import threading
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from typing import Any

from chalicelib.log import bug
from local.http_messages import (
    MOST_BODY,
    HttpResponse,
    Refusal,
    body_length,
    check_headers,
    encode,
    error_response,
    read_body,
    split_target,
)
from local.proxy_event import HttpRequest

BACKLOG = 1024
IDLE_S = 75.0
"""How long a connection may stay silent: longer than browsers and HTTP clients keep theirs."""

LINGER_S = 2.0
"""How long the rest of a refused request is read away, so that its sender gets to see the answer."""

LOOK_S = 0.1
"""Seconds between two looks whether to stop; only stopping waits for it."""

AnswerTo = Callable[[HttpRequest], HttpResponse]


def listening_socket(host: str, port: int) -> socket.socket:
    """A socket that listens on `port` of `host`, or on a free one where that is taken."""
    listener = socket.socket()
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
        except (OSError, OverflowError):
            listener.bind((host, 0))
        listener.listen(BACKLOG)
    except BaseException:
        listener.close()
        raise
    return listener


class HttpServer(socketserver.TCPServer):
    """Answers every request on `listener`'s connections by `answer`, a daemon thread each connection."""

    answer: AnswerTo

    def __init__(self, listener: socket.socket) -> None:
        self.host = str(listener.getsockname()[0])
        self.port = int(listener.getsockname()[1])
        super().__init__((self.host, self.port), _Connection, bind_and_activate=False)
        self.socket.close()
        self.socket = listener
        self._connections: dict[socket.socket, threading.Thread] = {}
        self._lock = threading.Lock()
        self._accepting = threading.Thread(target=self.serve_forever, args=(LOOK_S,), name="accept", daemon=True)
        self.stopping = False

    def start(self) -> None:
        """Begin to accept connections."""
        self._accepting.start()

    def stop(self, wait_s: float) -> None:
        """Accept nothing more, wait up to `wait_s` for running requests, close all."""
        self.stopping = True
        if self._accepting.is_alive():
            self.shutdown()
            self._accepting.join()
        self.server_close()
        with self._lock:
            open_now = dict(self._connections)
        deadline = time.monotonic() + wait_s
        for connection in open_now:
            _end(connection, socket.SHUT_RD)  # an idle one reads the end; a running request can still answer
        for thread in open_now.values():
            thread.join(max(0.0, deadline - time.monotonic()))
        for connection, thread in open_now.items():
            if thread.is_alive():
                _end(connection, socket.SHUT_RDWR)
                thread.join(LOOK_S)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Handle a connection in a thread of its own."""
        thread = threading.Thread(target=self._serve, args=(request, client_address), name="http", daemon=True)
        with self._lock:
            self._connections[request] = thread
        thread.start()

    def _serve(self, connection: socket.socket, client_address: Any) -> None:
        try:
            self.finish_request(connection, client_address)
        except OSError:
            pass  # the client has gone
        except Exception as error:  # noqa: BLE001 - a thread's last line; the other connections go on
            bug("connection.broke", error)
        finally:
            with self._lock:
                del self._connections[connection]
            self.shutdown_request(connection)


class _Connection(BaseHTTPRequestHandler):
    """One connection: its requests one after the other."""

    server: HttpServer
    protocol_version = "HTTP/1.1"
    default_request_version = "HTTP/1.1"
    timeout = IDLE_S
    disable_nagle_algorithm = True

    def handle_one_request(self) -> None:
        """Read a request, answer it, and say whether the connection goes on."""
        self.close_connection = True
        self.raw_requestline = self._first_line()
        if not self.raw_requestline:
            return
        try:
            if len(self.raw_requestline) > 65_536:
                raise Refusal(414, "The request line is too long.")
            if not self.parse_request():  # has refused it
                return
            request = self._read()
        except Refusal as refusal:
            self._refuse(refusal)
        except TimeoutError:
            self._refuse(Refusal(408, "The request took too long to arrive."))
        else:
            self._send(self.server.answer(request), head=request.method == "HEAD")

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Refuse a request whose first line or headers the library cannot read. No input is the server's fault."""
        status = code if code in (414, 431) else 400
        self._refuse(Refusal(status, message or explain or "The request is malformed."))

    def handle_expect_100(self) -> bool:
        """Wait with the go-ahead until the length of the body is known to be fine."""
        return True

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing: the gateway has an access log without paths."""

    def _first_line(self) -> bytes:
        """The next line that is not empty (RFC 9112 2.2 skips those), or nothing at the end or after a long silence."""
        line = b"\n"
        with suppress(TimeoutError):
            while line in (b"\r\n", b"\n"):
                line = b""
                line = self.rfile.readline(65_537)
        return line

    def _read(self) -> HttpRequest:
        path, query = split_target(self._target())
        check_headers(self.headers)
        length = body_length(self.headers)
        if self.headers.get("expect", "").lower() == "100-continue" and self.request_version >= "HTTP/1.1":
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = read_body(self.rfile, length)
        headers = list(self.headers.items())
        return HttpRequest(self.command, path, query, headers, body, str(self.client_address[0]))

    def _target(self) -> str:
        """The request target as sent; the library would fold several slashes at its start into one."""
        return str(self.raw_requestline, "iso-8859-1").split()[1]

    def _send(self, answer: HttpResponse, *, head: bool) -> None:
        old = self.request_version == "HTTP/1.0"
        self.close_connection = self.close_connection or self.server.stopping
        self.wfile.write(
            encode(answer, close=self.close_connection, head=head, keep_alive_1_0=old and not self.close_connection)
        )

    def _refuse(self, refusal: Refusal) -> None:
        """Answer and end the connection: after a request that was not read whole nobody knows where the next begins."""
        self.close_connection = True
        headers = {**refusal.headers, "x-amzn-requestid": [str(uuid.uuid4())]}
        answer = error_response(refusal.status, str(refusal), headers)
        self.wfile.write(encode(answer, close=True, head=False, keep_alive_1_0=False))
        _end(self.connection, socket.SHUT_WR)
        deadline = time.monotonic() + LINGER_S
        self.connection.settimeout(LINGER_S)
        left = 2 * MOST_BODY
        while left > 0 and time.monotonic() < deadline and (data := self.connection.recv(65_536)):
            left -= len(data)


def _end(connection: socket.socket, how: int) -> None:
    with suppress(OSError):  # it may have ended by itself
        connection.shutdown(how)
