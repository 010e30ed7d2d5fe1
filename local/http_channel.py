"""What waitress' connections lack: errors in our shape, and refusals that reach their sender (ADR 0031)."""

import logging
import socket
import time
import uuid
from contextlib import suppress
from http.client import responses

from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.server import TcpWSGIServer
from waitress.task import ErrorTask, WSGITask
from waitress.utilities import BadRequest, Error

from local.http_messages import MOST_BODY, MOST_HEADERS, Refusal, error_response, split_target

STALLED_S = 60.0
"""Seconds after which a request of which no more arrives is refused."""

LINGER_S = 2.0
"""Seconds for which the rest of a refused request is read and discarded, so that its sender sees the response."""

_SENTENCES = {
    411: "Send a Content-Length; of transfer encodings only chunked is understood.",
    413: f"The body may have {MOST_BODY} bytes at most.",
    431: f"The request line and the headers may have {MOST_HEADERS} bytes at most.",
    500: "Something went wrong inside; try again.",
}
"""What waitress says less well."""

logging.getLogger("waitress").setLevel(logging.ERROR)  # that a request waits for a thread is nothing to tell a person


class RequestTimeout(BadRequest):
    """A request of which no more arrives."""

    code = 408


class Parser(HTTPRequestParser):
    """A parser that refuses what waitress leaves to chance."""

    @property
    def begun(self) -> bool:
        """Whether a part of a request has been received."""
        return bool(self.header_plus) or self.headers_finished

    def received(self, data: bytes) -> int:
        """Parse the next bytes and return how many belong to this request."""
        consumed = len(data) if self.error else super().received(data)
        if not self.headers_finished and b"\n\n" in self.header_plus:
            # waitress would wait for CR LF for ever.
            self.error = BadRequest("The lines of a request end with CR LF.")
        if self.error or self.completed:
            self.completed = True
            # waitress would ask for the body of a request that it has refused, or that has none, and wait for it.
            self.expect_continue = False
        return consumed

    def parse_header(self, header_plus: bytes) -> None:
        """Parse request line and headers. Raises ParsingError where they can be read in two ways."""
        try:
            super().parse_header(header_plus)
            split_target(self.request_uri)  # type: ignore[attr-defined] # missing from the stub
        except ValueError as error:  # a number of thousands of digits, or a malformed host: waitress would hang up
            raise ParsingError("The request line or Content-Length is malformed.") from error
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


class RefusalTask(ErrorTask):
    """An error of waitress' in the shape of all the API's errors. None is 5xx but a fault of ours."""

    def execute(self) -> None:
        """Send the error."""
        error: Error = self.request.error  # type: ignore[attr-defined] # the stub takes the request for the error
        code = {501: 411}.get(error.code, error.code)  # a transfer encoding that is not implemented
        response = error_response(code, _SENTENCES.get(code, error.body), {"x-amzn-requestid": [str(uuid.uuid4())]})
        self.status = f"{code} {responses[code]}"
        self.response_headers = [(name, value) for name, values in response.headers.items() for value in values]
        self.content_length = len(response.body)
        self.set_close_on_finish()
        self.write(response.body)


class Channel(HTTPChannel):
    """A connection that tells its client why it ends."""

    parser_class = Parser
    task_class = ResponseTask
    error_task_class = RefusalTask
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
            self._refuse(RequestTimeout("The request took too long to arrive."))
        return super().readable()

    @property
    def _in_request(self) -> bool:
        return isinstance(self.request, Parser) and self.request.begun

    def _refuse(self, error: Error) -> None:
        """Refuse the request that is being received."""
        if self.request is not None:
            self.request.error = error
            self.received(b"\0")  # so that waitress takes it for complete, and answers

    def handle_read(self) -> None:
        """Read on, or refuse a request whose sender has closed before its end."""
        if self._lingers_until is None and self._in_request and self._at_end():
            self._refuse(BadRequest("The request is shorter than announced."))
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
