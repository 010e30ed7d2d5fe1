"""An HTTP/1.1 server that answers with one function; waitress does the work."""

import socket
import threading
import time
from collections.abc import Callable, Iterable
from http.client import responses
from typing import TYPE_CHECKING, Any

from waitress import wasyncore
from waitress.task import ThreadedTaskDispatcher, hop_by_hop

from chalicelib.log import bug
from local.http_channel import Server
from local.http_messages import MOST_BODY, MOST_HEADERS, HttpRequest, HttpResponse, error_response, split_target

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

BACKLOG = 1024
IDLE_S = 75
"""Seconds a connection may stay idle: longer than browsers and HTTP clients keep theirs."""

AT_ONCE = 40
"""Requests that run at the same time, in a thread each; more than these wait."""

AnswerTo = Callable[[HttpRequest], HttpResponse]


def listening_socket(host: str, port: int) -> socket.socket:
    """Return a socket that listens on `port` of `host`, or on a free port if that is taken."""
    listener = socket.socket()
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
        except (OSError, OverflowError):
            # Taken by another program: a free port and a sentence are more use than a refusal to start.
            listener.bind((host, 0))
        listener.listen(BACKLOG)
    except BaseException:
        listener.close()
        raise
    return listener


class HttpServer:
    """A server that answers requests on `listener` with `answer`, from `start()` to `stop()`."""

    answer: AnswerTo

    def __init__(self, listener: socket.socket) -> None:
        self.host = str(listener.getsockname()[0])
        self.port = int(listener.getsockname()[1])
        self._sockets: dict[int, Any] = {}
        self._threads = ThreadedTaskDispatcher()
        self._server = Server(
            self._respond,
            self._sockets,
            _sock=listener,
            bind_socket=False,
            dispatcher=self._threads,
            ident=None,
            backlog=BACKLOG,
            channel_timeout=IDLE_S,
            connection_limit=800,  # of 1,024 open files, which is the usual limit of a process
            recv_bytes=65_536,
            max_request_header_size=MOST_HEADERS,
            max_request_body_size=MOST_BODY + 1,  # waitress refuses from this size on
            log_socket_errors=False,
        )
        self._looping = threading.Thread(target=self._loop, name="http", daemon=True)
        self._stopping = threading.Event()
        self._ended = threading.Event()

    def start(self) -> None:
        """Begin to accept connections."""
        self._threads.set_thread_count(AT_ONCE)
        self._looping.start()

    def stop(self, wait_s: float) -> None:
        """Stop accepting, wait up to `wait_s` seconds for running requests, and close every connection."""
        deadline = time.monotonic() + wait_s
        self._stopping.set()
        self._server.pull_trigger()
        self._threads.shutdown(timeout=wait_s)  # type: ignore[arg-type] # the stub says int
        if self._looping.is_alive():
            self._server.pull_trigger()
            self._looping.join(max(0.1, deadline - time.monotonic()))
        self._ended.set()
        if self._looping.is_alive():
            self._server.pull_trigger()
            self._looping.join()
        wasyncore.close_all(self._sockets, ignore_all=True)

    def _loop(self) -> None:
        # While it stops: until only the trigger is left, with which the threads wake this loop.
        while not self._ended.is_set() and (not self._stopping.is_set() or len(self._sockets) > 1):
            wasyncore.loop(timeout=1.0, use_poll=True, map=self._sockets, count=1)
            if self._stopping.is_set() and self._server.accepting:
                wasyncore.dispatcher.close(self._server)  # not the trigger, by which the threads wake this one

    def _respond(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer as a WSGI application."""
        try:
            response = self.answer(_request(environ))
        except OSError:
            raise  # waitress hangs up
        except Exception as error:  # noqa: BLE001 - last resort of a request: the others continue
            bug("connection.broke", error)
            response = error_response(500, "Something went wrong inside; try again.")
        start_response(f"{response.status} {responses.get(response.status, '')}", _header_list(response))
        bodiless = environ["REQUEST_METHOD"] == "HEAD" or response.status in (204, 304)
        # The length is announced all the same, as HTTP wants it for HEAD.
        return [] if bodiless else [response.body]


def _request(environ: "WSGIEnvironment") -> HttpRequest:
    """Return the request as received; waitress' own path is decoded."""
    path, query = split_target(environ["REQUEST_URI"])
    headers = [
        (key.removeprefix("HTTP_").replace("_", "-").lower(), value)
        for key, value in environ.items()
        if key.startswith("HTTP_") or key in {"CONTENT_TYPE", "CONTENT_LENGTH"}
    ]
    body = environ["wsgi.input"].read()
    return HttpRequest(environ["REQUEST_METHOD"], path, query, headers, body, environ["REMOTE_ADDR"])


def _header_list(response: HttpResponse) -> list[tuple[str, str]]:
    """Return the headers as WSGI has them, without those that belong to the connection.

    A value is one line, whose bytes are decoded as Latin-1.
    """
    pairs = [
        (name, value.replace("\r", " ").replace("\n", " ").encode().decode("latin-1"))
        for name, values in response.headers.items()
        for value in values
        # waitress sets these itself; twice, they could contradict each other.
        if name.lower() not in hop_by_hop | {"content-length", "date"}
    ]
    return [*pairs, ("Content-Length", str(len(response.body)))]
