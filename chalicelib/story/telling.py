"""What the author is told of the chapters around the one that is written: those before it, and those that follow."""

from collections.abc import Sequence
from typing import Any

import msgspec

from chalicelib.domain.chapter import ChapterParts
from chalicelib.domain.memory import Memory, Note, recall, shortened
from chalicelib.domain.outline import ChapterOutline, EarlierBook, Outline, Seam
from chalicelib.domain.script import Script
from chalicelib.story.script import last_words

LONGEST_BOOK = 12_000
"""Bytes of the summaries of the book before."""

LONGEST_PAST = 36_000
"""Bytes of all earlier summaries: some ten thousand tokens, the sixth part of the largest request."""


class Earlier(msgspec.Struct, frozen=True):
    """A chapter before the one that is written: what it was about, what to keep of it, how it begins and ends."""

    number: int
    title: str
    summary: str
    memory: Memory = Memory()
    opening: str = ""
    ending: str = ""


class Before(msgspec.Struct, frozen=True):
    """What came before a chapter: all chapters so far, and the previous one's script and seam."""

    chapters: Sequence[Earlier] = ()
    previous: Script | None = None
    seam: Seam | None = None
    earlier_book: EarlierBook | None = None

    def as_data(self, previous_words: int) -> dict[str, Any]:
        """Return what the author is told of it, within LONGEST_PAST and LONGEST_MEMORY."""
        summaries = shortened([earlier.summary for earlier in self.chapters], LONGEST_PAST)
        before = [(0, self.earlier_book.memory)] if self.earlier_book else []
        memory = recall([*before, *((earlier.number, earlier.memory) for earlier in self.chapters)])
        told = zip(self.chapters, summaries, strict=True)
        return {
            "summary_so_far": "\n".join(f"Chapter {earlier.number}: {text}" for earlier, text in told if text),
            "memory": msgspec.to_builtins(memory),
            "chapters_so_far": [
                {"number": one.number, "title": one.title, "opening": one.opening, "ending": one.ending}
                for one in self.chapters
            ],
            "previous_text": last_words(self.previous, previous_words) if self.previous else "",
            "seam": msgspec.to_builtins(self.seam) if self.seam else None,
        }


def bible(outline: Outline) -> dict[str, Any]:
    """Return what every chapter must agree with: the outline without the chapters."""
    whole: dict[str, Any] = msgspec.to_builtins(outline)
    for name in ("chapters", "earlier_book", "voices", "pronunciations"):
        del whole[name]
    return whole


def earlier_book(outline: Outline) -> dict[str, Any]:
    """Return what the author of every chapter of a sequel is told of the book before; nothing for another story."""
    book = outline.earlier_book
    return {"earlier_book": {"title": book.title, "summary": book.summary, "ending": book.ending}} if book else {}


def book_of(title: str, chapters: Sequence[Earlier], before: EarlierBook | None) -> EarlierBook:
    """Return what a sequel is told of a book with these chapters, and of the one `before` it, if there is one."""
    told = [f"Before: {before.summary}"] if before else []
    told += [f"Chapter {chapter.number}: {chapter.summary}" for chapter in chapters]
    records = [(0, before.memory)] if before else []
    records += [(chapter.number, chapter.memory) for chapter in chapters]
    # In the next book its notes have other ids: those of a chapter 0.
    notes = [Note(note.kind, note.about, note.note, note.open) for note in recall(records)]
    summary = "\n".join(filter(None, shortened(told, LONGEST_BOOK)))
    return EarlierBook(title, summary, Memory(notes), chapters[-1].ending if chapters else "")


def plan_of(outline: Outline, number: int) -> dict[str, Any]:
    """Return the plan of a chapter with its number."""
    return {"number": number, **msgspec.to_builtins(outline.chapters[number - 1])}


def part_of(plan: ChapterOutline, count: int, done: ChapterParts) -> dict[str, Any]:
    """Return what the author is told of the next of `count` parts of a chapter, and of those that are done."""
    number = len(done.parts) + 1
    first, end = (len(plan.beats) * one // count for one in (number - 1, number))
    # With fewer beats than parts, one is told in two of them.
    beats = plan.beats[first:end] or plan.beats[min(first, len(plan.beats) - 1) :][:1]
    written = "\n".join(f"{line.speaker}: {line.text}" for part in done.parts for line in part.script.lines)
    return {"part": {"number": number, "of": count, "beats": beats}, "written": written}


def lines_of(script: Script, *, scenes: bool = False) -> list[dict[str, Any]]:
    """Return the lines of a script as the author is told them, with `scenes` also where one begins."""
    return [
        {"line_id": line.line_id, "speaker": line.speaker, "text": line.text}
        | ({"scene_break": line.scene_break} if scenes else {})
        for line in script.lines
    ]
