"""Progress in a pipe: a line for what begins and one now and then, whatever the text holds."""

import io

from local.progress import PatientConsole, ProgressLine


def told(*tasks: tuple[int, str]) -> list[str]:
    file = io.StringIO()
    with ProgressLine(PatientConsole(file=file, markup=False, emoji=False, highlight=False)) as line:
        for progress, message in tasks:
            line.update({"progress": progress, "message": message})
    return file.getvalue().splitlines()


def test_the_same_news_is_told_once() -> None:
    assert told((0, "Waiting"), (0, "Waiting"), (1, "Waiting")) == ["  0 % Waiting"]


def test_chapters_that_take_turns_do_not_fill_the_screen() -> None:
    turns = [(60, f"Narrating chapter {n % 2 + 1} of 2: line {n} of 40") for n in range(20)]
    assert told(*turns) == ["60 % ".rjust(6) + message for _, message in turns[:2]]


def test_long_work_shows_that_it_moves() -> None:
    lines = told(*[(percent, f"Narrating chapter 1 of 1: line {percent}") for percent in range(101)])
    assert len(lines) == 21
    assert lines[-1] == "100 % Narrating chapter 1 of 1: line 100"


def test_brackets_in_a_message_are_told_as_they_are() -> None:
    assert told((5, "Writing [bold]")) == ["  5 % Writing [bold]"]
