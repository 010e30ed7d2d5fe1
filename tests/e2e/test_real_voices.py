"""`make run VOICES=real` and `make serve VOICES=real` are the usual commands, called through Kokoro's installation."""

import json
import shlex
import subprocess

import pytest

from tests.e2e.test_make import SHOW
from tests.support.running import ROOT, environment


def make(arguments: str) -> "subprocess.CompletedProcess[str]":
    program = f"RUN={shlex.quote(SHOW.replace('$', '$$'))}"
    return subprocess.run(
        ["sh", "-c", f"make -s -o .venv/.ready {program} {arguments}"],
        cwd=ROOT,
        env=environment() | {"FIRESIDE_CALLED_BY": ""},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("arguments", "called"),
    [
        ("run VOICES=real PROMPT='A lamp' NEW=1", ["local.kokoro", "run", "--prompt=A lamp", "--chapters=3", "--new"]),
        ("serve VOICES=real PORT=8123", ["local.kokoro", "serve", "--port=8123"]),
        ("serve VOICES= PORT=8123", ["local", "serve", "--port=8123"]),
    ],
)
def test_voices_decide_what_is_called(arguments: str, called: list[str]) -> None:
    assert json.loads(make(arguments).stdout)[3:] == called


def test_other_voices_are_refused() -> None:
    refused = make("run VOICES=reel PROMPT='A lamp'")
    assert refused.returncode == 2
    assert "VOICES must be real, or left out; it is reel." in refused.stderr
    assert refused.stdout == ""
