"""The state on disk: an SQLite file of entries, the number of its last commit, and the last good copy.

- `state.db` (and `state.db-wal` while it is in use) holds every item, message and parameter as an entry.
- `state.sequence` holds the number of the last commit, written after it. SQLite opens a truncated file, a file whose
  log is gone, or an older file in place of a newer one without an error; this number reveals them.
- `state.good.db` is a copy from the last start that went well.

A state that cannot be read completely is refused and never written to: an empty library must not replace a damaged one.
"""

import os
import sqlite3
import struct
from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from pathlib import Path

FORMAT = 1
"""Version of the format, raised when older versions can no longer read the file; SQLite stores it as `user_version`."""

APPLICATION = 0x46495245
"""SQLite's `application_id`: "FIRE"."""

NAME, SEQUENCE, GOOD = "state.db", "state.sequence", "state.good.db"

Row = tuple[str, str, str, str | None]
"""Kind, owner, name and value of an entry. A value of None deletes the entry; with an empty name as well, it deletes
all entries of that kind and owner."""

_HEADER = struct.Struct(">16s2xB41xI4xI")
"""Magic, file format version (at 18), user_version (60), application_id (68): sqlite.org/fileformat2.html, 1.3."""

_LOGGED = 2
"""The file format version of a database in WAL mode."""

_SCHEMA = """
PRAGMA journal_mode = WAL;
CREATE TABLE entry (kind TEXT, owner TEXT, name TEXT, value TEXT NOT NULL, PRIMARY KEY (kind, owner, name));
CREATE TABLE fact (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
INSERT INTO fact VALUES ('sequence', 0), ('copy', 0);
"""
_PUT = "INSERT INTO entry VALUES (?, ?, ?, ?) ON CONFLICT (kind, owner, name) DO UPDATE SET value = excluded.value"
_DELETE = "DELETE FROM entry WHERE kind = ? AND owner = ? AND name = ?"
_DELETE_ALL = "DELETE FROM entry WHERE kind = ? AND owner = ?"


class Damaged(Exception):
    """A state that cannot be opened; the message is one or two sentences for the user."""


class Database:
    """The open state, in the file `path`. Only one thread may write it."""

    def __init__(self, state_dir: Path) -> None:
        self.path = state_dir / NAME
        self._connection = sqlite3.connect(self.path, check_same_thread=False, isolation_level=None)
        # FULL and fullfsync: a commit that was answered survives a power cut, on macOS too.
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "fullfsync = 1", "busy_timeout = 100"):
            self._connection.execute(f"PRAGMA {pragma}").fetchall()
        self._sequence = int(self._connection.execute("SELECT value FROM fact WHERE name = 'sequence'").fetchone()[0])
        self._witness = os.open(state_dir / SEQUENCE, os.O_WRONLY | os.O_CREAT, 0o600)
        # First the number, then the mark of a copy: a restored copy has fewer commits than the state that it replaces,
        # and without the mark the old, higher number would make it look damaged.
        self._write_witness()
        self._connection.execute("UPDATE fact SET value = 0 WHERE name = 'copy' AND value <> 0")

    def commit(self, rows: Iterable[Row]) -> None:
        """Write `rows` durably in one transaction. Raises sqlite3.Error or OSError, and nothing is written then."""
        execute = self._connection.execute
        # The write lock is taken at once, so that a state in use elsewhere fails here and not half-way.
        execute("BEGIN IMMEDIATE")
        try:
            for kind, owner, name, value in rows:
                if value is not None:
                    execute(_PUT, (kind, owner, name, value))
                else:
                    execute(_DELETE if name else _DELETE_ALL, (kind, owner, name) if name else (kind, owner))
            execute("UPDATE fact SET value = ? WHERE name = 'sequence'", (self._sequence + 1,))
            execute("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):  # SQLite has already rolled back if the disk is full
                execute("ROLLBACK")
            raise
        # After the commit: a number that is too low is harmless, one that is too high would make a good state refused.
        self._sequence += 1
        self._write_witness()

    def _write_witness(self) -> None:
        """Write the number of the last commit. Not synced: after a power cut it may be too low, but never too high.

        Always the same 20 bytes in place, which need no more space on a full disk.
        """
        os.pwrite(self._witness, f"{self._sequence:020d}".encode(), 0)

    def close(self) -> None:
        """Close the file. SQLite first moves its log into it."""
        self._connection.close()
        os.close(self._witness)


def create(state_dir: Path, rows: Iterable[Row] = ()) -> None:
    """Create a state that holds `rows`, atomically: after a crash it is complete or missing."""
    made = state_dir / f"{NAME}.new"
    for old in state_dir.glob(f"{NAME}.new*"):
        old.unlink()
    with closing(sqlite3.connect(made, isolation_level=None)) as connection:
        connection.executescript(_SCHEMA)
        connection.execute(f"PRAGMA application_id = {APPLICATION}")
        connection.execute(f"PRAGMA user_version = {FORMAT}")
        connection.execute("BEGIN")
        connection.executemany(_PUT, rows)
        connection.execute("COMMIT")
    _put_in_place(made, state_dir / NAME)


def read(state_dir: Path) -> Iterator[tuple[str, str, str, str]]:
    """Check the state and yield its entries. Raises Damaged; never changes an entry."""
    path = state_dir / NAME
    if not _check_header(path):  # a restored copy; a log beside it belongs to the file that it has replaced
        for log in ("-wal", "-shm"):
            path.with_name(NAME + log).unlink(missing_ok=True)
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
            # Before any entry is yielded: ministack must not start on half of a library.
            [(verdict,)] = connection.execute("PRAGMA quick_check(1)").fetchall()
            if verdict != "ok":
                raise _damaged(path, "is damaged")
            facts = dict(connection.execute("SELECT name, value FROM fact"))
            if not facts["copy"] and facts["sequence"] < _witnessed(state_dir):
                raise _damaged(path, "lacks changes that were written to it")
            yield from connection.execute("SELECT kind, owner, name, value FROM entry")
    except (sqlite3.Error, KeyError, ValueError) as error:
        raise _damaged(path, f"is damaged ({error})") from None


def keep_copy(state_dir: Path) -> None:
    """Copy the state as the last good one. Raises sqlite3.Error or OSError, and leaves the previous copy then."""
    made = state_dir / f"{GOOD}.new"
    made.unlink(missing_ok=True)
    try:
        with (
            closing(sqlite3.connect(f"{(state_dir / NAME).as_uri()}?mode=ro", uri=True)) as source,
            closing(sqlite3.connect(made)) as copy,
        ):
            source.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE").fetchall()
            # A copy has fewer commits than the recorded number: the mark says that it may be restored.
            copy.execute("UPDATE fact SET value = 1 WHERE name = 'copy'")
            copy.commit()
        _put_in_place(made, state_dir / GOOD)
    finally:
        for left in state_dir.glob(f"{GOOD}.new*"):
            left.unlink()


def _check_header(path: Path) -> bool:
    """Check the header, which is never in the log alone, and return whether the file is in WAL mode. Raises Damaged."""
    with path.open("rb") as file:
        header = file.read(_HEADER.size)
    if not header:
        raise _damaged(path, "is empty")
    if len(header) < _HEADER.size:
        raise _damaged(path, "is cut off")
    magic, written_by, version, application = _HEADER.unpack(header)
    if magic != b"SQLite format 3\0":
        raise _damaged(path, "is not a state of Fireside")
    if application != APPLICATION:
        raise _damaged(path, "is a database of another program")
    if version > FORMAT:
        raise Damaged(
            f"{path} was written by a newer Fireside (format {version}; this one reads {FORMAT}). It is left as it is: "
            "start the newer Fireside, or name another directory with FIRESIDE_STATE."
        )
    return bool(written_by == _LOGGED)


def _witnessed(state_dir: Path) -> int:
    """Return the recorded number of the last commit, or 0."""
    with suppress(FileNotFoundError, ValueError):
        return int((state_dir / SEQUENCE).read_text(encoding="ascii"))
    return 0


def _damaged(path: Path, what: str) -> Damaged:
    good = path.with_name(GOOD)
    if good.exists():
        way = f"To continue with the copy of the last start, move it there: mv {good} {path}"
    else:
        way = "Put a copy in its place, or name another directory with FIRESIDE_STATE."
    return Damaged(f"{path} {what}. It is left as it is. {way}")


def missing(state_dir: Path) -> Damaged | None:
    """Return the error to raise if the state file is gone, or None if there never was one."""
    if _witnessed(state_dir) == 0:
        return None
    return _damaged(state_dir / NAME, "is missing, though there was one")


def _put_in_place(made: Path, path: Path) -> None:
    """Move a finished file into place durably: sync its bytes first, then its name."""
    # In this order: a name that survives a power cut must not lead to bytes that did not.
    for sync in (made, made.parent):
        descriptor = os.open(sync, os.O_RDONLY)
        try:
            if sync == made.parent:
                made.replace(path)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
