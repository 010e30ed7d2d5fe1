"""What the outline of a stored story says: the titles of its chapters, and the names that may speak a line."""

from chalicelib.errors import NotFound
from chalicelib.store.tables import StoryItem
from chalicelib.story.kept import read_kept
from chalicelib.story.replies import Outline


def speakers(story: StoryItem) -> list[str]:
    """Return the names that may speak a line, the Narrator first; empty until the outline is written."""
    return read_kept(story.outline, Outline).speakers() if story.outline else []


def chapter_titles(story: StoryItem) -> list[str]:
    """Return the titles of all chapters; "Chapter 1" and so on until the outline is written."""
    if not story.outline:
        return [f"Chapter {number}" for number in range(1, int(story.num_chapters) + 1)]
    return [chapter.title for chapter in read_kept(story.outline, Outline).chapters]


def title_of(story: StoryItem, number: int) -> str:
    """Return a chapter's title; raise NotFound for a number that the story does not have."""
    titles = chapter_titles(story)
    if not 1 <= number <= len(titles):
        raise NotFound("Chapter not found")
    return titles[number - 1]
