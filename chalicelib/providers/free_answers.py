"""Answers to what is asked of a narrator's account free of charge: read in time, as JSON where they are."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from chalicelib.audio.refusals import AT_THE_EDGE
from chalicelib.errors import Provider, ProviderFault
from chalicelib.providers.retry_after import retry_after_s
from chalicelib.providers.speech_answers import Clock, codes, read_until

MOST_BYTES = 16 * 1024 * 1024
"""Of one answer. A page of 100 voices has about 300 KB."""

NO_SUCH_PATH = frozenset({404, 405, 501})


class Answer(NamedTuple):
    """An answer: its status, its headers, and its body as JSON; None for a body that is no JSON."""

    status: int
    headers: Mapping[str, str]
    body: object

    @property
    def is_fault(self) -> bool:
        """Whether it says nothing of voices: the key is refused, or the server has trouble."""
        return self.status in {401, 402, 403, 408, 429} or (self.status >= 500 and self.status not in NO_SUCH_PATH)

    def fault(self, provider: Provider) -> ProviderFault:
        """Return the error to raise, without anything of the body but its codes."""
        code, broader = codes(self.body) if isinstance(self.body, dict) else ("", "")
        if self.status == 403 and not isinstance(self.body, dict):
            code = AT_THE_EDGE
        pause = retry_after_s(self.headers)
        return ProviderFault(provider, "status", status=self.status, code=code, broader=broader, retry_after_s=pause)


def read_json(until: float, chunks: Iterable[bytes], clock: Clock) -> object:
    """Return the whole body as JSON, or None if it is none.

    Raise TimeoutError if it is still coming when the clock shows `until`, ValueError if it is too long.
    """
    body = read_until(until, _no_more_than(MOST_BYTES, chunks), clock)
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _no_more_than(most: int, chunks: Iterable[bytes]) -> Iterator[bytes]:
    read = 0
    for chunk in chunks:
        read += len(chunk)
        if read > most:
            raise ValueError("an answer without end")
        yield chunk
