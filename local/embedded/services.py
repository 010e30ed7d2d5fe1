"""ministack's four services, called directly: no router, no other service, none of ministack's own routes.

This does what ministack's `app` does around a service, as far as these four need it (ministack/app.py,
`_dispatch_service_request`). Its start-up is left out on purpose: it runs init scripts, looks for containers of other
programs and starts schedulers.
"""

import asyncio
import importlib
import json
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import SimpleNamespace
from typing import Any

from local.embedded.calls import TABLE_WRITES, ServiceCall
from local.embedded.gate import Answer
from local.embedded.narrowing import Narrowing

ACCOUNT = "000000000000"
"""The account that owns the resources: the one that ministack uses for a key that names none."""


class Ministack:
    """The four services; `modules` holds their modules, which hold their state."""

    def __init__(self) -> None:
        self.modules: dict[str, Any] = {
            name: importlib.import_module(f"ministack.services.{name}") for name in ("dynamodb", "sqs", "s3", "ssm")
        }
        self.narrowing = Narrowing(self.modules["dynamodb"]._item_size_bytes)
        self._requests: Any = importlib.import_module("ministack.core.responses")

    async def __call__(self, call: ServiceCall) -> Answer:
        """Answer a call that the gate has let through."""
        self._requests.set_request_account_id(ACCOUNT)
        self._requests.set_request_region(call.region)
        module = self.modules[call.service]
        if call.operation in TABLE_WRITES:
            self.narrowing.forget()
        with self._narrowed(call) as request_body:
            status, headers, body = await module.handle_request(
                call.method, call.path, dict(call.headers), request_body, dict(call.query)
            )
        if call.service == "s3" and call.method == "HEAD":
            status, headers, body = module.format_head_response(call.path, dict(call.headers), (status, headers, body))
        headers["x-amzn-requestid"] = headers.setdefault("x-amz-request-id", str(uuid.uuid4()))
        return status, headers, body if isinstance(body, bytes) else str(body).encode()

    @contextmanager
    def _narrowed(self, call: ServiceCall) -> Iterator[bytes]:
        """Give the body to call with; for a Query, the table is narrowed inside the block.

        That is safe because ministack's DynamoDB answers without giving the event loop a turn.
        """
        members = call.members() if call.operation == "Query" else {}
        name = str(members.get("TableName", "")).rpartition("/")[2]
        table = self.modules["dynamodb"]._tables.get_scoped(ACCOUNT, call.region, name) if members else None
        if table is None:
            yield call.body
            return
        with self.narrowing.of(table, members) as asked:
            yield call.body if asked is members else json.dumps(asked).encode()

    def wake_receivers_at_once(self, loop: asyncio.AbstractEventLoop) -> None:
        """Make a waiting ReceiveMessage answer within a millisecond or two of the SendMessage.

        ministack looks every 100 ms, which costs 50 ms per step. It looks up both of the replaced names at each use.
        """
        sqs = self.modules["sqs"]
        arrivals = Arrivals(loop, sqs.esm_wake)
        sqs.esm_wake = arrivals
        sqs.asyncio = SimpleNamespace(sleep=arrivals.sleep, iscoroutine=asyncio.iscoroutine)


class Arrivals:
    """A signal that wakes waiting ReceiveMessage calls as soon as a message has been sent.

    It replaces two names in ministack's sqs module: `esm_wake`, which is set when a message becomes visible, and
    `asyncio`, of which the module uses `sleep`, between two looks at a queue, and `iscoroutine`.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, passed_on: threading.Event) -> None:
        self._loop = loop
        self._passed_on = passed_on
        self._event = asyncio.Event()

    def set(self) -> None:
        """Signal that a message may have become visible. Any thread may call this."""
        self._passed_on.set()
        self._loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        # Wakes all that wait now; those who begin to wait from here on wait for the next message.
        self._event.set()
        self._event = asyncio.Event()

    async def sleep(self, seconds: float) -> None:
        """Wait until a message has been sent, at most `seconds`."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._event.wait()
