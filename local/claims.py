"""What one process has for itself alone: a state directory and a port."""

import fcntl
import os
import socket
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_BACKLOG = 1024


@contextmanager
def sole_use(state_dir: Path, wait_s: float) -> Iterator[int]:
    """A lock on `state_dir` as a file descriptor. A child that inherits it holds it as long as it lives."""
    deadline = time.monotonic() + wait_s
    with (state_dir / ".lock").open("a") as lock:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise ChildProcessError(f"Another embedded AWS uses {state_dir}; stop that one first.") from None
                time.sleep(0.02)
        yield lock.fileno()


def listen(port: int, *, only: bool) -> socket.socket:
    """A listening loopback socket on `port`; if that is taken, on any other, unless `only` that will do."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        try:
            listener.bind(("127.0.0.1", port))
        except OSError:
            if only:
                raise
            listener.bind(("127.0.0.1", 0))
        # Inherited by the connections it accepts: answers are small, and waiting for more of them costs 40 ms each.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        listener.listen(_BACKLOG)
    except BaseException:
        listener.close()
        raise
    return listener


def own(state_dir: Path) -> None:
    """Make the state directory, and keep everybody else out of it: it holds stories and keys."""
    state_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    found = state_dir.stat()
    if found.st_uid == os.geteuid() and found.st_mode & 0o077 and not found.st_mode & stat.S_ISVTX:
        state_dir.chmod(0o700)
