"""What an author keeps in mind from chapter to chapter: one record each, and what all later chapters are told of them.

A note is a fact that a summary would lose: who knows what, what was promised, a phrase that returns. It stays open
until a later chapter settles it, and open notes are the last to be forgotten.
"""

from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec

from chalicelib.domain.texts import one_line

NoteKind = Literal["knows", "planted", "promise", "phrase", "place", "time", "name", "changed"]

LONGEST_RECORD = 9_000
"""Bytes of one chapter's record: some forty notes."""

LONGEST_MEMORY = 30_000
"""Bytes of all that a chapter is told. A token has three to four bytes in English, and at most three in other scripts:
ten thousand tokens, the sixth part of the largest request."""

LONGEST_NOTE = 400
"""Bytes of one note."""

_FIRST_WORDS = 200
"""Bytes that are left of a text which is shortened."""


class Note(msgspec.Struct, frozen=True):
    """One thing to remember. `about` names a person, an object or a place; `open`: a later chapter must come to it.

    `changed` is what has become of somebody or something in the bible: it overrides the bible.
    """

    kind: NoteKind = "knows"
    about: str = ""
    note: str = ""
    open: bool = False


class Memory(msgspec.Struct, frozen=True):
    """What one chapter adds. `settled` has the ids of earlier notes that are no longer open."""

    notes: list[Note] = []
    settled: list[str] = []


class RecalledNote(msgspec.Struct, frozen=True):
    """A note as later chapters are told it. `id` is the chapter's number and the note's, such as `3.2`."""

    id: str
    kind: NoteKind
    about: str
    note: str
    open: bool


def tidy(memory: Memory) -> Memory:
    """Return a chapter's record without empty notes, each within LONGEST_NOTE and all of them within LONGEST_RECORD.

    Open notes come first, so that a record that is too long loses others.
    """
    kept: list[Note] = []
    left = LONGEST_RECORD
    for note in sorted(memory.notes, key=lambda note: not _lasts(note)):
        short = Note(note.kind, _cut(note.about, 80), _cut(note.note, LONGEST_NOTE), note.open)
        left -= _size(short)
        if left < 0:
            break
        if short.note:
            kept.append(short)
    return Memory(kept, [one_line(settled)[:12] for settled in memory.settled[:200]])


def recall(records: Iterable[tuple[int, Memory]]) -> list[RecalledNote]:
    """Return what a chapter is told of the records of all chapters before it, by number, oldest first.

    What does not fit into LONGEST_MEMORY is forgotten: settled and passing things first, the oldest of them first; what
    is planted and unresolved, or has changed the bible, last. Where even that is too much, every chapter keeps its
    first ones, so that what was planted at the beginning is still known at the end.
    """
    ranks: dict[str, tuple[int, int, int]] = {}
    told: list[RecalledNote] = []
    kept_records = list(records)
    settled = {settled for _, record in kept_records for settled in record.settled}
    for number, record in kept_records:
        lasting = 0
        for position, note in enumerate(record.notes, 1):
            of_chapter = f"{number}.{position}"
            recalled = RecalledNote(
                of_chapter, note.kind, note.about, note.note, note.open and of_chapter not in settled
            )
            lasts = _lasts(recalled)
            lasting += lasts
            ranks[of_chapter] = (0, lasting, -number) if lasts else (1, -number, position)
            told.append(recalled)
    kept: set[str] = set()
    left = LONGEST_MEMORY
    for recalled in sorted(told, key=lambda note: ranks[note.id]):
        left -= _size(recalled)
        if left < 0:
            break
        kept.add(recalled.id)
    return [note for note in told if note.id in kept]


def shortened(texts: Sequence[str], most: int) -> list[str]:
    """Return texts, oldest first, of at most `most` bytes in all.

    The oldest are shortened to their first words, as many as it takes; where that is not enough, they are left out.
    """
    found = list(texts)
    for limit in (_FIRST_WORDS, 0):
        for index, text in enumerate(found):
            if sum(len(text.encode()) for text in found) <= most:
                return found
            found[index] = _cut(text, limit)
    return found


def _lasts(note: Note | RecalledNote) -> bool:
    return note.open or note.kind == "changed"


def _size(note: Note | RecalledNote) -> int:
    return len(msgspec.json.encode(note)) + 1


def _cut(text: str, most: int) -> str:
    """Return a text of up to `most` bytes on one line."""
    return one_line(one_line(text).encode()[:most].decode(errors="ignore"))
