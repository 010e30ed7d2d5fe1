"""One JSON line per event. Fields are ids, counts and codes, never a user's text, a token or a key.

Exceptions are logged by type and place. Their messages are left out, since a library may have put user text into them.
"""

import json
import logging
import traceback
from collections.abc import Callable, Mapping

logger = logging.getLogger("fireside")

Field = str | int | float | bool | None

_listeners: list[Callable[[str, Mapping[str, Field]], None]] = []


def listen(listener: Callable[[str, Mapping[str, Field]], None]) -> None:
    """Call `listener` with the name and the fields of every event before it is logged."""
    _listeners.append(listener)


def event(name: str, *, level: int = logging.INFO, **fields: Field) -> None:
    """Log `name` with its fields as one JSON line."""
    for listener in _listeners:
        listener(name, fields)
    if logger.isEnabledFor(level):
        logger.log(level, "%s", json.dumps({"event": name, **fields}))


def bug(name: str, error: BaseException, **fields: Field) -> None:
    """Log an unexpected error: its type and the stack that raised it, without any values.

    Of an error that was raised from another, that one's type is the `cause`, and its stack comes first.
    """
    stack = _stack(error)
    if (origin := error.__cause__) is not None:
        stack = f"{_stack(origin)} < {stack}"
        fields["cause"] = type(origin).__name__
    event(name, level=logging.ERROR, error=type(error).__name__, stack=stack, **fields)


def _stack(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    return " < ".join(f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno} {frame.name}" for frame in frames[::-1])
