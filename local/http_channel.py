"""What waitress' connections lack: errors in our shape, refusals that reach their sender, and threads as needed.

ADR 0030 says what was tried, and why each of these is here.
"""

import logging
import socket
import threading
import time
import uuid
from contextlib import suppress
from http import HTTPStatus

from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.server import TcpWSGIServer
from waitress.task import Task, ThreadedTaskDispatcher, WSGITask
from waitress.utilities import BadRequest, Error, RequestHeaderFieldsTooLarge

from local.http_messages import MOST_BODY, MOST_HEADERS, Refusal, error_response, split_target

STALLED_S = 60.0
"""Seconds after which a request of which no more arrives is refused."""

LINGER_S = 2.0
"""Seconds for which the rest of a refused request is read and discarded, so that its sender sees the response."""

MOST_THREADS = 512

_SENTENCES = {
    408: "The request took too long to arrive.",
    411: "Send a Content-Length; of transfer encodings only chunked is understood.",
    413: f"The body may have {MOST_BODY} bytes at most.",
    414: "The request line is too long.",
    431: f"The request line and the headers may have {MOST_HEADERS} bytes at most.",
    500: "Something went wrong inside; try again.",
}

logging.getLogger("waitress").setLevel(logging.ERROR)


class RefusedError(Error):
    """An error of waitress' in the shape of all the API's errors."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(_SENTENCES.get(code, message))
        self.code = code
        self.reason = HTTPStatus(code).phrase

    def to_response(self, ident: str | None = None) -> tuple[str, list[tuple[str, str]], bytes]:  # type: ignore[override] # noqa: ARG002 # the stub says str, waitress writes bytes
        """Return status line, headers and body."""
        headers = {"x-amzn-requestid": [str(uuid.uuid4())]}
        response = error_response(self.code, self.body, headers)
        pairs = [(name, value) for name, values in response.headers.items() for value in values]
        return f"{self.code} {self.reason}", pairs, response.body


class Parser(HTTPRequestParser):
    """A parser whose errors have our shape, and which refuses what waitress leaves to chance."""

    _error: Error | None = None

    @property
    def error(self) -> Error | None:
        """Why the request is refused, if it is."""
        return self._error

    @error.setter
    def error(self, error: Error | None) -> None:
        # waitress answers 501 to an unknown transfer encoding, and no input may give a 5xx.
        code = 411 if error and error.code == HTTPStatus.NOT_IMPLEMENTED else error.code if error else 0
        self._error = RefusedError(code, error.body) if error else None

    @property
    def begun(self) -> bool:
        """Whether a part of a request has been received."""
        return bool(self.header_plus) or self.headers_finished

    def received(self, data: bytes) -> int:
        """Parse the next bytes and return how many belong to this request."""
        if self._error is not None:  # refused meanwhile
            self.completed = True
            return len(data)
        consumed = super().received(data)
        if self.error is not None and self.error.code == RequestHeaderFieldsTooLarge.code:
            if b"\n" not in self.header_plus + data[:consumed]:
                self.error = RefusedError(414, "")
        elif not self.completed and not self.headers_finished and b"\n\n" in self.header_plus:
            # waitress would wait for CR LF for ever.
            self.error = BadRequest("The lines of a request end with CR LF.")
            self.completed = True
        if self.completed:
            # waitress would ask for the body of a request that it has refused, or that has none, and wait for it.
            self.expect_continue = False
        return consumed

    def parse_header(self, header_plus: bytes) -> None:
        """Parse request line and headers. Raises ParsingError where they can be read in two ways."""
        try:
            super().parse_header(header_plus)
        except ValueError as error:  # a number of thousands of digits, or a malformed host: waitress hangs up
            raise ParsingError("The request line or Content-Length is malformed.") from error
        try:
            split_target(self.request_uri)  # type: ignore[attr-defined] # missing from the stub
        except Refusal as refusal:
            raise ParsingError(str(refusal)) from refusal
        # "" is HTTP/0.9's request line, which waitress answers as well.
        if self.version not in {"", "1.0", "1.1"}:
            raise ParsingError("Of HTTP only the versions 1.0 and 1.1 are understood.")
        # A proxy before us may believe the other of the two: the way requests are smuggled.
        if self.chunked and "CONTENT_LENGTH" in self.headers:
            raise ParsingError("Content-Length and Transfer-Encoding exclude each other.")


class ResponseTask(WSGITask):
    """The response to a well-formed request."""

    def set_close_on_finish(self) -> None:
        """Announce that the connection closes; not for a status without a body, which needs no length."""
        if self.has_body or getattr(self.request, "connection_close", True):
            super().set_close_on_finish()

    def write(self, data: bytes) -> None:
        """Send the head of a response together with its body; waitress would send two packets."""
        if self.wrote_header or not data or self.content_length != len(data):
            super().write(data)
            return
        head = self.build_response_header()
        self.wrote_header = True
        self.content_bytes_written = len(data)
        self.channel.write_soon(head + data)


class Channel(HTTPChannel):
    """A connection that tells its client why it ends."""

    parser_class = Parser
    task_class = ResponseTask
    _lingers_until: float | None = None

    def readable(self) -> bool:
        """Return whether to wait for input. Called about once a second, it also ends what takes too long."""
        now = time.time()
        if self._lingers_until is not None:
            self.will_close = self.will_close or now > self._lingers_until
            return not self.will_close
        busy = bool(self.requests) or self.total_outbufs_len > 0
        if not busy and not self.server.accepting:  # the server is being stopped
            self.will_close = True
        elif not busy and self._in_request and self.last_activity < now - STALLED_S:
            self._refuse(408, "")
        return super().readable()

    @property
    def _in_request(self) -> bool:
        return isinstance(self.request, Parser) and self.request.begun

    def _refuse(self, code: int, message: str) -> None:
        """Refuse the request that is being received."""
        if self.request is not None:
            self.request.error = RefusedError(code, message)
            self.received(b"\0")  # so that waitress takes it for complete, and answers

    def handle_read(self) -> None:
        """Read on, or refuse a request whose sender has closed before its end."""
        if self._lingers_until is None and self._in_request and self._at_end():
            self._refuse(400, "The request is shorter than announced.")
        else:
            super().handle_read()

    def _at_end(self) -> bool:
        with suppress(OSError):  # the client has gone, which `handle_read` finds as well
            return self.socket is not None and self.socket.recv(1, socket.MSG_PEEK) == b""
        return False

    def received(self, data: bytes) -> bool:
        """Parse input; discard it once the last response has been sent."""
        return self._lingers_until is None and super().received(data)

    def handle_write(self) -> None:
        """Send what is waiting. After the last response close in two steps, so that the client can read it.

        A socket that is closed while input is waiting sends RST, on which clients discard what they have not read.
        """
        if not self.close_when_flushed:
            super().handle_write()
            return
        # Taken back for the moment, or waitress would close the socket as soon as all is sent.
        self.close_when_flushed = False
        super().handle_write()
        if self.total_outbufs_len:
            self.close_when_flushed = True
        elif self.socket is not None and self.connected:
            with suppress(OSError):  # the client may have closed it
                self.socket.shutdown(socket.SHUT_WR)
            self._lingers_until = time.time() + LINGER_S


class Server(TcpWSGIServer):
    """A server of such connections."""

    channel_class = Channel


class Threads(ThreadedTaskDispatcher):
    """Threads for requests: another one whenever all are busy.

    waitress has a fixed number, so that a few requests that wait for a slow AWS would hold up all others.
    """

    def __init__(self) -> None:
        super().__init__()
        self._growing = threading.Lock()
        self._stopping = False

    def add_task(self, task: Task) -> None:
        """Hand a request to a thread."""
        with self._growing:
            with self.lock:
                self.queue.append(task)
                count = len(self.threads)
                # Under waitress' own lock, which its threads hold when they become idle.
                idle = count - self.stop_count - self.active_count
                grow = len(self.queue) > idle and count < MOST_THREADS and not self._stopping
                self.queue_cv.notify()
            # Outside of it: `set_thread_count` takes the same lock.
            if grow:
                self.set_thread_count(count + 1)

    def shutdown(self, cancel_pending: bool = True, timeout: float = 5) -> bool:
        """Let running requests end within `timeout` seconds, and start none."""
        with self._growing:
            self._stopping = True
        return super().shutdown(cancel_pending, timeout)  # type: ignore[arg-type] # any number will do
