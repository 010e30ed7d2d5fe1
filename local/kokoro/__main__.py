"""`python -m local.kokoro run | serve`: what `python -m local` does, with Kokoro's voices, which are installed first.

It is what `make run VOICES=real` calls.
"""

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from chalicelib.errors import FiresideError
from local.arguments import order_of, parsed
from local.kokoro.configuration import CONFIGS, configuration
from local.kokoro.install import install
from local.kokoro.speech_server import lines_at_once

Execute = Callable[[str, list[str]], object]


def main(arguments: Sequence[str], execute: Execute = os.execv) -> int:
    """Install Kokoro where it is missing, and become `python -m local`; return the exit status where it cannot."""
    options = parsed(arguments)
    try:
        if options.command == "run":
            order_of(options)  # a mistake is told before anything is downloaded
        install(lambda sentence: print(sentence, flush=True))
        base = Path(os.environ.get("FIRESIDE_CONFIGS") or CONFIGS)
        os.environ |= {"FIRESIDE_VOICES": "real", "FIRESIDE_CONFIGS": str(configuration(base, lines_at_once()))}
    except FiresideError as error:
        return _failed(str(error), 2)
    except OSError as error:
        return _failed(f"{error.filename}: {error.strerror}.", 2)
    except KeyboardInterrupt:
        return 130
    # A process of its own: the configuration is read when the program is imported.
    execute(sys.executable, [sys.executable, "-m", "local", *arguments])
    return 0


def _failed(sentence: str, status: int) -> int:
    print(f"fireside: {sentence}", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
