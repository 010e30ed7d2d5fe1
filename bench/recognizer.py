"""Runs in .venv-bench: `python -m bench.recognizer a.raw b.raw` prints what PocketSphinx hears, as a JSON list.

Each file is a line of speech: mono, 16 kHz, signed 16 bit, little-endian. The acoustic model (US English, adults), the
dictionary and the trigrams are those in PocketSphinx's wheel, and nothing is adapted to a speaker.
"""

import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

RECOGNIZER_HZ = 16_000


def heard(files: Iterable[str]) -> Iterator[str]:
    """Yield the words heard in each file, in lower case."""
    from pocketsphinx import Decoder  # type: ignore[import-not-found] # noqa: PLC0415 # in .venv-bench alone

    decoder = Decoder(samprate=RECOGNIZER_HZ, loglevel="FATAL")
    for file in files:
        decoder.start_utt()
        decoder.process_raw(Path(file).read_bytes(), full_utt=True)
        decoder.end_utt()
        found = decoder.hyp()
        yield found.hypstr if found else ""


if __name__ == "__main__":
    print(json.dumps(list(heard(sys.argv[1:]))))
