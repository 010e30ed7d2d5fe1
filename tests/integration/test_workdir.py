"""Work directories in a real folder: who holds one, and what goes."""

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from chalicelib.audio.workdir import clear_left_over, work_directory

WORKER = """
import sys
from chalicelib.audio.workdir import work_directory
with work_directory() as path:
    (path / "line.pcm").write_bytes(b"sound")
    print(path, flush=True)
    sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


def worker() -> "tuple[subprocess.Popen[str], Path]":
    process = subprocess.Popen([sys.executable, "-c", WORKER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return process, Path(process.stdout.readline().strip())


def test_what_a_killed_process_left_is_removed_and_nothing_else(folder: Path) -> None:
    (living, in_use), (dying, left) = worker(), worker()
    (folder / "fireside-local-notes").mkdir()
    dying.kill()
    dying.communicate()
    assert left.is_dir()
    with work_directory() as first, work_directory() as second:
        assert not left.exists()
        assert all(path.is_dir() for path in (in_use, first, second))
        assert (in_use / "line.pcm").read_bytes() == b"sound"
    living.communicate("")
    assert [path.name for path in folder.iterdir()] == ["fireside-local-notes"]


def test_steps_that_begin_together_leave_each_others_directories_alone(folder: Path) -> None:
    together = threading.Barrier(8)

    def work(_number: int) -> bool:
        kept = True
        for _ in range(30):
            together.wait(30)
            with work_directory() as path:
                (path / "line.pcm").write_bytes(b"sound")
                clear_left_over(folder)
                kept = kept and (path / "line.pcm").exists()
        return kept

    with ThreadPoolExecutor(8) as workers:
        assert all(workers.map(work, range(8)))
    assert list(folder.iterdir()) == []


def test_a_link_is_not_followed(folder: Path) -> None:
    (folder / "precious").mkdir()
    (folder / "precious" / "file").write_text("kept")
    (folder / "fireside-work-link").symlink_to(folder / "precious")
    clear_left_over(folder)
    assert (folder / "precious" / "file").read_text() == "kept"
