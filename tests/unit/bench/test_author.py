"""The filling author: chapters as long as they were ordered, and never a loop."""

from collections.abc import Iterator
from statistics import mean
from typing import Any

import pytest

from bench.author import LONGEST_LINE, chapter, outline
from chalicelib.domain.script import Script, ScriptLine
from chalicelib.story.delivery import ensure_as_ordered
from chalicelib.story.measures import count_words
from tests.support.providers import chapter_reply

PROMPTS = ["A lamp", "A young dragon learns to fly", "Nobody in town remembers a letter", "Rain"]
PEOPLE = ["Ada", "Bruno", "Cleo", "Dora", "Emil", "Finn"]


def questions(words: int, chapters: int, remark: str = "", named: int = 0) -> Iterator[dict[str, Any]]:
    for prompt in PROMPTS:
        asked = {"prompt": prompt, "title": None, "num_chapters": chapters, "max_cast": 7}
        made = outline({**asked, "named_speakers": PEOPLE[:named]})
        for number, plan in enumerate(made["chapters"], 1):
            yield {
                "bible": {name: value for name, value in made.items() if name != "chapters"},
                "chapter": {"number": number, "of": chapters, **plan},
                "next_chapter": None if number == chapters else {"number": number + 1},
                "seam": {"ending_state": "They wait.", "open_question": "Why?"} if number > 1 else None,
                "words": words,
                "remark": remark,
            }


def ordered(reply: dict[str, Any], words: int, *, few: bool = False) -> float:
    """Return how many words a chapter has, which must be what was ordered."""
    lines = [ScriptLine(str(n), line["speaker"], line["text"]) for n, line in enumerate(reply["lines"])]
    # Too few lines cannot have so many words: those are taken when the author has been asked again.
    ensure_as_ordered(Script(lines), words, last=few)
    return sum(count_words(line.text) for line in lines)


@pytest.mark.parametrize("words", [100, 300, 900, 3000])
@pytest.mark.parametrize("chapters", [1, 2, 5, 12])
def test_chapters_have_as_many_words_as_were_ordered(words: int, chapters: int) -> None:
    counts = [ordered(chapter(question), words) for question in questions(words, chapters)]
    assert mean(counts) == pytest.approx(words, rel=0.05)


@pytest.mark.parametrize("words", [50, 900])
def test_the_shortest_order_a_remark_and_a_large_cast_are_no_trouble(words: int) -> None:
    for question in questions(words, 3, remark="More rain, and an owl.", named=6 if words > 50 else 3):
        ordered(chapter(question), words)


@pytest.mark.parametrize("lines", [3, 4, 8, 36])
def test_so_many_lines_have_the_words_as_far_as_they_can(lines: int) -> None:
    for question in questions(900, 5):
        reply = chapter(question, lines)
        assert len(reply["lines"]) == lines
        assert max(len(line["text"]) for line in reply["lines"]) < LONGEST_LINE
        count = ordered(reply, 900, few=lines < 8)
        if lines > 10:
            assert count == pytest.approx(900, rel=0.05)


@pytest.mark.parametrize("lines", [3, 4, 12, 30, 60])
def test_the_author_in_memory_delivers_what_was_ordered_too(lines: int) -> None:
    for question in questions(900, 3):
        reply = chapter_reply(question, lines)
        assert len(reply["lines"]) == lines
        assert max(len(line["text"]) for line in reply["lines"]) < 800
        count = ordered(reply, 900, few=lines < 8)
        if lines > 8:
            assert count == pytest.approx(900, rel=0.05)
