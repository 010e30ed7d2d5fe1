"""What a chapter's texts say of each other: which version they are, what they follow from, and what is spoken."""

from collections.abc import Iterable

from chalicelib.store.access import digest
from chalicelib.store.tables import ChapterItem
from chalicelib.story.kept import read_kept
from chalicelib.story.script import EnhancedLine, EnhancedScript, Script, ScriptLine


def version_of(script: str) -> str:
    """The version of a script: a digest of its JSON."""
    return digest(script)[:16]


def based_on(versions: Iterable[str]) -> str:
    """What a chapter is written from: one digest of the versions of all chapters before it, in order."""
    return digest(*versions)[:16]


def follow_older_texts(chapters: Iterable[ChapterItem]) -> set[int]:
    """The numbers of those chapters, all of a story in order, that were written before an earlier one was changed."""
    versions: list[str] = []
    found: set[int] = set()
    for chapter in chapters:
        if chapter.based_on and chapter.script_version and chapter.based_on != based_on(versions):
            found.add(int(chapter.number))
        versions.append(chapter.script_version or "")
    return found


def kept_script(chapter: ChapterItem) -> Script:
    """The script of a written chapter."""
    return read_kept(chapter.script, Script)


def enhanced_of(chapter: ChapterItem) -> EnhancedScript | None:
    """The directions for the voices, if there are any for this very script."""
    if chapter.enhanced and chapter.enhanced_version == chapter.script_version:
        return read_kept(chapter.enhanced, EnhancedScript)
    return None


def lines_of(chapter: ChapterItem) -> list[ScriptLine] | list[EnhancedLine]:
    """What is narrated: the enhanced script if it belongs to this script, else the script."""
    enhanced = enhanced_of(chapter)
    return enhanced.lines if enhanced else kept_script(chapter).lines
