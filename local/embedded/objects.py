"""The files of S3's objects after the process was killed: what was half written is put right or set aside.

ministack puts an object's bytes in place first and what it knows of them second, each in one step. An upload that was
cut off between the two was never answered, but its bytes are there: of a new object without its metadata, among them
what was paid for it; of an old one with the length of the bytes before. ministack would serve both.
"""

import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path

from local.embedded.changes import SIDECAR

ASIDE = "unfinished"


def tidy(state_dir: Path) -> None:
    """Put right what a kill has left in `state_dir`/s3; nothing is deleted but parts of files."""
    root = state_dir / "s3"
    for path in _files(root):
        if path.name.endswith(".tmp"):
            path.unlink()
        elif not path.name.endswith(SIDECAR):
            sidecar = path.with_name(path.name + SIDECAR)
            if not sidecar.exists():
                _set_aside(path, state_dir / ASIDE / path.relative_to(root))
            elif path.stat().st_mtime_ns > sidecar.stat().st_mtime_ns:
                _describe_anew(path, sidecar)


def _files(root: Path) -> Iterator[Path]:
    for folder, _, names in os.walk(root):
        yield from (Path(folder, name) for name in names)


def _set_aside(path: Path, to: Path) -> None:
    to.parent.mkdir(parents=True, exist_ok=True)
    path.replace(to)


def _describe_anew(path: Path, sidecar: Path) -> None:
    """Make the length and the hash in the sidecar those of the bytes; all else in it is still true of the object."""
    data = path.read_bytes()
    facts = json.loads(sidecar.read_text())
    facts |= {"size": len(data), "etag": f'"{hashlib.md5(data, usedforsecurity=False).hexdigest()}"', "checksums": {}}
    made = sidecar.with_name(sidecar.name + ".tmp")
    made.write_text(json.dumps(facts))
    made.replace(sidecar)
