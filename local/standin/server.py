"""The HTTP side of a stand-in: routes to one paid call, and lets a test or a benchmark make it slow or sick."""

import json
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, Self

from local.http_messages import HttpResponse
from local.http_server import HttpServer, listening_socket
from local.proxy_event import HttpRequest
from local.standin.ledger import Ledger

Fault = Callable[[int, Mapping[str, Any]], HttpResponse | None]
"""Given a call's number (from 1) and its body, the answer to give instead, or None. Raise `ConnectionAbortedError`
to hang up."""


def no_fault(_number: int, _body: Mapping[str, Any]) -> HttpResponse | None:
    """Every call is answered."""
    return None


class RequestRefused(Exception):
    """A call the provider does not sell; `answer` says why, in the provider's own words."""

    def __init__(self, answer: HttpResponse) -> None:
        super().__init__(answer.status)
        self.answer = answer


class StandIn(ABC):
    """A provider's API on a port of this machine, from `start()` to `stop()`.

    `fault` may spoil calls before they are sold; `late_fault` spoils them afterwards: sold, and the reply lost.
    """

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        fault: Fault = no_fault,
        late_fault: Fault = no_fault,
        at_once: int | None = None,
    ) -> None:
        self.ledger = Ledger()
        self.fault = fault
        self.late_fault = late_fault
        self.at_once = at_once
        self._pause = threading.Event()
        self._server = HttpServer(listening_socket(host, port))
        self._server.answer = self._answer

    @property
    def url(self) -> str:
        """The base URL, without a slash at the end."""
        return f"http://{self._server.host}:{self._server.port}"

    def start(self) -> None:
        """Begin to answer, in threads of its own."""
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
        """An error in the provider's own shape."""

    @abstractmethod
    def sell(self, request: HttpRequest, body: Mapping[str, Any]) -> tuple[HttpResponse, Mapping[str, Any], float]:
        """The answer to a paid call, its ledger entry, and the seconds it takes; raises Refused."""

    @abstractmethod
    def free(self, request: HttpRequest) -> HttpResponse | None:
        """The answer to what is not a paid call, or None if it is one."""

    @property
    @abstractmethod
    def too_many(self) -> HttpResponse:
        """The refusal of a call beyond `at_once`."""

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
        """Take so many seconds over a call, unless the server is being stopped."""
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
    """An answer with a JSON body."""
    sent = {"Content-Type": ["application/json"], **{name: [value] for name, value in (headers or {}).items()}}
    return HttpResponse(status, sent, json.dumps(body).encode())
