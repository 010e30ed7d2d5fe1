"""What one process needs for itself: a state directory and a port."""

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
    """Hold an exclusive lock on `state_dir` and give its file descriptor; a child that inherits it keeps the lock.

    Waits up to `wait_s` seconds for another holder, then raises ChildProcessError.
    """
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
    """Return a loopback socket that listens on `port`; if that is taken, on a free one, or raise OSError if `only`."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        try:
            listener.bind(("127.0.0.1", port))
        except OSError:
            if only:
                raise
            listener.bind(("127.0.0.1", 0))
        # Accepted connections inherit this: answers are small, and Nagle's algorithm would delay each by 40 ms.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        listener.listen(_BACKLOG)
    except BaseException:
        listener.close()
        raise
    return listener


def own(state_dir: Path) -> None:
    """Create the state directory and take away everybody else's access: it holds stories and keys.

    A directory of another user, or one with the sticky bit such as /tmp, keeps its mode.
    """
    state_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    found = state_dir.stat()
    if found.st_uid == os.geteuid() and found.st_mode & 0o077 and not found.st_mode & stat.S_ISVTX:
        state_dir.chmod(0o700)
