"""What a text may have in bytes, wherever it comes from; each is named where it has more."""

import msgspec
import pytest

from chalicelib.domain.outline import NARRATOR, ChapterOutline, Character, Outline, Seam
from chalicelib.domain.script import Script, ScriptLine
from chalicelib.errors import Overlong, Oversized
from chalicelib.story.brief import Brief
from chalicelib.story.outlining import tidy_outline
from chalicelib.story.replies import ChapterDraft, DraftLine, Enhancement, LineTags
from chalicelib.story.script import enhanced, script_of
from chalicelib.story.sizes import LONGEST_DIRECTIONS, LONGEST_OUTLINE, LONGEST_SCRIPT, too_large

KA = "\u0d15"
"""A letter of Malayalam, three bytes in UTF-8."""

BRIEF = Brief(prompt="A lighthouse", language="ml", words=900, tone="Warm.")


def size(value: object) -> int:
    return len(msgspec.json.encode(value))


def person(name: str) -> Character:
    return Character(name, "female", "young", "none", "friend", "Kind.")


def outline(*, cast: list[Character] | None = None, beat: str = "They climb.") -> Outline:
    return Outline("t", "p", "s", [], cast or [person("Ada")], [ChapterOutline("One", [beat], "Up.")])


def test_bytes_are_counted_not_letters() -> None:
    assert too_large("a script", "x" * 998, 1000) is None  # two quotes make it a thousand
    assert too_large("a script", "x" * 999, 1000) == "a script may have 1 KB at most; this one has 2"
    assert too_large("a script", KA * 333, 1000) == "a script may have 1 KB at most; this one has 2"


def test_a_chapter_of_few_letters_may_still_be_too_large_for_its_speakers_have_long_names() -> None:
    speaker = KA * 60
    lines = [DraftLine(speaker, "a", False)] * (LONGEST_SCRIPT // 200)
    with pytest.raises(Overlong, match=f"lines: a script may have {LONGEST_SCRIPT // 1000} KB at most"):
        script_of(ChapterDraft(lines, "", Seam("", "")), [speaker])


def test_directions_are_refused_by_their_bytes() -> None:
    script = Script([ScriptLine(f"{n:03d}", NARRATOR, "a") for n in range(LONGEST_DIRECTIONS // 400)])
    few = Enhancement([LineTags(line.line_id, ["x" * 40] * 3) for line in script.lines])
    assert size(enhanced(script, few)) <= LONGEST_DIRECTIONS
    many = Enhancement([LineTags(line.line_id, [KA * 40] * 3) for line in script.lines])
    with pytest.raises(Oversized, match="a script with its tags may have"):
        enhanced(script, many)


def test_an_outline_is_refused_by_its_bytes_and_its_largest_field_is_named() -> None:
    plan = outline(beat=KA * (LONGEST_OUTLINE // 3))
    with pytest.raises(Oversized, match=f"chapters: an outline may have {LONGEST_OUTLINE // 1000} KB at most"):
        tidy_outline(plan, BRIEF, 7)
    wordy = msgspec.structs.replace(outline(), rules=[KA * (LONGEST_OUTLINE // 3)])
    with pytest.raises(Oversized, match="rules: an outline"):
        tidy_outline(wordy, BRIEF, 7)
    fitting = outline(beat="x" * (LONGEST_OUTLINE - 1000))
    assert tidy_outline(fitting, BRIEF, 7).chapters == fitting.chapters
