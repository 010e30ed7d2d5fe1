"""`python -m local.author --port 8001`: the stand-in author by itself."""

import argparse
import signal
import threading

from local.author import AuthorServer

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m local.author", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    options = parser.parse_args()
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    with AuthorServer(options.host, options.port) as server:
        print(f"OPENAI_BASE_URL={server.base_url}", flush=True)
        stopping.wait()
