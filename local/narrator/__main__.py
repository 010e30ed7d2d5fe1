"""`python -m local.narrator --port 8002`: the stand-in narrator by itself."""

import argparse
import signal
import threading

from local.narrator import NarratorServer
from local.system import STATE
from local.tools import put_on_path

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m local.narrator", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    options = parser.parse_args()
    put_on_path(STATE / "bin")
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    with NarratorServer(options.host, options.port) as server:
        print(f"ELEVENLABS_BASE_URL={server.url}", flush=True)
        stopping.wait()
