"""Where the AWS of a state directory runs, and ran last, as recorded in the directory."""

import json
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit


def record(state_dir: Path, endpoint: str, pid: int) -> None:
    """Record the endpoint of the AWS that has started, and the process that serves it."""
    _port_file(state_dir).write_text(str(urlsplit(endpoint).port))
    _endpoint_file(state_dir).write_text(json.dumps({"endpoint": endpoint, "pid": pid}))


def recorded(state_dir: Path) -> tuple[str | None, int | None]:
    """Return the endpoint and process id that were last recorded, or (None, None)."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        kept = json.loads(_endpoint_file(state_dir).read_text())
        return str(kept["endpoint"]), int(kept["pid"])
    return None, None


def forget(state_dir: Path, pid: int) -> None:
    """Remove the record of a process that has ended, unless a successor has written its own already."""
    if recorded(state_dir)[1] == pid:
        _endpoint_file(state_dir).unlink(missing_ok=True)


def last_port(state_dir: Path) -> int:
    """Return the port of the previous start, or 0."""
    with suppress(OSError, ValueError):
        return int(_port_file(state_dir).read_text())
    return 0


def _endpoint_file(state_dir: Path) -> Path:
    return state_dir / "endpoint.json"


def _port_file(state_dir: Path) -> Path:
    return state_dir / ".port"
