"""The command line of a stand-in that runs by itself."""

import argparse
import signal
import threading
from collections.abc import Callable
from typing import TypeVar

from local.standin.server import StandIn

ServerT = TypeVar("ServerT", bound=StandIn)


def serve(
    prog: str, description: str | None, server_at: Callable[[str, int], ServerT], setting: Callable[[ServerT], str]
) -> None:
    """Serve on `--host` and `--port` until a signal comes; print the environment variable that points to the server."""
    parser = argparse.ArgumentParser(prog=prog, description=description)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    options = parser.parse_args()
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    with server_at(options.host, options.port) as server:
        print(setting(server), flush=True)
        stopping.wait()
