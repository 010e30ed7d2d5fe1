"""What a story is called, who speaks in it and what its chapters are called, before and after its outline."""

from msgspec.structs import replace

from chalicelib.domain.outline import ChapterOutline, Character, Outline
from tests.support.stories import draft

OUTLINE = Outline(
    title="The Lamp",
    premise="",
    setting="",
    rules=[],
    cast=[Character("Ada", "female", "young", "none", "keeper", ""), Character("Bruno", "male", "old", "none", "", "")],
    chapters=[ChapterOutline("Dusk", [], ""), ChapterOutline("Dawn", [], "")],
)


def test_before_its_outline_a_story_has_no_cast_and_numbered_chapters() -> None:
    story = replace(draft(), num_chapters=3)
    assert story.speakers() == []
    assert story.chapter_titles() == ["Chapter 1", "Chapter 2", "Chapter 3"]
    assert story.seconds == {}


def test_the_narrator_speaks_first_and_chapters_have_their_titles() -> None:
    story = replace(draft(), num_chapters=2, outline=OUTLINE)
    assert story.speakers() == ["Narrator", "Ada", "Bruno"]
    assert story.chapter_titles() == ["Dusk", "Dawn"]


def test_a_story_without_a_title_is_named_by_how_its_prompt_begins() -> None:
    assert replace(draft(), title=None).name == "A lighthouse"
    long = "A lighthouse keeper finds a letter in a bottle, and it is addressed to her in her own hand"
    assert (
        replace(draft(), title=None, prompt=long).name == "A lighthouse keeper finds a letter in a bottle, and it is…"
    )
    assert replace(draft(), title=None, prompt="\u202e").name == "Untitled"
    assert replace(draft(), title="The Lamp").name == "The Lamp"


def test_seconds_are_those_of_the_narrated_chapters() -> None:
    assert replace(draft(), durations={2: 61.5}).seconds == {2: 61.5}
