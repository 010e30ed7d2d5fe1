"""A person's changes to a chapter's script."""

from collections.abc import Sequence
from dataclasses import dataclass

from chalicelib.domain.digest import text_digest
from chalicelib.domain.script import EnhancedLine, EnhancedScript, Script, ScriptLine
from chalicelib.domain.texts import find_name, one_line
from chalicelib.errors import Invalid
from chalicelib.story.measures import too_long


@dataclass(frozen=True, slots=True)
class LineEdit:
    """A line as a person wants it, a new one without an id. `scene_break` None leaves that as it is."""

    line_id: str | None
    speaker: str
    text: str
    scene_break: bool | None = None


def edited(script: Script, edits: Sequence[LineEdit], cast: Sequence[str]) -> Script:
    """Return the edited script; raises Invalid with the line at fault.

    Lines may be changed, left out, added and moved; each keeps its id, by which sound and directions find it. A new
    line gets one that no other line of the script has or is given. Where one of the same words has gone without being
    named, it is that one: so the same edit, made again, changes nothing.
    """
    known = {line.line_id: line for line in script.lines}
    named = {edit.line_id for edit in edits if edit.line_id}
    taken = {*known, *named}
    gone = [line for line in script.lines if line.line_id not in named]
    lines: list[ScriptLine] = []
    seen: set[str] = set()
    for index, edit in enumerate(edits):
        where = f"lines[{index}]"
        line_id = edit.line_id or _taken_up(edit, gone) or new_line_id(edit.speaker, edit.text, index, taken)
        if line_id in seen:
            raise Invalid(f"{where}.line_id: {line_id} is used twice; every line needs an id of its own.")
        speaker = find_name(edit.speaker, cast)
        if speaker is None:
            raise Invalid(f"{where}.speaker: Expected one of the cast: {', '.join(cast)}.")
        text = one_line(edit.text)
        if not text:
            raise Invalid(f"{where}.text: Expected some text, not only white space.")
        seen.add(line_id)
        before = known.get(line_id)
        scene_break = edit.scene_break if edit.scene_break is not None else before is not None and before.scene_break
        lines.append(ScriptLine(line_id, speaker, text, scene_break))
    if reason := too_long(line.text for line in lines):
        raise Invalid(f"lines: {reason[0].upper()}{reason[1:]}. Shorten it.")
    return Script(lines)


def _taken_up(edit: LineEdit, gone: list[ScriptLine]) -> str | None:
    """Return the id of one of the lines that are gone which has the same words, and take it out of them."""
    same = next((line for line in gone if (line.speaker, line.text) == (edit.speaker, one_line(edit.text))), None)
    if same is not None:
        gone.remove(same)
    return same.line_id if same is not None else None


def new_line_id(speaker: str, text: str, position: int, taken: set[str]) -> str:
    """Return an id for a new line, which joins the `taken` ones; for the same line at the same place, the same one."""
    # Not the next free number: a line that was deleted had one too, and its takes are stored under it.
    digest = text_digest(f"{speaker}\n{text}\n{position}")
    line_id = next(found for size in range(6, 32) if (found := f"n{digest[:size]}") not in taken)
    taken.add(line_id)
    return line_id


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
