"""The embedded AWS's own process: `local.aws` runs this file with the interpreter that has ministack.

ministack's own entry point is not used, for five reasons, each met here:

- it saves its state only when it is stopped in order; a kill or a power cut would lose everything since the start.
  Here the state is also written `SNAPSHOT_S` after a change, and whenever the parent process has gone, however it went;
- its waiting ReceiveMessage looks every 100 ms; here SendMessage wakes it, which saves 50 ms a step;
- it goes on waiting for a caller that has died, gives it the next message, and hides that from all others;
- it binds its port itself, so that two could race for one; here the parent binds and hands the socket over;
- stopping waits for connections that stay open by design.

Usage: ministack_child.py SOCKET_FD; standard input is a pipe that the parent holds open as long as it lives. A further
descriptor may be passed that holds the lock on the state: it goes with the process.
"""

import asyncio
import importlib
import os
import signal
import sys
import threading
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:  # started with -I, as a file: nothing of the caller's is importable but this package
    sys.path.insert(0, str(ROOT))

from local.embedded.gate import Gate  # noqa: E402
from local.embedded.keys import read_keys  # noqa: E402
from local.embedded.services import Ministack  # noqa: E402

SNAPSHOT_S = 2.0
"""Seconds from a change until it is on disk: what a power cut may cost. A snapshot takes some 5 ms per 100 items."""

READS = ("Get", "BatchGet", "Query", "Scan", "Describe", "List", "Receive")
"""Operations whose names begin so leave nothing worth a snapshot."""

Scope = MutableMapping[str, Any]
AsgiApp = Callable[[Scope, Any, Any], Awaitable[None]]


class Snapshots:
    """An ASGI application around `app` that calls `save` in the background after requests that change something."""

    def __init__(self, app: AsgiApp, save: Callable[[], None], after_s: float = SNAPSHOT_S) -> None:
        self._app = app
        self._save = save
        self._after_s = after_s
        self._changed = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        """Pass the request on, then note whether it changed anything."""
        await self._app(scope, receive, send)
        if scope["type"] == "http" and _changes_something(scope):
            self._changed.set()

    async def keep(self) -> None:
        """Save `after_s` seconds after the first change since the last save, for ever."""
        while True:
            await self._changed.wait()
            await asyncio.sleep(self._after_s)
            self._changed.clear()
            self._save()


def _changes_something(scope: Scope) -> bool:
    if scope["method"] in ("GET", "HEAD", "OPTIONS"):
        return False
    target = _target(scope)
    return not (target and target.rpartition(".")[2].startswith(READS))


def _target(scope: Scope) -> str:
    """The service and operation that a request names, such as AmazonSQS.SendMessage; empty where it names none."""
    for name, value in scope["headers"]:
        if name.lower() == b"x-amz-target":
            return str(value, "latin-1")
    return ""


def tell_when_the_parent_is_gone(callback: Callable[[], object]) -> None:
    """Call `callback` from a thread once standard input ends: the parent has exited, crashed or been killed."""

    def wait() -> None:
        while os.read(0, 1):
            pass
        callback()

    threading.Thread(target=wait, name="parent", daemon=True).start()


async def serve(socket_fd: int) -> None:
    """Serve AWS on the listening socket `socket_fd` until SIGTERM or the parent's end; then save and leave."""
    state_dir = Path(os.environ["STATE_DIR"])
    keys = read_keys(state_dir)
    if keys is None:
        raise SystemExit(f"{state_dir} has no keys.")
    persistence: Any = importlib.import_module("ministack.core.persistence")
    hypercorn: Any = importlib.import_module("hypercorn.asyncio")
    config: Any = importlib.import_module("hypercorn.config").Config()
    config.bind = [f"fd://{socket_fd}"]
    config.keep_alive_timeout = 3600
    config.loglevel = "WARNING"
    ministack = Ministack()
    for name, module in ministack.modules.items():
        module.load_persisted_state(persistence.load_state(name))

    def save() -> None:
        persistence.save_all({name: module.get_state for name, module in ministack.modules.items()})

    def leave() -> None:
        # All on the event loop's thread: no request is answered between the last save and the end.
        save()
        sys.stderr.flush()
        os._exit(0)

    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, leave)
    tell_when_the_parent_is_gone(lambda: loop.call_soon_threadsafe(leave))
    ministack.wake_receivers_at_once(loop)
    snapshots = Snapshots(Gate(ministack, keys, int(os.environ["GATEWAY_PORT"])), save)
    keeping = loop.create_task(snapshots.keep())
    never = asyncio.Event()
    try:
        await hypercorn.serve(snapshots, config, shutdown_trigger=never.wait)
    finally:
        keeping.cancel()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
