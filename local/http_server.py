"""A threaded HTTP/1.1 server that answers with one function and refuses malformed requests with a status below 500."""

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
"""Seconds a connection may stay idle: longer than browsers and HTTP clients keep theirs."""

LINGER_S = 2.0
"""Seconds for which the rest of a refused request is read and discarded, so that its sender sees the response."""

LOOK_S = 0.1
"""Seconds between two checks whether to stop; delays nothing but stopping."""

AnswerTo = Callable[[HttpRequest], HttpResponse]


def listening_socket(host: str, port: int) -> socket.socket:
    """Return a socket that listens on `port` of `host`, or on a free port if that is taken."""
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
    """A server that answers requests on `listener` with `answer`, in one daemon thread per connection."""

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
        """Stop accepting, wait up to `wait_s` seconds for running requests, and close every connection."""
        self.stopping = True
        if self._accepting.is_alive():
            self.shutdown()
            self._accepting.join()
        self.server_close()
        with self._lock:
            open_now = dict(self._connections)
        deadline = time.monotonic() + wait_s
        for connection in open_now:
            _end(connection, socket.SHUT_RD)  # idle connections see the end of input; running requests can still answer
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
        except Exception as error:  # noqa: BLE001 - last resort of a thread: the other connections go on
            bug("connection.broke", error)
        finally:
            with self._lock:
                del self._connections[connection]
            self.shutdown_request(connection)


class _Connection(BaseHTTPRequestHandler):
    """One connection; it handles its requests one after the other."""

    server: HttpServer
    protocol_version = "HTTP/1.1"
    default_request_version = "HTTP/1.1"
    timeout = IDLE_S
    disable_nagle_algorithm = True

    def handle_one_request(self) -> None:
        """Read and answer one request; sets `close_connection` if it was the last."""
        self.close_connection = True
        self.raw_requestline = self._first_line()
        if not self.raw_requestline:
            return
        try:
            if len(self.raw_requestline) > 65_536:
                raise Refusal(414, "The request line is too long.")
            if not self.parse_request():  # it has already sent a refusal
                return
            request = self._read()
        except Refusal as refusal:
            self._refuse(refusal)
        except TimeoutError:
            self._refuse(Refusal(408, "The request took too long to arrive."))
        else:
            self._send(self.server.answer(request), head=request.method == "HEAD")

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Refuse a request whose first line or headers the library cannot parse.

        Where the library would answer with 5xx, the status becomes 400: malformed input is never the server's fault.
        """
        status = code if code in (414, 431) else 400
        self._refuse(Refusal(status, message or explain or "The request is malformed."))

    def handle_expect_100(self) -> bool:
        """Return True without answering: `_read` sends 100 Continue once the body's length has been checked."""
        return True

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing: the gateway has an access log without paths."""

    def _first_line(self) -> bytes:
        """Return the next line that is not empty (RFC 9112 2.2), or b"" at the end of input or after `IDLE_S`."""
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
        """Return the request target as sent; the library would fold several leading slashes into one."""
        return str(self.raw_requestline, "iso-8859-1").split()[1]

    def _send(self, answer: HttpResponse, *, head: bool) -> None:
        old = self.request_version == "HTTP/1.0"
        self.close_connection = self.close_connection or self.server.stopping
        self.wfile.write(
            encode(answer, close=self.close_connection, head=head, keep_alive_1_0=old and not self.close_connection)
        )

    def _refuse(self, refusal: Refusal) -> None:
        """Answer and close the connection: after an incompletely read request, the next one's start is unknown."""
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
    with suppress(OSError):  # the client may have closed it
        connection.shutdown(how)
