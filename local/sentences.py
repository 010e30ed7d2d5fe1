"""What a child process has to say to a person: one sentence a line on its standard output."""

import io
import threading
from collections.abc import Callable
from typing import IO


class Sentences:
    """What the child tells a person, line by line, from the start to its end."""

    def __init__(self, output: IO[bytes] | None) -> None:
        self._lines = output or io.BytesIO()
        self._said: list[str] = []
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
                        self._said.append(sentence)

    def all(self) -> list[str]:
        """Everything that was said by a child that has ended."""
        self._thread.join()
        return self._said

    def pass_on(self, say: Callable[[str], None]) -> None:
        """Tell `say` what has been said so far, and whatever is said from now on."""
        with self._lock:
            for sentence in self._said:
                say(sentence)
            self._say = say
