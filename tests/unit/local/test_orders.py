"""The command that goes on, as a shell has to be given it."""

import shlex
from pathlib import Path

import pytest

from local.arguments import Order
from local.orders import command_of

PROMPTS = ["A lamp", 'Ann\'s $5 `lamp` "burns"', "two\nlines", "-x", "100 % \\ #1"]


@pytest.mark.parametrize("prompt", PROMPTS)
def test_the_command_names_every_input_that_matters(prompt: str) -> None:
    command = command_of(Order(prompt, 2, Path("my out")), {"FIRESIDE_STATE": "/a b"})
    assert shlex.split(command) == [
        "FIRESIDE_STATE=/a b", ".venv/bin/python", "-m", "local", "run",
        f"--prompt={prompt}", "--chapters", "2", "--out", "my out",
    ]  # fmt: skip


@pytest.mark.parametrize("prompt", PROMPTS)
def test_through_make_a_dollar_is_doubled(prompt: str) -> None:
    command = command_of(Order(prompt, 3, Path("out")), {"FIRESIDE_CALLED_BY": "make"}, new=True)
    assert shlex.split(command) == ["make", "run", f"PROMPT={prompt.replace('$', '$$')}", "CHAPTERS=3", "NEW=1"]


def test_a_story_goes_on_in_the_voices_that_it_was_begun_with() -> None:
    by_make = command_of(Order("A lamp", 3, Path("out")), {"FIRESIDE_CALLED_BY": "make", "FIRESIDE_VOICES": "real"})
    assert shlex.split(by_make) == ["make", "run", "PROMPT=A lamp", "CHAPTERS=3", "VOICES=real"]
    alone = command_of(Order("A lamp", 3, Path("out")), {"FIRESIDE_VOICES": "real"})
    assert shlex.split(alone)[:4] == [".venv/bin/python", "-m", "local.kokoro", "run"]
