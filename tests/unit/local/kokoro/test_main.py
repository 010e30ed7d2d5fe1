"""`python -m local.kokoro`: what is wrong is said before anything is downloaded, and then `python -m local` runs."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from chalicelib.errors import ConfigError
from local.kokoro import __main__ as module
from local.kokoro.__main__ import main

RUN = ["run", "--prompt=A lamp", "--chapters=1"]


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Take the place of the installation and of its folder; give the environment back as it was."""
    before = dict(os.environ)
    monkeypatch.setattr(module, "install", lambda _say: None)
    monkeypatch.setattr(module, "configuration", lambda base, at_once: tmp_path / f"{base.name}-{at_once}")
    monkeypatch.setattr(module, "lines_at_once", lambda: 2)
    yield
    for name in ("FIRESIDE_VOICES", "FIRESIDE_CONFIGS"):
        os.environ.pop(name, None)
        if name in before:
            os.environ[name] = before[name]


def executed(arguments: list[str]) -> list[object]:
    """Return what the process became, or the exit status."""
    became: list[object] = []
    status = main(arguments, lambda *program: became.append(program))
    return became or [status]


def test_the_command_becomes_the_usual_one_with_another_configuration(tmp_path: Path) -> None:
    assert executed(RUN) == [(sys.executable, [sys.executable, "-m", "local", *RUN])]
    assert os.environ["FIRESIDE_VOICES"] == "real"
    assert os.environ["FIRESIDE_CONFIGS"] == str(tmp_path / "configs-2")


def test_the_users_own_directory_of_configuration_is_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("FIRESIDE_CONFIGS", "/somewhere/mine")
    executed(["serve"])
    assert os.environ["FIRESIDE_CONFIGS"] == str(tmp_path / "mine-2")


def test_a_mistake_is_told_before_anything_is_downloaded(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(module, "install", pytest.fail)
    assert executed(["run", "--prompt=A lamp", "--chapters=99"]) == [2]
    assert capsys.readouterr().err == "fireside: CHAPTERS must be 1 to 50; it is 99.\n"
    with pytest.raises(SystemExit, match="2"):
        main(["serve", "--porter"])


@pytest.mark.parametrize(
    ("fault", "status", "said"),
    [
        (ConfigError("Kokoro cannot be had."), 2, "fireside: Kokoro cannot be had.\n"),
        (OSError(28, "No space left on device", "/somewhere"), 2, "fireside: /somewhere: No space left on device.\n"),
        (KeyboardInterrupt(), 130, ""),
    ],
)
def test_what_cannot_be_had_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], fault: BaseException, status: int, said: str
) -> None:
    def fails(_say: object) -> None:
        raise fault

    monkeypatch.setattr(module, "install", fails)
    assert executed(RUN) == [status]
    assert capsys.readouterr().err == said
