"""Repair of S3's object files after the process was killed: half-written ones are corrected or set aside.

ministack writes first an object's bytes and then its metadata, each atomically. An upload that was cut off between the
two was never answered, but its bytes are there. A new object then lacks its metadata, including what was paid for it;
an old one has the length of its previous bytes. ministack would serve both.
"""

import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path

from local.embedded.changes import SIDECAR

ASIDE = "unfinished"


def tidy(state_dir: Path) -> None:
    """Repair what a kill has left in `state_dir`/s3. Only temporary files, which are incomplete, are deleted."""
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
    """Update length and hash in the sidecar to those of the bytes; the rest of it is still valid."""
    data = path.read_bytes()
    metadata = json.loads(sidecar.read_text())
    metadata |= {
        "size": len(data),
        "etag": f'"{hashlib.md5(data, usedforsecurity=False).hexdigest()}"',
        "checksums": {},
    }
    made = sidecar.with_name(sidecar.name + ".tmp")
    made.write_text(json.dumps(metadata))
    made.replace(sidecar)
