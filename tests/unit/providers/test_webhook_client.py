"""Webhooks reach public hosts alone, over TLS, within bounds; a real server stands at the other end."""

import json
import os
import socket
import ssl
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from chalicelib.domain.webhook import UrlParts, WebhookResponse, parse_url
from chalicelib.providers import webhook_client
from chalicelib.providers.public_addresses import is_public
from chalicelib.providers.webhook_client import WebhookClient
from tests.support.servers.receiver import PUBLIC, Received, Receiver, receiver, status

CASES = json.loads((Path(__file__).parents[2] / "cases" / "hostile_urls.json").read_text(encoding="utf-8"))
BODY = b'{"type":"task.ended"}'


@pytest.fixture
def server() -> Iterator[Receiver]:
    with receiver() as running:
        yield running


def named(case: Any) -> str:
    return f"{case['why']}: {case.get('url', case.get('addresses'))!a}"


def test_the_list_of_hostile_addresses_is_long() -> None:
    assert len(CASES["urls"]) + len(CASES["names"]) >= 90
    assert len({case["url"] for case in CASES["urls"]}) == len(CASES["urls"])


@pytest.mark.parametrize("case", CASES["urls"], ids=named)
def test_a_hostile_address_is_refused_and_not_reached(server: Receiver, case: Any) -> None:
    with pytest.raises(ValueError, match="must"):
        parse_url(case["url"])
    # Whatever it resolved to, and who listened there.
    client = server.client(allowed=lambda _address: True)
    assert client.post(case["url"], BODY, {}) == WebhookResponse(fault="bad_url")
    assert server.accepted == 0


@pytest.mark.parametrize("case", CASES["names"], ids=named)
def test_a_name_with_a_hostile_address_is_not_reached(server: Receiver, case: Any) -> None:
    client, fault = server.client(case["addresses"]), "not_public" if case["addresses"] else "no_address"
    assert client.fault_of(server.host) == fault
    assert client.post(server.url(), BODY, {}) == WebhookResponse(fault=fault)
    assert server.accepted == 0


@pytest.mark.parametrize("address", [PUBLIC, "1.1.1.1", "172.32.0.1", "2606:4700::1111", "2a05:d018::1"])
def test_public_addresses_are_allowed(address: str) -> None:
    assert is_public(address)


def test_the_address_that_was_checked_is_the_one_that_is_connected_to(server: Receiver) -> None:
    """A name that answers otherwise with every question (DNS rebinding) is asked once for each request."""
    asked, connected = count(), list[str]()

    def resolve(_host: str) -> Sequence[str]:
        return [PUBLIC] if next(asked) % 2 == 0 else ["127.0.0.1"]

    def connect(address: str, timeout_s: float) -> socket.socket:
        connected.append(address)
        return server.connect(address, timeout_s)

    client = server.client(resolve=resolve, connect=connect)
    assert client.post(server.url(), BODY, {}).status == 204
    assert client.post(server.url(), BODY, {}) == WebhookResponse(fault="not_public")
    assert connected == [PUBLIC]


def test_the_real_connection_is_made_to_an_address_and_never_to_a_name() -> None:
    with pytest.raises(OSError):  # gaierror on Linux, an error of its own elsewhere
        webhook_client.connect("127.0.0.1.", 1.0)
    listening = socket.create_server(("127.0.0.1", 0))
    port = int(listening.getsockname()[1])
    with listening, webhook_client.connect("127.0.0.1", 1.0, port) as made:
        assert made.getpeername() == ("127.0.0.1", port)


def test_the_real_resolver_gives_addresses_which_are_then_checked() -> None:
    assert set(webhook_client.resolve("localhost")) <= {"127.0.0.1", "::1"}
    assert WebhookClient().fault_of("localhost") == "not_public"
    assert WebhookClient().fault_of("127.0.0.1") == "not_public"
    assert WebhookClient().fault_of(f"{'a' * 64}.example.org") == "no_address"


def test_a_request_is_what_was_asked_for(server: Receiver) -> None:
    answer = server.client().post(server.url("/a?b=c%20d"), BODY, {"webhook-id": "evt_1"})
    assert answer == WebhookResponse(status=204)
    [request] = server.received
    assert (request.target, request.body) == ("/a?b=c%20d", BODY)
    assert request.headers["host"] == server.host
    assert request.headers["webhook-id"] == "evt_1"
    assert request.headers["content-type"] == "application/json"
    assert request.headers["connection"] == "close"
    assert "authorization" not in request.headers


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_a_redirect_is_an_answer_and_is_not_followed(server: Receiver, code: int) -> None:
    server.answers = [status(code, "Location: https://169.254.169.254/latest/meta-data/")]
    assert server.client().post(server.url(), BODY, {}) == WebhookResponse(status=code)
    assert server.accepted == 1


def test_no_proxy_of_the_environment_is_used(server: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "HTTP_PROXY"):
        monkeypatch.setitem(os.environ, name, "http://127.0.0.1:9/")
    assert server.client().post(server.url(), BODY, {}).status == 204


def test_a_certificate_of_another_name_is_refused_before_anything_is_sent() -> None:
    with receiver("other.example.org") as server:
        assert server.client().post("https://hooks.example.org/", BODY, {}) == WebhookResponse(fault="tls")
        assert server.received == []


def test_a_certificate_of_nobody_is_refused_before_anything_is_sent(server: Receiver) -> None:
    assert server.client(tls=webhook_client.default_tls).post(server.url(), BODY, {}) == WebhookResponse(fault="tls")
    assert server.received == []


def test_the_next_address_is_tried_where_one_accepts_no_connection(server: Receiver) -> None:
    def connect(address: str, timeout_s: float) -> socket.socket:
        if address == "1.1.1.1":
            raise ConnectionRefusedError
        return server.connect(address, timeout_s)

    assert server.client(["1.1.1.1", PUBLIC], connect=connect).post(server.url(), BODY, {}).status == 204
    assert server.client(["1.1.1.1"], connect=connect).post(server.url(), BODY, {}) == WebhookResponse(
        fault="connection"
    )


class Steps:
    """A clock that goes on by a second each time it is read, so that a deadline passes without waiting."""

    def __init__(self) -> None:
        self._seconds = count()

    def __call__(self) -> float:
        return float(next(self._seconds))


def test_a_server_that_sends_byte_after_byte_is_left_at_the_deadline(server: Receiver) -> None:
    def drip(secured: ssl.SSLSocket, _request: Received) -> None:
        secured.sendall(b"HTTP/1.1 200 OK\r\nX: ")
        while not server.closed.is_set():
            secured.sendall(b"x")

    server.behaviour = drip
    assert server.client(clock=Steps()).post(server.url(), BODY, {}) == WebhookResponse(fault="timeout")


def test_a_server_that_says_nothing_is_left_at_the_deadline(server: Receiver) -> None:
    server.behaviour = lambda _secured, _request: _wait(server)
    assert server.client(total_s=0.5).post(server.url(), BODY, {}) == WebhookResponse(fault="timeout")


def _wait(server: Receiver) -> None:
    server.closed.wait()


def test_a_server_that_does_not_speak_tls_is_left() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = int(listening.getsockname()[1])
        silent = WebhookClient(
            resolve=lambda _host: [PUBLIC],
            connect=lambda _address, timeout_s: socket.create_connection(("127.0.0.1", port), timeout_s),
            total_s=0.5,
        )
        assert silent.post("https://hooks.example.org/", BODY, {}) == WebhookResponse(fault="timeout")


def test_a_resolver_that_never_answers_is_not_waited_for(server: Receiver) -> None:
    client = server.client(resolve=lambda _host: [PUBLIC] * server.closed.wait(), resolve_s=0.05)
    assert client.post(server.url(), BODY, {}) == WebhookResponse(fault="no_address")


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n" + b"x" * 4096,
        b"HTTP/1.1 103 Early Hints\r\n\r\n" + status(200),
        b"HTTP/1.0 200 OK\r\n\r\n",
    ],
    ids=["a huge body", "an interim answer", "HTTP 1.0"],
)
def test_of_an_answer_the_head_alone_is_read(server: Receiver, answer: bytes) -> None:
    server.answers = [answer]
    assert server.client().post(server.url(), BODY, {}) == WebhookResponse(status=200)


@pytest.mark.parametrize(
    "answer",
    [
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000,
        b"HTTP/1.1 103 Early Hints\r\n\r\n" * 10_000,
        b"",
    ],
    ids=["no HTTP", "a head without an end", "interim answers without an end", "nothing"],
)
def test_what_is_no_answer_is_a_fault(server: Receiver, answer: bytes) -> None:
    server.answers = [answer]
    fault = server.client().post(server.url(), BODY, {}).fault
    assert fault in {"protocol", "connection"}


@pytest.mark.parametrize(("said", "seconds"), [("120", 120.0), ("soon", 0.0), ("9" * 30, 0.0)])
def test_the_pause_that_a_receiver_asks_for_is_read(server: Receiver, said: str, seconds: float) -> None:
    server.answers = [status(503, f"Retry-After: {said}")]
    assert server.client().post(server.url(), BODY, {}) == WebhookResponse(status=503, retry_after_s=seconds)


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        ("https://Hooks.Example.ORG", UrlParts("hooks.example.org", "/")),
        ("https://hooks.example.org:443/a?b=%20", UrlParts("hooks.example.org", "/a?b=%20")),
        ("https://hooks.example.org?x=@y", UrlParts("hooks.example.org", "/?x=@y")),
        ("HTTPS://xn--bcher-kva.example/~a;b", UrlParts("xn--bcher-kva.example", "/~a;b")),
    ],
)
def test_the_parts_of_an_address(url: str, parts: UrlParts) -> None:
    assert parse_url(url) == parts


def test_an_address_has_a_longest_length() -> None:
    with pytest.raises(ValueError, match="at most 2000"):
        parse_url("https://hooks.example.org/" + "x" * 2000)
