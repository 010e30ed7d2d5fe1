"""Replies as authors really form them, read into the struct that was asked for."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.outline import Character, Outline, Seam
from chalicelib.errors import CutOff, Unusable
from chalicelib.story.reading import read_reply
from chalicelib.story.replies import ChapterDraft, Enhancement, LineTags, Summary

SUMMARY = Summary("Ada walks home.", Seam("At the gate.", "Who has the key?"))
GOOD = json.dumps(
    {"summary": SUMMARY.summary, "seam": {"ending_state": "At the gate.", "open_question": "Who has the key?"}}
)


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        f"\ufeff{GOOD}",
        f"```json\n{GOOD}\n```",
        f"Sure! [one moment] {{here}} it is:\n\n{GOOD}\n\nTell me {{if}} you like it.",
        f'<think>It wants {{summary: ...}} or {{"summary": </think>\n{GOOD}',
        f'{{"summary": "A draft.", "seam": {{}}}}\n{GOOD}',
        f"[{GOOD}]",
        json.dumps(GOOD),
        json.dumps({"result": json.loads(GOOD)}),
        json.dumps({"result": {"summary": json.loads(GOOD)}}),
        json.dumps({"properties": json.loads(GOOD), "type": "object"}),
        f'{GOOD[:-1]}, "note": null, "score": 1e400}}',
        f"{GOOD[:-2]},}},}}",
        GOOD.replace("walks", "walks\\u0000\\u200b"),
        GOOD.replace('"summary"', '"Summary"').replace("ending_state", "endingState"),
        GOOD.replace("Ada ", "Ada\\ "),
    ],
)
def test_an_answer_is_found_in_any_form(text: str) -> None:
    assert read_reply(text, Summary) == SUMMARY


def test_a_raw_line_feed_within_a_string_is_white_space() -> None:
    assert read_reply(GOOD.replace("walks ", "walks\n"), Summary).summary == "Ada walks\nhome."


@pytest.mark.parametrize("end", [1, 20, 40, len(GOOD) - 1])
def test_text_that_ends_within_the_object_was_cut_off(end: int) -> None:
    with pytest.raises(CutOff):
        read_reply(GOOD[:end], Summary)
    with pytest.raises(CutOff):
        read_reply(f"```json\n{GOOD[:end]}", Summary)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "I cannot help with that.",
        "{}",
        "null",
        "[]",
        '["\\ud800"]',
        '{"summary": null, "seam": {}}',
        '{"summary": {"a": []}, "seam": {}}',
        f'{{"summary": {"9" * 5000}, "seam": {{}}}}',
        "[" * 3000 + "]" * 3000,
        '{"summary": "He said "go" and left.", "seam": {}}',
    ],
)
def test_a_reply_without_an_answer_is_unusable(text: str) -> None:
    with pytest.raises(Unusable):
        read_reply(text, Summary)


def test_a_field_that_is_of_use_without_a_word_has_one() -> None:
    draft = read_reply('{"lines": [{"speaker": "Ada", "text": "Hm."}], "summary": "Hm."}', ChapterDraft)
    assert (draft.lines[0].scene_break, draft.seam) == (False, Seam())


def test_words_that_the_schema_does_not_have_count_as_left_out() -> None:
    cast: list[dict[str, Any]] = [
        {"name": "Ada", "gender": "FEMALE", "age": "middle aged", "accent": None},
        {"name": "Bo", "gender": "robot", "age": 9},
    ]
    reply = {"title": "T", "premise": "P", "setting": "S", "rules": "One.", "cast": cast}
    reply |= {"chapters": [{"title": 1, "beats": "A beat."}]}
    outline = read_reply(json.dumps(reply), Outline)
    assert outline.cast == [Character("Ada", "female"), Character("Bo")]
    assert (outline.rules, outline.chapters[0].title, outline.chapters[0].beats) == (["One."], "1", ["A beat."])


def test_a_bare_list_is_that_of_the_only_field() -> None:
    assert read_reply('[{"line_id": "001", "tags": "sad"}]', Enhancement).lines == [LineTags("001", ["sad"])]


@given(st.integers(0, len(GOOD)), st.text(max_size=6), st.integers(0, 12))
def test_no_text_raises_anything_else(at: int, put: str, cut: int) -> None:
    try:
        assert isinstance(read_reply(GOOD[:at] + put + GOOD[at + cut :], Summary), Summary)
    except (Unusable, CutOff) as error:
        assert str(error)
