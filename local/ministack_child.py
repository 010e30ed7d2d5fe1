"""The embedded AWS's own process: `local.aws` runs this file with the interpreter that has ministack.

ministack's own entry point and router are not used; the modules of `local/embedded` say why. The layers, from the
outside in: the gate, which decides which requests are let through; `Durable`, which puts changes on the disk before
they are answered; and ministack's modules for four services.

Usage: ministack_child.py SOCKET_FD PORT STATE_DIR. The parent binds the listening socket and passes it on, so that two
processes cannot race for a port. Standard input is a pipe that the parent holds open as long as it lives; standard
output is a pipe that it reads, each line a sentence for the user. A further inherited descriptor may hold the lock on
the state; the lock ends with this process. Exit status 3: the state is refused, and the last line says why.
"""

import asyncio
import importlib
import os
import signal
import sqlite3
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:  # started with -I, as a file: of the caller's code only this package is importable
    sys.path.insert(0, str(ROOT))

from local.embedded.changes import Recorder  # noqa: E402
from local.embedded.database import NAME, Damaged, Database, keep_copy  # noqa: E402
from local.embedded.durable import DiskSpace, Durable  # noqa: E402
from local.embedded.gate import Gate  # noqa: E402
from local.embedded.journal import Journal  # noqa: E402
from local.embedded.keys import read_keys  # noqa: E402
from local.embedded.objects import tidy  # noqa: E402
from local.embedded.restoring import open_state  # noqa: E402
from local.embedded.services import Ministack  # noqa: E402

REFUSED = 3


def say(sentence: str) -> None:
    """Write a sentence for the user to standard output, which the parent may have closed."""
    try:
        os.write(1, f"{sentence}\n".encode())
    except BrokenPipeError:
        return


def tell_when_the_parent_is_gone(callback: Callable[[], object]) -> None:
    """Call `callback` from a thread once standard input ends, since the parent has exited, crashed or been killed."""

    def wait() -> None:
        while os.read(0, 1):
            pass
        callback()

    threading.Thread(target=wait, name="parent", daemon=True).start()


def opened(state_dir: Path) -> tuple[Ministack, Recorder]:
    """Return ministack with the state of `state_dir` loaded, and the recorder of its changes. Raises Damaged."""
    if not (state_dir / NAME).exists() or (state_dir / f"{NAME}-wal").exists():  # no orderly end last time
        tidy(state_dir)
    ministack = Ministack()  # reads the objects' files, so after they have been tidied
    persistence: Any = importlib.import_module("ministack.core.persistence")
    recorder = Recorder(ministack.modules, persistence._json_default, ministack.narrowing.note)
    open_state(state_dir, ministack.modules, recorder, persistence._json_object_hook)
    return ministack, recorder


def keep_good_copy(state_dir: Path) -> None:
    """Keep a copy of the state, which has just been read completely and so is known to be good."""
    try:
        keep_copy(state_dir)
    except (OSError, sqlite3.Error) as error:
        say(f"No copy of the state could be stored beside it: {error}.")


async def serve(socket_fd: int, port: int, state_dir: Path) -> None:
    """Serve AWS on the listening socket `socket_fd` until SIGTERM or the parent's end, then exit. Raises Damaged."""
    space = DiskSpace(state_dir, say)
    keys = read_keys(state_dir)
    if keys is None:
        raise Damaged(f"{state_dir} has no keys.")
    if full := space.shortfall():
        raise Damaged(f"{full} Make room and start again.")
    ministack, recorder = opened(state_dir)
    database = Database(state_dir)
    journal = Journal(database, say)
    threading.Thread(target=keep_good_copy, args=(state_dir,), name="copy", daemon=True).start()
    hypercorn: Any = importlib.import_module("hypercorn.asyncio")
    config: Any = importlib.import_module("hypercorn.config").Config()
    config.bind = [f"fd://{socket_fd}"]
    config.keep_alive_timeout = 3600
    config.loglevel = "WARNING"

    def leave() -> None:
        # Runs on the loop's thread, so no request is answered between the last write and the end. hypercorn's own
        # shutdown would wait for connections that stay open by design.
        journal.close()
        if journal.failure is None:
            database.close()
        sys.stderr.flush()
        os._exit(0)

    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, leave)
    tell_when_the_parent_is_gone(lambda: loop.call_soon_threadsafe(leave))
    ministack.wake_receivers_at_once(loop)
    gate = Gate(Durable(ministack, recorder, journal, space), keys, port)
    await hypercorn.serve(gate, config, shutdown_trigger=asyncio.Event().wait)


def main(socket_fd: str, port: str, state_dir: str) -> int:
    """Run until told to stop, and return the exit status."""
    try:
        asyncio.run(serve(int(socket_fd), int(port), Path(state_dir)))
    except (Damaged, ValueError) as refused:
        say(str(refused))
        return REFUSED
    except OSError as error:
        say(f"The state in {state_dir} cannot be opened: {error.strerror or error}.")
        return REFUSED
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
