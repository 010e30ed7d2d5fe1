"""The token that opens the page on one machine: whole, kept, and nobody else's to read."""

import stat
from pathlib import Path

import pytest

from chalicelib.errors import Invalid
from chalicelib.store.access import TokenStore
from local.tokens import kept_token


def test_the_token_is_kept_and_its_owner_alone_can_read_it(tmp_path: Path) -> None:
    door = tmp_path / "state" / "door"
    token = kept_token(door)
    assert len(token) >= 40
    assert kept_token(door) == token
    assert stat.S_IMODE(door.stat().st_mode) == 0o600


@pytest.mark.parametrize("left", ["", "\n"])
def test_a_file_that_a_crash_left_empty_is_made_again(tmp_path: Path, left: str) -> None:
    door = tmp_path / "door"
    door.write_text(left)
    assert len(kept_token(door)) >= 40
    assert [file.name for file in tmp_path.iterdir()] == ["door"]


@pytest.mark.parametrize("token", ["", " "])
def test_an_empty_token_lets_nobody_in(token: str) -> None:
    with pytest.raises(Invalid):
        TokenStore(lambda: 0.0).accept(token, "ann")
    assert TokenStore(lambda: 0.0).user_of("") is None
