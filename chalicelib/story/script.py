"""A chapter's script, made from what the author answers."""

from collections.abc import Sequence

import msgspec

from chalicelib.domain.script import EnhancedLine, EnhancedScript, Script, ScriptLine, without_tags
from chalicelib.errors import Overlong, Unusable
from chalicelib.story.measures import LONGEST_SCRIPT, count_words, last_part, too_long
from chalicelib.story.replies import ChapterDraft, Enhancement

_MAX_TAGS = 3


def script_of(draft: ChapterDraft, speakers: Sequence[str]) -> Script:
    """Return the script of a draft; raise Unusable if it has no speech or an unknown speaker, Overlong."""
    lines: list[ScriptLine] = []
    for line in draft.lines:
        if line.speaker not in speakers:
            raise Unusable(f"lines: the speaker {line.speaker!r} is not one of {', '.join(speakers)}.")
        if text := without_tags(line.text):
            lines.append(ScriptLine(f"{len(lines) + 1:03d}", line.speaker, text, line.scene_break))
    if not lines:
        raise Unusable("lines: there is nothing to speak; write the chapter as spoken lines.")
    if reason := too_long(line.text for line in lines):
        raise Overlong(reason)
    script = Script(lines)
    if len(msgspec.json.encode(script)) > LONGEST_SCRIPT:
        raise Overlong(f"a chapter may have {LONGEST_SCRIPT // 1000} KB at most")
    return script


def enhanced(script: Script, enhancement: Enhancement) -> EnhancedScript:
    """Return the script with the enhancement's tags. Enhancing adds: unknown ids are left out, every text stays."""
    tags: dict[str, list[str]] = {}
    for line in enhancement.lines:
        wanted = [without_tags(tag).strip("[]").lower()[:40] for tag in line.tags]
        tags.setdefault(line.line_id, []).extend(tag for tag in wanted if tag)
    return EnhancedScript(
        [
            EnhancedLine(
                line.line_id, line.speaker, line.text, tags.get(line.line_id, [])[:_MAX_TAGS], line.scene_break
            )
            for line in script.lines
        ]
    )


def last_words(script: Script, words: int) -> str:
    """Return the end of a chapter, as whole lines of about `words` words, each with its speaker; a longer line is cut.

    Words are those that English would have.
    """
    kept: list[str] = []
    left = float(words)
    for line in reversed(script.lines):
        if left <= 0:
            break
        count = count_words(line.text)
        kept.append(f"{line.speaker}: {last_part(line.text, left) if count > words else line.text}")
        left -= count
    return "\n".join(reversed(kept))


def plain_text(script: Script) -> str:
    """Return the whole chapter, a line each with its speaker."""
    return "\n".join(f"{line.speaker}: {line.text}" for line in script.lines)
