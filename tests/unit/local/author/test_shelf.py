"""The tales that Fireside ships with: fit to be spoken, in any number of chapters, and found by what people ask."""

import re
from itertools import product
from typing import Any

import pytest

from chalicelib.domain.outline import NARRATOR
from chalicelib.domain.script import Script, ScriptLine
from chalicelib.story.config import load_config
from chalicelib.story.delivery import ensure_as_ordered
from chalicelib.story.ear import in_words, plain
from chalicelib.story.measures import count_words
from local.author import performing
from local.author.answers import answer
from local.author.shelf import Tale, lines_of, suits, tales, telling

TALES = pytest.mark.parametrize("tale", tales(), ids=lambda tale: tale.kind)

NO_WORDS = re.compile(r"[0-9%&#*_\[\]{}<>/\\=+@°$€£]")


def test_there_is_one_of_each_kind() -> None:
    assert len(tales()) >= 8
    assert len({tale.kind for tale in tales()}) == len(tales())
    assert {tale.language for tale in tales()} == {"en", "de"}
    assert [tale.outline.narrator.person for tale in tales()].count("first") == 1
    assert all(2 <= len(tale.chapters) <= 6 for tale in tales())


@TALES
def test_a_tale_is_fit_to_be_spoken(tale: Tale) -> None:
    speakers = {NARRATOR, *(character.name for character in tale.outline.cast)}
    assert len({name[0] for name in speakers - {NARRATOR}}) == len(speakers) - 1
    assert len(tale.chapters) == len(tale.outline.chapters)
    for chapter in tale.chapters:
        for line in chapter.lines:
            assert line.speaker in speakers
            assert len(line.text) <= 600
            assert not NO_WORDS.search(line.text), line.text
            # Nothing is left for code to put into words.
            assert in_words(plain(line.text), tale.language) == " ".join(line.text.split()), line.text
        assert {line.speaker for line in chapter.lines if line.short} - {NARRATOR}
        assert sum(bool(line.tags) for line in chapter.lines) * 3 <= len(chapter.lines)
        assert chapter.lines[0].short
        assert chapter.lines[-1].short
    assert all(set(note.note) for chapter in tale.chapters for note in chapter.memory.notes)


@TALES
@pytest.mark.parametrize("count", [1, 2, 3, 5, 50])
def test_a_tale_is_told_in_any_number_of_chapters(tale: Tale, count: int) -> None:
    told = telling(tale, count)
    assert len(told.parts) == count
    own = [index for units in told.parts for other, index in units if other is tale]
    # Whole, and in its order; what more is asked for comes from other tales.
    assert own[: len(tale.chapters)] == list(range(len(tale.chapters)))
    for units in told.parts:
        lines = lines_of(units, 900)
        words = sum(count_words(line.text) for line in lines)
        ensure_as_ordered(script(lines), 900, last=True)
        assert words > 250
        if len(units) == 1:
            ensure_as_ordered(script(lines), 900)


@TALES
def test_a_short_chapter_is_the_short_telling_and_the_shortest_breaks_off_before_its_end(tale: Tale) -> None:
    for units in telling(tale, len(tale.chapters)).parts:
        chapter = units[0][0].chapters[units[0][1]]
        assert lines_of(units, 380) == [line for line in chapter.lines if line.short]
        for words in (50, 100, 170):
            shortest = lines_of(units, words)
            assert shortest[-1] == chapter.lines[-1]
            ensure_as_ordered(script(shortest), words, last=True)


def script(lines: Any) -> Script:
    return Script([ScriptLine(f"{n:03d}", line.speaker, line.text) for n, line in enumerate(lines, 1)])


@pytest.mark.parametrize(
    ("prompt", "kind"),
    [
        ("A lighthouse keeper who is afraid of the dark finds a lamp that only burns for the truth", "adventure"),
        ("A bedtime story for a four-year-old", "bedtime"),
        ("a goodnight story about small animals", "bedtime"),
        ("Somebody has stolen something and a detective must find out who", "mystery"),
        ("a whodunnit", "mystery"),
        ("A detective in a small town", "mystery"),
        ("something scary", "ghost story"),
        ("a funny story about my boss", "comedy"),
        ("Something funny about a village council", "comedy"),
        ("A spaceship runs out of air", "science fiction"),
        ("a robot on a space station", "science fiction"),
        ("a scary ghost story for a rainy night", "ghost story"),
        ("A small bat who is afraid of the dark", "bedtime"),
        ("murder at a village fete", "mystery"),
        ("who stole the mayor's wig", "mystery"),
        ("A letter that arrives forty years late", "first person"),
        ("my grandfather's war diary, told by him", "first person"),
        ("pirates!", "adventure"),
        ("my son loves trains", "adventure"),
        # The page's three ideas for an empty library.
        (
            "A small bear cannot fall asleep, so the moon tells her where all the sounds of the night come from.",
            "bedtime",
        ),
        ("The church bell of a fishing village is gone overnight, and only the retired postwoman asks.", "mystery"),
        ("A man inherits a hotel whose guests are all retired villains, and the inspector comes on Monday.", "comedy"),
        ("Ein M\u00e4rchen f\u00fcr Kinder \u00fcber eine F\u00e4hre", "M\u00e4rchen"),
        ("Erz\u00e4hl mir etwas von der Stadt und einem alten Zauber", "M\u00e4rchen"),
    ],
)
def test_ordinary_prompts_get_the_tale_that_suits_them(prompt: str, kind: str) -> None:
    assert suits(prompt, None, first_person=False, chapters=3).kind == kind


def test_the_configured_tone_chooses_no_tale() -> None:
    tone = load_config().writing.tone
    asked = "A bedtime story for a girl of four"
    assert ask(asked, tone=tone)["title"] == next(tale.title for tale in tales() if tale.kind == "bedtime")
    assert ask(asked, tone=tone) == ask(asked)


def test_who_asks_for_somebody_who_says_i_gets_that() -> None:
    assert suits("A ghost", None, first_person=True, chapters=3).outline.narrator.person == "first"
    assert suits("A ghost", "de", first_person=False, chapters=3).language == "de"
    assert suits("Un fant\u00f4me", "fr", first_person=False, chapters=3).language == "en"


def ask(prompt: str = "A lamp", **fields: Any) -> dict[str, Any]:
    asked = {"prompt": prompt, "title": None, "num_chapters": 3, "max_cast": 7, "language": None, **fields}
    return performing.outline(asked)


def chapter_of(plan: dict[str, Any], number: int, **fields: Any) -> dict[str, Any]:
    bible = {name: value for name, value in plan.items() if name != "chapters"}
    of = len(plan["chapters"])
    return performing.chapter({"bible": bible, "chapter": {"number": number, "of": of}, "words": 900, **fields})


def test_title_and_named_speakers_are_honoured_throughout() -> None:
    plan = ask("A lighthouse and a lamp", title="My lamp", named_speakers=["Narrator", "Zo\u00eb", "Tamsin"])
    assert plan["title"] == "My lamp"
    names = [character["name"] for character in plan["cast"]]
    assert {"Zo\u00eb", "Tamsin"} <= set(names)
    text = str([plan, *(chapter_of(plan, number) for number in (1, 2, 3))])
    old = next(tale for tale in tales() if tale.kind == "adventure").outline.cast[0].name
    assert old not in text
    assert "Zo\u00eb" in {line["speaker"] for line in chapter_of(plan, 1)["lines"]}


def test_more_names_than_the_tale_has_are_in_the_cast() -> None:
    named = ["Zo\u00eb", "Yann", "Xaver", "Ute", "Quirin", "Vera", "Rufus"]
    assert set(named) <= {character["name"] for character in ask(named_speakers=named)["cast"]}


@pytest.mark.parametrize(("kind", "count"), list(product(("adventure", "mystery"), (1, 4, 9))))
def test_every_line_has_a_speaker_of_the_plan(kind: str, count: int) -> None:
    keywords = next(tale for tale in tales() if tale.kind == kind).keywords
    plan = ask(" ".join(keywords), num_chapters=count)
    speakers = {NARRATOR, *(character["name"] for character in plan["cast"])}
    for number in range(1, count + 1):
        assert {line["speaker"] for line in chapter_of(plan, number)["lines"]} <= speakers


def test_a_chapter_in_parts_tells_more_and_nothing_twice_until_the_shelf_is_empty() -> None:
    plan = ask("A lighthouse and a lamp")
    parts = [chapter_of(plan, 1, part={"number": number, "of": 3})["lines"] for number in (1, 2, 3)]
    texts = [line["text"] for part in parts for line in part]
    assert len(set(texts)) == len(texts)


def test_a_remark_that_asks_for_another_length_is_followed_and_no_other() -> None:
    plan = ask("A lighthouse and a lamp")
    earlier = [{"line_id": f"{n:03d}", **line} for n, line in enumerate(chapter_of(plan, 1)["lines"], 1)]
    bible = {name: value for name, value in plan.items() if name != "chapters"}
    asked = {"bible": bible, "chapter": {"number": 1, "of": 3}, "words": 900, "earlier_lines": earlier}
    shorter = performing.rewritten({**asked, "remark": "Make it shorter, please."})
    assert 0 < len(shorter["lines"]) < len(earlier)
    other = performing.rewritten({**asked, "remark": "Put a dragon in it."})
    assert [line["line_id"] for line in other["lines"]] == [line["line_id"] for line in earlier]
    assert not any(line["text"] for line in other["lines"])


def test_its_lines_have_the_directions_that_were_written_for_them() -> None:
    plan = ask("A lighthouse and a lamp")
    lines = [{"line_id": f"{n:03d}", **line} for n, line in enumerate(chapter_of(plan, 1)["lines"], 1)]
    lines[0]["text"] = "A person wrote this."
    bible = {name: value for name, value in plan.items() if name != "chapters"}
    schema: dict[str, Any] = {"properties": {"lines": {}}}
    directed = answer(schema, {"bible": bible, "lines": lines, "tags": []})["lines"]
    assert directed
    assert "001" not in {line["line_id"] for line in directed}


def test_a_plan_of_another_author_is_told_by_those_who_are_in_it() -> None:
    plan = {"title": "Old", "premise": "Pavel has found a lamp.", "cast": [{"name": "Pavel"}], "chapters": [{}] * 2}
    assert {line["speaker"] for line in chapter_of(plan, 2)["lines"]} == {NARRATOR}
