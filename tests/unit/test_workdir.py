import os
import subprocess
import sys
from pathlib import Path

import pytest

from chalicelib.audio import workdir
from chalicelib.audio.workdir import clear_left_over, work_directory


def dead_process() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_what_dead_processes_left_is_removed_and_nothing_else(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    living = tmp_path / f"fireside-{os.getppid()}-mine"
    others = tmp_path / "fireside-local-notes"
    # On Lambda the process after a time-out may have the number of the one that was ended.
    for path in (
        living,
        others,
        left := tmp_path / f"fireside-{dead_process()}-x",
        same := tmp_path / f"fireside-{os.getpid()}-y",
    ):
        path.mkdir()
        (path / "line.pcm").write_bytes(b"sound")
    with work_directory() as first, work_directory() as second:
        assert first.is_dir()
        assert second.is_dir()
        assert not left.exists()
        assert not same.exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([living.name, others.name])
    assert workdir._in_use == set()


def test_a_folder_that_cannot_be_looked_into_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "fireside-not-a-number").mkdir()
    clear_left_over(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["fireside-not-a-number"]
