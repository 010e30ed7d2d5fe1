"""The sentences that a task ends with."""

import pytest

from chalicelib.domain.steps import Step
from chalicelib.domain.task import StepFailure
from chalicelib.pipeline.endings import done_message, failed_sentence
from chalicelib.pipeline.stages import audio_plan, story_plan

REFUSED = "ElevenLabs declined this text. Change it, then retry."
NO_AUDIO = "ElevenLabs answered with something that is not audio. Retry."


def failed(chapter: int, sentence: str = REFUSED) -> StepFailure:
    return StepFailure(Step("narrate", chapter), "content_refused", sentence, "2026-11-26T12:00:00.000Z")


def test_each_cause_is_said_once_with_its_chapters_the_first_one_first() -> None:
    noted = [failed(7, NO_AUDIO), failed(2), failed(4), failed(1)]
    assert failed_sentence(noted, story_plan(8, enhance=True, audio=True)) == (
        f"Chapter 7 could not be narrated: {NO_AUDIO} Chapters 1, 2 and 4 could not be narrated: {REFUSED}"
    )


def test_a_plan_of_one_chapter_need_not_say_which() -> None:
    assert failed_sentence([failed(3)], audio_plan([3])) == REFUSED


def test_a_sentence_that_names_its_chapter_stands_alone() -> None:
    long = "Chapter 2 is too long to be narrated: a chapter may take 40 minutes."
    assert failed_sentence([failed(2, long), failed(3)], audio_plan([1, 2, 3])) == (
        f"{long} Chapter 3 could not be narrated: {REFUSED}"
    )


@pytest.mark.parametrize(
    ("postponed", "skipped", "message"),
    [
        ({}, (), "Done"),
        ({}, (2,), "Done. Chapter 2 has no directions for the voices: no usable ones came."),
        ({}, (3, 1), "Done. Chapters 1 and 3 have no directions for the voices: no usable ones came."),
        (
            {2: 812_345},
            (),
            "Written, but chapter 2 came out longer than planned and waits for you: narrating would cost $0.81, "
            "more than 1.5 times what was quoted.",
        ),
        (
            {2: 800_000, 1: 400_000},
            (1,),
            "Written, but chapters 1 and 2 came out longer than planned and wait for you: narrating would cost $1.20, "
            "more than 1.5 times what was quoted. Chapter 1 has no directions for the voices: no usable ones came.",
        ),
    ],
)
def test_what_a_person_should_know_of_a_completed_task(
    postponed: dict[int, int], skipped: tuple[int, ...], message: str
) -> None:
    assert done_message(postponed, [Step("enhance", chapter) for chapter in skipped]) == message


def test_a_book_that_could_not_be_made_is_told_beside_what_else_there_is() -> None:
    book = "Every chapter is there, but the book's files could not be made: ask for the book again."
    assert done_message({}, [Step("book")]) == f"Done. {book}"
    assert done_message({}, [Step("book"), Step("enhance", 2)]) == (
        f"Done. Chapter 2 has no directions for the voices: no usable ones came. {book}"
    )
