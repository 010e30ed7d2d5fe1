"""A person's changes to a chapter's script."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from chalicelib.domain.script import EnhancedLine, EnhancedScript, Script, ScriptLine
from chalicelib.errors import Invalid
from chalicelib.story.measures import too_long


@dataclass(frozen=True, slots=True)
class LineEdit:
    """A line as a person wants it. `scene_break` None leaves that as it is."""

    line_id: str
    speaker: str
    text: str
    scene_break: bool | None = None


def edited(script: Script, edits: Sequence[LineEdit], cast: Sequence[str]) -> Script:
    """Return the edited script; raises Invalid with the line at fault.

    Lines may be changed, left out, added and moved; each keeps its id, by which sound and directions find it.
    """
    known = {line.line_id: line for line in script.lines}
    lines: list[ScriptLine] = []
    seen: set[str] = set()
    for index, edit in enumerate(edits):
        where = f"lines[{index}]"
        if edit.line_id in seen:
            raise Invalid(f"{where}.line_id: {edit.line_id} is used twice; every line needs an id of its own.")
        if edit.speaker not in cast:
            raise Invalid(f"{where}.speaker: Expected one of the cast: {', '.join(cast)}.")
        text = _spoken(edit.text)
        if not text:
            raise Invalid(f"{where}.text: Expected some text, not only white space.")
        seen.add(edit.line_id)
        before = known.get(edit.line_id)
        scene_break = edit.scene_break if edit.scene_break is not None else before is not None and before.scene_break
        lines.append(ScriptLine(edit.line_id, edit.speaker, text, scene_break))
    if reason := too_long(line.text for line in lines):
        raise Invalid(f"lines: {reason[0].upper()}{reason[1:]}. Shorten it.")
    return Script(lines)


def kept_tags(directed: EnhancedScript, script: Script) -> EnhancedScript:
    """Return directions for a changed script: those of each line that the same speaker still says, also in other words.

    They were paid for; a person who changes a word, or takes a change back, finds them again.
    """
    tags = {(line.line_id, line.speaker): line.tags for line in directed.lines}
    return EnhancedScript(
        [
            EnhancedLine(
                line.line_id,
                line.speaker,
                line.text,
                tags.get((line.line_id, line.speaker), []),
                line.scene_break,
            )
            for line in script.lines
        ]
    )


def _spoken(text: str) -> str:
    """Return the text on one line and without control characters, which a narrator may refuse."""
    printable = (" " if unicodedata.category(character) in {"Cc", "Zl", "Zp"} else character for character in text)
    return " ".join("".join(printable).split())
