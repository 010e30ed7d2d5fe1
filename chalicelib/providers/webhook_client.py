"""Requests to addresses that users choose: over TLS, to public hosts alone, and bounded in time and size.

A name is resolved once. All of its addresses must be public, and the connection goes to one of exactly these, while the
certificate is checked for the name: a name that answers otherwise a moment later changes nothing. There is no proxy, no
redirect and no connection that is used twice, and of the answer only the head is read.
https://cheatsheetseries.owasp.org/cheatsheets/Server_Side_Request_Forgery_Prevention_Cheat_Sheet.html
"""

import queue
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping, Sequence

from chalicelib import __version__
from chalicelib.domain.webhook import UrlParts, WebhookResponse, parse_url
from chalicelib.providers.public_addresses import is_public
from chalicelib.providers.retry_after import retry_after_s

RESOLVE_S = 5.0
"""The longest that a name may take to be resolved: getaddrinfo itself knows no limit, and who owns the name decides."""

CONNECT_S = 3.0
"""The longest that one address may take to accept a connection."""

TOTAL_S = 15.0
"""The longest that an attempt may take in all. Standard Webhooks recommends 15 to 30 seconds."""

MOST_ADDRESSES = 4
HEAD_BYTES = 16_384

HTTPS = 443

Resolve = Callable[[str], Sequence[str]]
"""Returns the IP addresses of a name; raises OSError."""

Connect = Callable[[str, float], socket.socket]
"""Connects to an IP address on port 443, within so many seconds; raises OSError."""


class Unreachable(Exception):
    """The host must not be reached, or could not be. `fault` is a code, such as `not_public`."""

    def __init__(self, fault: str) -> None:
        super().__init__(fault)
        self.fault = fault


def resolve(host: str) -> list[str]:
    """Return the addresses of a name, the one to prefer first, each once."""
    found = socket.getaddrinfo(host, HTTPS, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))


def connect(address: str, timeout_s: float, port: int = HTTPS) -> socket.socket:
    """Connect to an IP address. It is parsed as one: no name is looked up."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    connected = socket.socket(family, socket.SOCK_STREAM)
    try:
        connected.settimeout(timeout_s)
        connected.connect((address, port))
    except BaseException:
        connected.close()
        raise
    return connected


def default_tls() -> ssl.SSLContext:
    """Return a context that trusts Mozilla's list of authorities wherever this runs, whatever the environment says."""
    import certifi  # noqa: PLC0415 # no other request has to wait for this import

    return ssl.create_default_context(cafile=certifi.where())


class WebhookClient:
    """The client. What it needs of the network can be handed in, and which addresses are allowed."""

    def __init__(
        self,
        *,
        resolve: Resolve = resolve,
        allowed: Callable[[str], bool] = is_public,
        connect: Connect = connect,
        tls: Callable[[], ssl.SSLContext] = default_tls,
        clock: Callable[[], float] = time.monotonic,
        resolve_s: float = RESOLVE_S,
        total_s: float = TOTAL_S,
    ) -> None:
        self._resolve = resolve
        self._allowed = allowed
        self._connect = connect
        self._tls = tls
        self._clock = clock
        self._resolve_s = resolve_s
        self._total_s = total_s
        self._context: ssl.SSLContext | None = None

    def fault_of(self, host: str) -> str:
        """Return why a host must not be reached, as a code; "" if it may be. Nothing is sent to it."""
        try:
            self._addresses(host)
        except Unreachable as reason:
            return reason.fault
        return ""

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> WebhookResponse:
        """Send a body of JSON to a URL and return the answer's status, or the fault that kept one from coming."""
        deadline = self._clock() + self._total_s
        try:
            address = parse_url(url)
            with self._secured(address.host, deadline) as connection:
                return self._exchange(connection, address, body, headers, deadline)
        except Unreachable as reason:
            return WebhookResponse(fault=reason.fault)
        except TimeoutError:
            return WebhookResponse(fault="timeout")
        except ssl.SSLError:
            return WebhookResponse(fault="tls")
        except OSError:
            return WebhookResponse(fault="connection")
        except ValueError:
            return WebhookResponse(fault="bad_url")

    def _addresses(self, host: str) -> list[str]:
        """Return the addresses of a name, all of them public; raise Unreachable."""
        try:
            found = _within(self._resolve_s, lambda: list(self._resolve(host)))
        # A UnicodeError comes of a name that IDNA refuses.
        except (OSError, UnicodeError):
            raise Unreachable("no_address") from None
        if not found:
            raise Unreachable("no_address")
        # All of them: which one a connection gets would otherwise be the choice of who owns the name.
        if not all(map(self._allowed, found)):
            raise Unreachable("not_public")
        return found[:MOST_ADDRESSES]

    def _secured(self, host: str, deadline: float) -> ssl.SSLSocket:
        """Return a connection to the host whose certificate is valid for its name; raise Unreachable or OSError."""
        connected = self._connected(self._addresses(host), deadline)
        try:
            self._context = self._context or self._tls()
            secured = self._context.wrap_socket(connected, server_hostname=host, do_handshake_on_connect=False)
        except BaseException:
            connected.close()
            raise
        try:
            secured.settimeout(self._left(deadline))
            secured.do_handshake()
        except BaseException:
            secured.close()
            raise
        return secured

    def _connected(self, addresses: Sequence[str], deadline: float) -> socket.socket:
        failure: OSError | None = None
        for address in addresses:
            try:
                return self._connect(address, min(CONNECT_S, self._left(deadline)))
            except OSError as error:
                failure = error
        raise failure or Unreachable("no_address")

    def _exchange(
        self, connection: ssl.SSLSocket, address: UrlParts, body: bytes, headers: Mapping[str, str], deadline: float
    ) -> WebhookResponse:
        """Send the request, and read the head of the answer."""
        import h11  # noqa: PLC0415 # for deliveries alone

        http = h11.Connection(h11.CLIENT, max_incomplete_event_size=HEAD_BYTES)
        named = {
            "Host": address.host,
            "User-Agent": f"Fireside/{__version__}",
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
            "Accept-Encoding": "identity",
            "Connection": "close",
            **headers,
        }
        try:
            sent = http.send(h11.Request(method="POST", target=address.target, headers=[*named.items()])) or b""
            sent += http.send(h11.Data(data=body)) or b""
            sent += http.send(h11.EndOfMessage()) or b""
            connection.settimeout(self._left(deadline))
            connection.sendall(sent)
            read = 0
            while True:
                event = http.next_event()
                if isinstance(event, h11.Response):
                    given = {name.decode("latin-1"): value.decode("latin-1") for name, value in event.headers}
                    return WebhookResponse(status=event.status_code, retry_after_s=retry_after_s(given))
                if event is not h11.NEED_DATA:
                    # An interim answer (1xx), or the end before any answer.
                    if not isinstance(event, h11.InformationalResponse):
                        return WebhookResponse(fault="protocol")
                    continue
                connection.settimeout(self._left(deadline))
                data = connection.recv(4096)
                read += len(data)
                if read > 2 * HEAD_BYTES:
                    return WebhookResponse(fault="protocol")
                http.receive_data(data)
        except h11.ProtocolError:
            return WebhookResponse(fault="protocol")

    def _left(self, deadline: float) -> float:
        left = deadline - self._clock()
        if left <= 0:
            raise TimeoutError
        return left


def _within(seconds: float, call: Callable[[], list[str]]) -> list[str]:
    """Return what a call returns, or raise what it raises; after so many seconds raise Unreachable.

    The call then goes on in its thread, which nobody waits for.
    """
    outcome: queue.SimpleQueue[tuple[list[str], Exception | None]] = queue.SimpleQueue()

    def run() -> None:
        try:
            outcome.put((call(), None))
        except Exception as error:  # noqa: BLE001 # raised again below, by the thread that waits for it
            outcome.put(([], error))

    threading.Thread(target=run, daemon=True, name="resolve").start()
    try:
        found, error = outcome.get(timeout=seconds)
    except queue.Empty:
        raise Unreachable("no_address") from None
    if error is not None:
        raise error
    return found
