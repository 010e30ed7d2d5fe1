"""A chapter that is written again: what the author is told of it, and the script made from the reply.

The reply names the lines that stay by their ids. Code puts their words in, so that what the remark does not touch is
kept to the letter, with its sound, and is not written, directed or narrated again.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from chalicelib.domain.chapter import Retold
from chalicelib.domain.memory import shortened
from chalicelib.domain.outline import NARRATOR, Character, Seam
from chalicelib.domain.script import Script, ScriptLine
from chalicelib.domain.texts import find_name, is_narrator, one_line
from chalicelib.errors import Unusable
from chalicelib.story.ear import plain
from chalicelib.story.editing import new_line_id
from chalicelib.story.replies import RewriteDraft, SpeakersDraft
from chalicelib.story.script import narratable
from chalicelib.story.telling import Earlier, lines_of

LONGEST_FOLLOWING = 12_000
"""Bytes of the summaries of the chapters that follow."""

MOST_NEW = 5
"""How many speakers one rewrite may bring in."""


class Rewriting(msgspec.Struct, frozen=True):
    """The earlier text of a chapter, what is to change about it, and the chapters that follow and are written already.

    An empty `remark` brings the chapter in line with the chapters before it. `next_text` is how the next one begins,
    `retold` what was kept of this one.
    """

    earlier: Script
    remark: str = ""
    following: Sequence[Earlier] = ()
    next_text: str = ""
    retold: Retold | None = None

    def as_data(self) -> dict[str, Any]:
        """Return what the author is told beside what it is told for every chapter."""
        # The nearest chapters matter most, and the farthest are shortened first.
        summaries = shortened([later.summary for later in reversed(self.following)], LONGEST_FOLLOWING)[::-1]
        follows = [
            {"number": later.number, "title": later.title, "summary": summary, "opening": later.opening}
            for later, summary in zip(self.following, summaries, strict=True)
        ]
        kept = self.retold or Retold("", Seam())
        return {
            "remark": self.remark,
            "earlier_lines": lines_of(self.earlier, scenes=True),
            "earlier_summary": kept.summary,
            "earlier_seam": msgspec.to_builtins(kept.seam),
            "earlier_memory": msgspec.to_builtins(kept.memory.notes),
            "follows": follows,
            "next_text": self.next_text,
        }


def rewritten(draft: RewriteDraft, earlier: Script, speakers: Sequence[str], *, last: bool = False) -> Script:
    """Return the script of a rewrite; raise Unusable and Overlong as `script_of` does.

    `speakers` are the cast with those whom the draft brings in.
    """
    by_id = {line.line_id: line for line in earlier.lines}
    by_words: dict[tuple[str, str], list[str]] = {}
    for line in earlier.lines:
        by_words.setdefault((line.speaker, line.text), []).append(line.line_id)
    taken = set(by_id)
    used: set[str] = set()
    lines: list[ScriptLine] = []
    for position, drafted in enumerate(draft.lines):
        before = by_id.get(drafted.line_id) if drafted.line_id not in used else None
        text = plain(drafted.text)
        # Only the id: the line stays as it was.
        if before is not None and not text:
            lines.append(msgspec.structs.replace(before, scene_break=drafted.scene_break or before.scene_break))
            used.add(before.line_id)
            continue
        speaker = NARRATOR if is_narrator(drafted.speaker) else find_name(drafted.speaker, speakers)
        if speaker is None and not last:
            raise Unusable(
                f"lines: the speaker {drafted.speaker[:60]!r} is not one of {', '.join(speakers)}; name new ones in "
                "new_speakers."
            )
        if not text:
            continue
        speaker = speaker or NARRATOR
        # An author that repeats a line instead of naming it has kept it too.
        same = next((known for known in by_words.get((speaker, text), ()) if known not in used), None)
        line_id = same or (before.line_id if before is not None else new_line_id(speaker, text, position, taken))
        used.add(line_id)
        lines.append(ScriptLine(line_id, speaker, text, drafted.scene_break))
    return narratable(lines)


def newcomers(draft: RewriteDraft | SpeakersDraft, speakers: Sequence[str], most: int) -> list[Character]:
    """Return those whom a draft brings in: up to `most` who speak a line and are not in the cast yet."""
    speaking = [line.speaker for line in draft.lines]
    found: list[Character] = []
    for character in draft.new_speakers:
        name = one_line(character.name)[:60].strip()
        known = [*speakers, *(other.name for other in found)]
        if name and not is_narrator(name) and find_name(name, known) is None and find_name(name, speaking):
            found.append(msgspec.structs.replace(character, name=name))
    return found[: max(0, most)]
