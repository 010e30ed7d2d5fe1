"""The server of this machine, through its socket: what is well formed is answered, all else is refused below 500."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from http.client import HTTPConnection, HTTPResponse

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from local import http_channel
from local.http_messages import MOST_BODY, HttpRequest, HttpResponse
from local.http_server import AT_ONCE, HttpServer, listening_socket

WAIT_S = 10.0
GET = b"GET /a HTTP/1.1\r\nHost: x\r\n\r\n"


class Echo:
    """Answers a request with what it was, and as its path says."""

    def __init__(self) -> None:
        self.together = threading.Barrier(AT_ONCE)
        self.entered = threading.Event()
        self.released = threading.Event()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path == "/none":
            return HttpResponse(204)
        if request.path == "/kept":
            return HttpResponse(304, {"ETag": ['"1"']})
        if request.path == "/gone":
            raise ConnectionAbortedError
        if request.path == "/broken":
            raise LookupError("a fault of ours")
        if request.path == "/together":
            self.together.wait(WAIT_S)
        if request.path == "/waits":
            self.entered.set()
            self.released.wait(WAIT_S)
        headers = {"Content-Type": ["text/plain"], "X-Twice": ["a", "b"], "X-Two-Lines": ["a\r\nInjected: é"]}
        said = f"{request.method} {request.path}?{request.query} {request.header('x-said')} {len(request.body)} "
        return HttpResponse(200, headers, said.encode() + request.body[:100])


@pytest.fixture(scope="module")
def echo() -> Echo:
    return Echo()


@pytest.fixture(scope="module")
def server(echo: Echo) -> Iterator[HttpServer]:
    running = HttpServer(listening_socket("127.0.0.1", 0))
    running.answer = echo
    running.start()
    yield running
    running.stop(1.0)


@contextmanager
def connected(server: HttpServer) -> Iterator[socket.socket]:
    with socket.create_connection((server.host, server.port), WAIT_S) as connection:
        yield connection


def read_all(connection: socket.socket) -> bytes:
    """Return everything until the server closes."""
    data = b""
    with suppress(ConnectionResetError):
        while part := connection.recv(65_536):
            data += part
    return data


def read_one(connection: socket.socket) -> bytes:
    """Return one response that has a body."""
    data = b""
    while b"\r\n\r\n" not in data or len(parsed(data)[2]) < int(parsed(data)[1]["content-length"]):
        data += connection.recv(65_536)
    return data


def parsed(data: bytes) -> tuple[int, dict[str, str], bytes]:
    """Return status, headers and body of the only response in `data`."""
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    return int(first.split()[1]), headers, body


def refused(data: bytes) -> tuple[int, str]:
    """Return status and message of a refusal, whose shape is that of all errors, and after which the server closed."""
    status, headers, body = parsed(data)
    assert (headers["content-type"], headers["connection"]) == ("application/json", "close")
    assert headers["x-amzn-requestid"]
    assert int(headers["content-length"]) == len(body)
    error = json.loads(body)
    assert error["Code"]
    return status, error["Message"]


def asked(connection: HTTPConnection, method: str, target: str, **options: object) -> tuple[HTTPResponse, bytes]:
    connection.request(method, target, **options)  # type: ignore[arg-type] # body and headers
    response = connection.getresponse()
    return response, response.read()


MALFORMED = {
    "no request": (b"hello\r\n\r\n", {400}),
    "lines that end with LF": (b"GET / HTTP/1.1\nHost: x\n\n", {400}),
    "one line that ends with LF": (b"GET / HTTP/1.1\nHost: x\r\n\r\n", {400}),
    "another version": (b"GET / HTTP/3.0\r\n\r\n", {400}),
    "no path": (b"GET  HTTP/1.1\r\n\r\n", {400}),
    "too many words": (b"GET / / HTTP/1.1\r\n\r\n", {400}),
    "brackets": (b"GET http://[ HTTP/1.1\r\n\r\n", {400}),
    "control characters": (b"GET /\x01 HTTP/1.1\r\n\r\n", {400}),
    "header without colon": (b"GET / HTTP/1.1\r\nHost x\r\n\r\n", {400}),
    "space before colon": (b"GET / HTTP/1.1\r\nHost : x\r\n\r\n", {400}),
    "NUL in a header": (b"GET / HTTP/1.1\r\nHost: \0\r\n\r\n", {400}),
    "continued at once": (b"GET / HTTP/1.1\r\n Host: x\r\n\r\n", {400}),
    "too many headers": (b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 20_000 + b"\r\n", {431}),
    "a long header": (b"GET / HTTP/1.1\r\nX: " + b"y" * 70_000 + b"\r\n\r\n", {431}),
    "a long path": (b"GET /" + b"y" * 70_000 + b" HTTP/1.1\r\n\r\n", {431}),
    "a long path and no end": (b"GET /" + b"y" * 70_000, {431}),
    "length of words": (b"POST / HTTP/1.1\r\nContent-Length: many\r\n\r\n", {400}),
    "negative length": (b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", {400}),
    "two lengths": (b"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", {400}),
    "a length of thousands of digits": (b"POST / HTTP/1.1\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n", {400, 413}),
    "too long a body": (b"POST / HTTP/1.1\r\nContent-Length: 10485761\r\n\r\n", {413}),
    "gzip": (b"POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", {411}),
    "chunked twice": (b"POST / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", {411}),
    "length and chunked": (
        b"POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        {400},
    ),
    "chunk of no number": (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", {400}),
    "chunk too long": (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n0\r\n\r\n", {400}),
    "huge chunk": (
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nA00001\r\n" + b"x" * (MOST_BODY + 1) + b"\r\n",
        {413},
    ),
}


@pytest.mark.parametrize(("sent", "statuses"), MALFORMED.values(), ids=MALFORMED.keys())
def test_what_is_malformed_is_refused_in_the_shape_of_all_errors(
    server: HttpServer, sent: bytes, statuses: set[int]
) -> None:
    with connected(server) as connection:
        connection.sendall(sent)
        status, message = refused(read_all(connection))
    assert status in statuses, message


@pytest.mark.parametrize(
    "sent",
    [
        b"GET / HTTP/1.1\r\nHo",
        b"GET",
        b"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nabc",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
    ],
)
def test_what_ends_early_is_refused(server: HttpServer, sent: bytes) -> None:
    with connected(server) as connection:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        assert refused(read_all(connection))[0] == 400


def test_whoever_stops_sending_is_told_so(server: HttpServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_channel, "STALLED_S", 0.2)
    with connected(server) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nabc")
        assert refused(read_all(connection))[0] == 408


def test_who_sends_slowly_is_answered(server: HttpServer) -> None:
    with connected(server) as connection:
        for byte in b"\r\nPOST /a HTTP/1.1\r\nX-Said: hi\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc":
            connection.sendall(bytes([byte]))
        assert parsed(read_all(connection))[2] == b"POST /a? hi 3 abc"


def test_a_connection_is_kept_whatever_the_answer(server: HttpServer) -> None:
    connection = HTTPConnection(server.host, server.port, timeout=WAIT_S)
    connection.connect()
    socket_of_all = connection.sock
    for method, target, status, body in (
        ("GET", "/a?b=%20c", 200, b"GET /a?b=%20c None 0 "),
        ("DELETE", "/none", 204, b""),
        ("GET", "/kept", 304, b""),
        ("HEAD", "/a", 200, b""),
        ("GET", "//a//b", 200, b"GET //a//b? None 0 "),
        ("GET", "http://elsewhere/a", 200, b"GET /a? None 0 "),
        ("GET", "/%C3%A9;x", 200, b"GET /%C3%A9;x? None 0 "),
    ):
        response, data = asked(connection, method, target)
        assert (response.status, data) == (status, body)
        assert connection.sock is socket_of_all
    assert response.getheader("x-twice") == "a, b"
    assert response.getheader("injected") is None
    connection.close()


def test_head_announces_the_length_of_what_get_sends(server: HttpServer) -> None:
    connection = HTTPConnection(server.host, server.port, timeout=WAIT_S)
    response, _ = asked(connection, "HEAD", "/a")
    assert response.getheader("content-length") == str(len(b"HEAD /a? None 0 "))
    connection.close()


def test_requests_in_one_go_are_answered_in_their_order(server: HttpServer) -> None:
    with connected(server) as connection:
        connection.sendall(GET + GET.replace(b"/a", b"/b") + GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        data = read_all(connection)
    assert [part.split()[0] for part in data.split(b"GET ")[1:]] == [b"/a?", b"/b?", b"/a?"]


def test_a_client_of_http_1_0_is_closed_unless_it_asks(server: HttpServer) -> None:
    with connected(server) as connection:
        connection.sendall(b"GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        assert b"keep-alive" in read_one(connection).lower()
        connection.sendall(b"GET /a HTTP/1.0\r\n\r\n")
        assert parsed(read_all(connection))[0] == 200
    with connected(server) as connection:
        connection.sendall(b"GET /a\r\n\r\n")  # HTTP/0.9 knew no version
        assert parsed(read_all(connection))[0] == 200


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_may_have_ten_megabytes_and_no_more(server: HttpServer, chunked: bool) -> None:
    for size, status in ((MOST_BODY - 65_536, 200), (MOST_BODY + 1, 413)):
        connection = HTTPConnection(server.host, server.port, timeout=WAIT_S)
        data = bytes(size)
        body = (data[begin : begin + 65_536] for begin in range(0, size, 65_536)) if chunked else data
        response, said = asked(connection, "POST", "/a", body=body, encode_chunked=chunked, headers=_framing(chunked))
        assert response.status == status
        assert str(size).encode() in said or status == 413
        connection.close()
    if not chunked:
        connection = HTTPConnection(server.host, server.port, timeout=WAIT_S)
        assert asked(connection, "POST", "/a", body=bytes(MOST_BODY))[0].status == 200
        connection.close()


def _framing(chunked: bool) -> dict[str, str]:
    return {"Transfer-Encoding": "chunked"} if chunked else {}


def test_who_asks_whether_to_go_on_is_told(server: HttpServer) -> None:
    with connected(server) as connection:
        connection.sendall(
            b"POST /a HTTP/1.1\r\nContent-Length: 3\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n"
        )
        assert connection.recv(65_536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"abc")
        assert parsed(read_all(connection))[2] == b"POST /a? None 3 abc"


@pytest.mark.parametrize(
    ("length", "status"), [(b"10485761", 413), (b"x", 400), (b"0", 200)], ids=["too long", "no number", "no body"]
)
def test_who_asks_whether_to_go_on_is_not_told_to_in_vain(server: HttpServer, length: bytes, status: int) -> None:
    with connected(server) as connection:
        connection.sendall(
            b"POST /a HTTP/1.1\r\nExpect: 100-continue\r\nConnection: close\r\nContent-Length: " + length + b"\r\n\r\n"
        )
        data = read_all(connection)
    assert parsed(data.removeprefix(b"HTTP/1.1 100 Continue\r\n\r\n") if status == 200 else data)[0] == status


def test_many_are_answered_at_once(server: HttpServer, echo: Echo) -> None:
    with ExitStack() as stack:
        clients = [stack.enter_context(connected(server)) for _ in range(echo.together.parties)]
        for client in clients:
            client.sendall(GET.replace(b"/a", b"/together"))
        assert all(parsed(read_one(client))[0] == 200 for client in clients)


def test_a_provider_can_hang_up(server: HttpServer) -> None:
    with connected(server) as connection:
        connection.sendall(GET.replace(b"/a", b"/gone"))
        assert read_all(connection) == b""


def test_stopping_waits_for_what_runs(echo: Echo) -> None:
    server = HttpServer(listening_socket("127.0.0.1", 0))
    server.answer = echo
    server.start()
    with connected(server) as idle, connected(server) as running:
        idle.sendall(GET)
        assert parsed(read_one(idle))[0] == 200
        running.sendall(GET.replace(b"/a", b"/waits"))
        assert echo.entered.wait(WAIT_S)
        stopping = threading.Thread(target=server.stop, args=(WAIT_S,))
        stopping.start()
        assert read_all(idle) == b""
        assert stopping.is_alive()
        echo.released.set()
        assert parsed(read_all(running))[0] == 200
        stopping.join(WAIT_S)
    with pytest.raises(OSError, match="refused"):
        socket.create_connection((server.host, server.port), 1.0)


def test_stopping_does_not_wait_for_ever(echo: Echo) -> None:
    echo.entered.clear()
    echo.released.clear()
    server = HttpServer(listening_socket("127.0.0.1", 0))
    server.answer = echo
    server.start()
    with connected(server) as running:
        running.sendall(GET.replace(b"/a", b"/waits"))
        assert echo.entered.wait(WAIT_S)
        began = time.monotonic()
        server.stop(0.2)
        assert time.monotonic() - began < 2.0
        assert read_all(running) == b""
    echo.released.set()


pieces = st.sampled_from(
    [
        *(
            b"GET",
            b"POST",
            b" ",
            b"/",
            b"/a",
            b"http://",
            b"[",
            b"HTTP/1.1",
            b"HTTP/1.0",
            b"HTTP/9",
            b"\r\n",
            b"\n",
            b"\r",
        ),
        *(
            b"Content-Length: ",
            b"Transfer-Encoding: chunked",
            b"Expect: 100-continue",
            b"Connection: close",
            b"Host: x",
        ),
        *(b"5", b"-1", b"0", b"99999999999999999999", b"\0", b"\xff\xfe", b":", b";", b"\r\n\r\n", b"%00", b"a" * 3000),
    ]
)


@given(sent=st.lists(pieces | st.binary(max_size=8), min_size=1, max_size=24).map(b"".join))
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_sent_nothing_is_a_fault_of_the_server(server: HttpServer, sent: bytes) -> None:
    with connected(server) as connection:
        with suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(sent)
            connection.shutdown(socket.SHUT_WR)
        data = read_all(connection)
    status = int(data.split()[1]) if data else 0
    assert status < 500, data
    if status >= 400:
        refused(data)
    with connected(server) as connection:
        connection.sendall(GET)
        assert parsed(read_one(connection))[0] == 200
