"""The texts of chapters: their versions, which earlier texts they are based on, and what is spoken."""

from collections.abc import Iterable

from chalicelib.store.access import digest
from chalicelib.store.tables import ChapterItem
from chalicelib.story.kept import read_kept
from chalicelib.story.script import EnhancedLine, EnhancedScript, Script, ScriptLine


def version_of(script: str) -> str:
    """Return the version of a script: 16 characters of a digest of its JSON."""
    return digest(script)[:16]


def based_on(versions: Iterable[str]) -> str:
    """Return one digest of the versions of all chapters before a chapter, in order: the texts it is written from."""
    return digest(*versions)[:16]


def follow_older_texts(chapters: Iterable[ChapterItem]) -> set[int]:
    """Return the numbers of the chapters that were written before an earlier one was changed.

    `chapters` are all chapters of a story, in order.
    """
    versions: list[str] = []
    found: set[int] = set()
    for chapter in chapters:
        if chapter.based_on and chapter.script_version and chapter.based_on != based_on(versions):
            found.add(int(chapter.number))
        versions.append(chapter.script_version or "")
    return found


def kept_script(chapter: ChapterItem) -> Script:
    """Return the script of a written chapter."""
    return read_kept(chapter.script, Script)


def enhanced_of(chapter: ChapterItem) -> EnhancedScript | None:
    """Return the script with directions for the voices, or None if there are none for its present version."""
    if chapter.enhanced and chapter.enhanced_version == chapter.script_version:
        return read_kept(chapter.enhanced, EnhancedScript)
    return None


def lines_of(chapter: ChapterItem) -> list[ScriptLine] | list[EnhancedLine]:
    """Return the lines to narrate: those of the enhanced script if it is up to date, else those of the script."""
    enhanced = enhanced_of(chapter)
    return enhanced.lines if enhanced else kept_script(chapter).lines
