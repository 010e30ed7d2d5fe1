"""The Makefile: its list, and that what a person types arrives as it was meant."""

import json
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from local.arguments import Order
from local.orders import command_of
from tests.support.running import ROOT, environment

_PRINT = 'import json, os, sys; print(json.dumps([os.environ["FIRESIDE_CALLED_BY"], *sys.argv]))'
SHOW = f"{sys.executable} -c '{_PRINT}'"
"""A program in the place of Python, that tells how it was called."""


def make(command: str) -> str:
    return subprocess.run(
        ["sh", "-c", command], cwd=ROOT, env=environment(), capture_output=True, text=True, check=True
    ).stdout


@pytest.mark.parametrize("command", ["make", "make help"])
def test_the_list_is_grouped_and_explains_the_variables(command: str) -> None:
    text = make(command)
    groups = ["Use it on this machine", "Work on it", "Put it on AWS", "Variables"]
    places = [text.index(group) for group in groups]
    assert places == sorted(places)
    for part, name in zip([text[a:b] for a, b in zip(places, [*places[1:], None], strict=True)],
                          ["run", "check", "deploy", "CHAPTERS"], strict=True):  # fmt: skip
        assert f"\n  {name} " in part


def test_every_target_that_a_person_may_call_is_in_the_list() -> None:
    lines = (ROOT / "Makefile").read_text().splitlines()
    [phony] = [line.split(":", 1)[1].split() for line in lines if line.startswith(".PHONY:")]
    listed = {line.split()[0] for line in make("make help").splitlines() if line.startswith("  ")}
    assert set(phony) - listed == {"axe"}


@pytest.mark.parametrize("prompt", ["A lamp", 'Ann\'s $5 `lamp` "burns"', "100 % \\ #1", "-x", "第一章 霧"])
def test_the_command_that_goes_on_asks_for_the_same_prompt(prompt: str) -> None:
    command = command_of(Order(prompt, 2, Path("out")), {"FIRESIDE_CALLED_BY": "make"}, new=True)
    printed = make(f"{command} -s -o .venv/.ready RUN={shlex.quote(SHOW.replace('$', '$$'))}")
    assert json.loads(printed) == ["make", "-c", "-m", "local", "run", f"--prompt={prompt}", "--chapters=2", "--new"]
