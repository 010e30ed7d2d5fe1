"""The HTTP side of a stand-in: routing to one paid call, with latency and faults for tests and benchmarks."""

import json
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from local.http_messages import HttpRequest, HttpResponse
from local.http_server import HttpServer, listening_socket
from local.standin.ledger import Ledger

Fault = Callable[[int, Mapping[str, Any]], HttpResponse | None]
"""Returns, given a call's number (from 1) and its body, the response to send instead, or None. It may raise
`ConnectionAbortedError` to hang up."""


def no_fault(_number: int, _body: Mapping[str, Any]) -> HttpResponse | None:
    """Return None: no call is spoiled."""
    return None


@dataclass(frozen=True, kw_only=True)
class InjectedFaults:
    """What goes wrong on purpose: a call spoiled before it is billed, or billed with its response lost."""

    before_billing: Fault = no_fault
    after_billing: Fault = no_fault


NO_FAULTS = InjectedFaults()


class RequestRefused(Exception):
    """A call that the provider refuses; `answer` is its error response."""

    def __init__(self, answer: HttpResponse) -> None:
        super().__init__(answer.status)
        self.answer = answer


class StandIn(ABC):
    """A provider's API on a port of this machine, served from `start()` to `stop()`.

    Its `fault` may replace the response before a call is billed; its `late_fault` does so afterwards, so that the call
    is billed but its response is lost. Both can be exchanged while it runs.
    """

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        at_once: int | None = None,
        faults: InjectedFaults = NO_FAULTS,
    ) -> None:
        self.ledger = Ledger()
        self.fault = faults.before_billing
        self.late_fault = faults.after_billing
        self.at_once = at_once
        self._pause = threading.Event()
        self._server = HttpServer(listening_socket(host, port))
        self._server.answer = self._answer

    @property
    def url(self) -> str:
        """The base URL, without a slash at the end."""
        return f"http://{self._server.host}:{self._server.port}"

    def start(self) -> None:
        """Begin to serve, in background threads."""
        self._server.start()

    def stop(self) -> None:
        """Close every connection."""
        self._pause.set()
        self._server.stop(1.0)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self.stop()

    @abstractmethod
    def error(self, status: int, code: str, message: str) -> HttpResponse:
        """Return an error in the provider's own form."""

    @abstractmethod
    def sell(self, request: HttpRequest, body: Mapping[str, Any]) -> tuple[HttpResponse, Mapping[str, Any], float]:
        """Return the response to a paid call, its ledger entry, and the seconds it takes. Raises RequestRefused."""

    @abstractmethod
    def free(self, request: HttpRequest) -> HttpResponse | None:
        """Return the response to a request that is not a paid call, or None if it is one. Raises RequestRefused."""

    @property
    @abstractmethod
    def too_many(self) -> HttpResponse:
        """The error for a call beyond `at_once` concurrent ones."""

    def _answer(self, request: HttpRequest) -> HttpResponse:
        if request.method == "GET" and request.path == "/_ledger":
            return json_answer(200, self.ledger.report())
        try:
            if (answer := self.free(request)) is not None:
                return answer
            body = self._body(request)
            with self.ledger.running(self.at_once) as allowed:
                return self._sold(request, body) if allowed else self.too_many
        except RequestRefused as refused:
            return refused.answer

    def _sold(self, request: HttpRequest, body: Mapping[str, Any]) -> HttpResponse:
        number = self.ledger.arrive()
        if (spoiled := self.fault(number, body)) is not None:
            return spoiled
        began = time.monotonic()
        answer, entry, seconds = self.sell(request, body)
        self.wait(seconds - (time.monotonic() - began))
        self.ledger.sold({"number": number, **entry})
        lost = self.late_fault(number, body)
        return answer if lost is None else lost

    def wait(self, seconds: float) -> None:
        """Wait `seconds`, or until the server is being stopped."""
        if seconds > 0:
            self._pause.wait(seconds)

    def _body(self, request: HttpRequest) -> Mapping[str, Any]:
        try:
            body = json.loads(request.body)
        except (ValueError, RecursionError):
            body = None
        if not isinstance(body, dict):
            raise RequestRefused(self.error(400, "invalid_request", "The body is not a JSON object."))
        return body


def json_answer(status: int, body: object, headers: Mapping[str, str] | None = None) -> HttpResponse:
    """Return a response with a JSON body."""
    sent = {"Content-Type": ["application/json"], **{name: [value] for name, value in (headers or {}).items()}}
    return HttpResponse(status, sent, json.dumps(body).encode())
