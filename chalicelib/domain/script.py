"""A chapter's script: lines with a speaker, as they are stored, shown and narrated."""

import re

import msgspec

_TAG = re.compile(r"\[[^\[\]\n]{0,80}\]")
_SPACES = re.compile(r"\s+")


class ScriptLine(msgspec.Struct, frozen=True):
    """One line: who says what. `scene_break` is true where a new scene begins."""

    line_id: str
    speaker: str
    text: str
    scene_break: bool = False


class Script(msgspec.Struct, frozen=True):
    """A chapter as it was written."""

    lines: list[ScriptLine]


class EnhancedLine(msgspec.Struct, frozen=True):
    """The same line with audio tags (without brackets) beside the text; the text is the script's."""

    line_id: str
    speaker: str
    text: str
    tags: list[str]
    scene_break: bool = False


class EnhancedScript(msgspec.Struct, frozen=True):
    """A chapter with directions for the voices."""

    lines: list[EnhancedLine]


def without_tags(text: str) -> str:
    """Return text as it can be spoken: no bracketed tags such as `[whispers]`, no line breaks, single spaces.

    Models that know no tags read them aloud.
    """
    return _SPACES.sub(" ", _TAG.sub(" ", text)).strip()
