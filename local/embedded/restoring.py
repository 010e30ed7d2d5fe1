"""Loading of the state's entries into ministack's memory, and conversion of earlier versions' files to entries."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from local.embedded import database
from local.embedded.changes import ITEM, MESSAGE, QUEUE, SERVICE, Recorder
from local.embedded.database import Damaged
from local.embedded.journal import sync

CANONICAL = "http://localhost:4566"
"""The address that ministack believes it has (its default, which the child keeps), whatever the port. Queues are
stored by URL, so with the real port in it a queue would seem empty on another port. Responses name the Host of the
request."""

OLD = ("dynamodb", "sqs", "s3", "ssm")
OLD_FORMAT = 2
"""The format that ministack writes for these four (its core/persistence.py); a newer ministack has a higher number."""

OLD_FOLDER = "before-0.2"
"""Folder for the files of version 0.1 after they have been converted."""

Hook = Callable[[dict[str, Any]], Any]


def open_state(state_dir: Path, modules: dict[str, Any], recorder: Recorder, hook: Hook) -> None:
    """Load the state of `state_dir` into ministack's memory, creating a state if there is none. Raises Damaged."""
    if (state_dir / database.NAME).exists():
        _restore(modules, _decoded(database.read(state_dir), state_dir, hook))
        list(recorder.queues())  # take the restored queues as already written
        return
    if gone := database.missing(state_dir):
        raise gone
    old = [path for name in OLD if (path := state_dir / f"{name}.json").exists()]
    states = {path.stem: _read_old(path, hook) for path in old}
    if "sqs" in states:
        states["sqs"] = {"queues": _at_canonical_address(states["sqs"]["queues"])}
    for name, state in states.items():
        modules[name].load_persisted_state(state)
    # Create the new state before the old files are moved: a crash before it is complete means that they are read again,
    # and after that they are no longer looked at.
    database.create(state_dir, recorder.everything())
    if old:
        (state_dir / OLD_FOLDER).mkdir(exist_ok=True)
        for path in old:
            path.replace(state_dir / OLD_FOLDER / path.name)
        sync(state_dir)


def _decoded(
    entries: Iterable[tuple[str, str, str, str]], state_dir: Path, hook: Hook
) -> Iterable[tuple[str, str, str, Any]]:
    for kind, owner, name, value in entries:
        try:
            yield kind, owner, name, json.loads(value, object_hook=hook if kind == SERVICE else None)
        except ValueError:
            raise Damaged(f"{state_dir / database.NAME} is damaged: one of its entries is not JSON.") from None


def _restore(modules: dict[str, Any], entries: Iterable[tuple[str, str, str, Any]]) -> None:
    services: dict[str, Any] = {}
    items: dict[str, dict[str, dict[str, Any]]] = defaultdict(lambda: defaultdict(dict))
    queues: dict[str, Any] = {}
    messages: dict[str, list[Any]] = defaultdict(list)
    for kind, owner, name, value in entries:
        if kind == ITEM:
            part, sort = json.loads(name)
            items[owner][part][sort] = value
        elif kind == MESSAGE:
            messages[owner].append(value)
        elif kind == QUEUE:
            queues[owner] = value
        else:
            services[owner] = value
    _fill_tables(services["dynamodb"]["tables"], items)
    services["sqs"] = {"queues": _queues(type(services["dynamodb"]["tables"])(), queues, messages)}
    for name, state in services.items():
        modules[name].load_persisted_state(state)


def _fill_tables(tables: Any, items: dict[str, dict[str, dict[str, Any]]]) -> None:
    for owner, found in items.items():
        account, region, name = json.loads(owner)
        table = tables.get_scoped(account, region, name)
        if table is not None:
            table["items"] = found
            table["ItemCount"] = sum(len(of_part) for of_part in found.values())


def _queues(made: Any, queues: dict[str, Any], messages: dict[str, list[Any]]) -> Any:
    for owner, queue in queues.items():
        account, region, _ = json.loads(owner)
        # SQLite returns rows in no particular order; receivers expect the oldest first.
        queue["messages"] = sorted(messages[owner], key=lambda message: message["sent_at"])
        made.set_scoped(account, region, queue["url"], queue)
    return made


def _at_canonical_address(queues: Any) -> Any:
    """Return the queues of version 0.1, which are stored by URLs with the port at their creation, by canonical URL."""
    made = type(queues)()
    for (account, region, _), queue in queues.all_items():
        queue["url"] = f"{CANONICAL}/{account}/{queue['name']}"
        made.set_scoped(account, region, queue["url"], queue)
    return made


def _read_old(path: Path, hook: Hook) -> Any:
    """Return the state in a file of version 0.1. Raises Damaged; ministack would start empty and overwrite the file."""
    advice = "It is left as it is. Put a copy in its place, or name another directory with FIRESIDE_STATE."
    try:
        wrapped = json.loads(path.read_bytes(), object_hook=hook)
        version, state = wrapped["__ministack_format__"], wrapped["payload"]
    except (ValueError, KeyError, TypeError):
        raise Damaged(f"{path} is {'damaged' if path.stat().st_size else 'empty'}. {advice}") from None
    if version > OLD_FORMAT:
        raise Damaged(f"{path} was written by a newer version (format {version}, not {OLD_FORMAT}). {advice}")
    return state
