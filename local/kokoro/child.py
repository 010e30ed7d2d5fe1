"""The process of the speech server: `.venv-kokoro/bin/python -m local.kokoro.child [--port 8880] [--at-once 2]`.

It prints its address, the value for SPEECH_BASE_URL, once the model is loaded. It ends when its standard input does,
so that no crash of its parent leaves it running; started by hand, it ends with Ctrl-C. KOKORO_KEY is the key that
requests need, if it is set.
"""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from local.kokoro.model import Kokoro, load
from local.kokoro.server import KokoroServer

VOICES = Path(__file__).resolve().parent.parent.parent / ".venv-kokoro" / "voices"


def main(arguments: Sequence[str], loaded: Callable[[Path], Kokoro] = load) -> int:
    """Serve until standard input ends, and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m local.kokoro.child", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="the port on 127.0.0.1; 0 is a free one (0)")
    parser.add_argument("--at-once", type=int, default=1, help="how many lines are spoken at the same time (1)")
    options = parser.parse_args(arguments)
    kokoro = loaded(VOICES)
    server = KokoroServer(
        kokoro.speak, kokoro.voices, at_once=options.at_once, key=os.environ.get("KOKORO_KEY"), port=options.port
    )
    with server, suppress(KeyboardInterrupt):
        print(server.base_url, flush=True)
        while sys.stdin.buffer.read(1):
            pass
    return 0


if __name__ == "__main__":
    # Not through the interpreter's own end, which would wait for a line that is being spoken.
    os._exit(main(sys.argv[1:]))
