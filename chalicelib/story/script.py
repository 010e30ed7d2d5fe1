"""A chapter's script, made from what the author answers."""

import re
from collections.abc import Collection, Mapping, Sequence
from functools import partial

import msgspec

from chalicelib.domain.outline import NARRATOR
from chalicelib.domain.script import EnhancedLine, EnhancedScript, Script, ScriptLine, without_tags
from chalicelib.domain.texts import find_name, is_narrator
from chalicelib.errors import Overlong, Unusable
from chalicelib.story.ear import in_words, plain
from chalicelib.story.measures import count_words, last_part, too_long
from chalicelib.story.replies import ChapterDraft, Enhancement, Revision
from chalicelib.story.sizes import LONGEST_DIRECTIONS, LONGEST_SCRIPT, ensure_storable, too_large

_MAX_TAGS = 3
_NONE: Mapping[str, list[str]] = {}


def script_of(draft: ChapterDraft, speakers: Sequence[str], *, last: bool = False) -> Script:
    """Return the script of a draft; raise Unusable if it has no speech or an unknown speaker, Overlong.

    In the author's `last` reply the Narrator reads the lines of strangers.
    """
    lines: list[ScriptLine] = []
    for line in draft.lines:
        speaker = NARRATOR if is_narrator(line.speaker) else find_name(line.speaker, speakers)
        if speaker is None and not last:
            raise Unusable(f"lines: the speaker {line.speaker[:60]!r} is not one of {', '.join(speakers)}.")
        if text := plain(line.text):
            lines.append(ScriptLine(f"{len(lines) + 1:03d}", speaker or NARRATOR, text, line.scene_break))
    return narratable(lines)


def revised(script: Script, revision: Revision) -> Script:
    """Return a script with the texts of a revision. Unknown ids are left out, and no line loses its text."""
    texts = {line.line_id: text for line in revision.lines if (text := plain(line.text))}
    return narratable([msgspec.structs.replace(line, text=texts.get(line.line_id, line.text)) for line in script.lines])


def aloud(script: Script, language: str, kept: Collection[str] = ()) -> Script:
    """Return a script with its texts as they are said in the language; raise Overlong if they are too long then.

    It comes after what was delivered is compared with the order: a loop that counts has other words in each round then.
    Lines that are `kept`, by their ids, are not touched.
    """
    spoken = ((line, line.text if line.line_id in kept else in_words(line.text, language)) for line in script.lines)
    return narratable([msgspec.structs.replace(line, text=text) for line, text in spoken if text])


def narratable(lines: Sequence[ScriptLine]) -> Script:
    """Return a script of lines; raise Unusable if there are none, Overlong if they cannot be narrated or stored."""
    if not lines:
        raise Unusable("lines: there is nothing to speak; write the chapter as spoken lines.")
    if reason := too_long(line.text for line in lines):
        raise Overlong(reason)
    script = Script(list(lines))
    if reason := too_large("a script", script, LONGEST_SCRIPT):
        raise Overlong(reason)
    return script


def enhanced(
    script: Script,
    enhancement: Enhancement,
    kept: Mapping[str, list[str]] = _NONE,
    vocabulary: Sequence[str] = (),
) -> EnhancedScript:
    """Return the script with the enhancement's tags, or those that are `kept`; raise Oversized.

    Enhancing adds: unknown ids are left out, and tags that are not in the `vocabulary`, if there is one; texts stay.
    """
    tags: dict[str, list[str]] = {}
    known = partial(_in_vocabulary, vocabulary) if vocabulary else str
    for line in enhancement.lines:
        wanted = [without_tags(tag).strip("[]").lower()[:40] for tag in line.tags]
        tags.setdefault(line.line_id, []).extend(tag for tag in map(known, wanted) if tag)
    directed = directed_by({**{line_id: of_line[:_MAX_TAGS] for line_id, of_line in tags.items()}, **kept}, script)
    ensure_storable("lines", "a script with its tags", directed, LONGEST_DIRECTIONS)
    return directed


def _in_vocabulary(vocabulary: Sequence[str], tag: str) -> str:
    """Return the word of a vocabulary that a tag is, also in another form ("whispering" is "whispers"); "" if none."""
    if tag in vocabulary:
        return tag
    return next((word for word in vocabulary if _stem(word) == _stem(tag)), "")


def _stem(tag: str) -> str:
    """Return a tag without the endings of its first word."""
    first, space, rest = tag.partition(" ")
    return re.sub(r"(ing|ed|s|ly)$", "", first) + space + rest


def directed_by(tags: Mapping[str, list[str]], script: Script) -> EnhancedScript:
    """Return the script with these tags by line."""
    return EnhancedScript(
        [
            EnhancedLine(line.line_id, line.speaker, line.text, tags.get(line.line_id, []), line.scene_break)
            for line in script.lines
        ]
    )


def kept_directions(earlier: EnhancedScript, script: Script) -> dict[str, list[str]]:
    """Return the tags, by line, of the lines that were directed already, in the same words of the same speaker."""
    tags = {(line.line_id, line.speaker, line.text): line.tags for line in earlier.lines}
    found = ((line.line_id, tags.get((line.line_id, line.speaker, line.text))) for line in script.lines)
    return {line_id: of_line for line_id, of_line in found if of_line is not None}


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


def first_words(script: Script, words: int) -> str:
    """Return the beginning of a chapter, as whole lines of at least `words` words, each with its speaker."""
    kept: list[str] = []
    left = float(words)
    for line in script.lines:
        if left <= 0:
            break
        kept.append(f"{line.speaker}: {line.text}")
        left -= count_words(line.text)
    return "\n".join(kept)
