"""Messages from a child process to the user: one sentence per line on its standard output."""

import io
import threading
from collections.abc import Callable
from typing import IO


class Sentences:
    """The lines of a child's output: held back until `pass_on` is called, then passed on."""

    def __init__(self, output: IO[bytes] | None) -> None:
        self._lines = output or io.BytesIO()
        self._kept: list[str] = []
        self._say: Callable[[str], None] | None = None
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._read, name="embedded-aws", daemon=True)
        self._thread.start()

    def _read(self) -> None:
        with self._lines:
            for line in self._lines:
                sentence = line.decode(errors="replace").strip()
                with self._lock:
                    if self._say:
                        self._say(sentence)
                    else:
                        self._kept.append(sentence)

    def all(self) -> list[str]:
        """Return the lines held back, once the child has closed its output; block until then."""
        self._thread.join()
        return self._kept

    def pass_on(self, say: Callable[[str], None]) -> None:
        """Call `say` with each line so far, and with every later one from a background thread."""
        with self._lock:
            for sentence in self._kept:
                say(sentence)
            self._say = say
