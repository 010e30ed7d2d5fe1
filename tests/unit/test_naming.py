"""What tables are called, and which names are refused."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.errors import ConfigError
from chalicelib.naming import TABLES, decode_tables, encode_tables
from chalicelib.settings import Settings
from chalicelib.store.tables import ALL


def test_the_names_are_those_of_the_programs_tables() -> None:
    assert {f"fireside-test-{name}" for name in TABLES} == {model.full_name() for model in ALL}


def test_a_table_is_called_by_its_stage_unless_it_is_said_otherwise() -> None:
    named = Settings.from_env({"FIRESIDE_STAGE": "dev", "FIRESIDE_TABLES": "stories=fireside-dev-stories-restored"})
    assert named.table("stories") == "fireside-dev-stories-restored"
    assert named.table("chapters") == "fireside-dev-chapters"
    assert named.queue("stories") == "fireside-dev-stories"  # of a queue nothing else can be said
    assert Settings.from_env({"FIRESIDE_STAGE": "dev"}).table("stories") == "fireside-dev-stories"


def test_what_is_encoded_is_decoded_again() -> None:
    tables = {"stories": "fireside-dev-stories-2026.11", "keys": "fireside-dev-keys-2"}
    assert decode_tables(encode_tables(tables), "dev") == tables
    assert decode_tables(encode_tables({}), "dev") == {}


ENDS = st.text(string.ascii_letters + string.digits + "_.-", min_size=1, max_size=100)


@given(stage=st.sampled_from(["dev", "prod", "s3"]), ends=st.dictionaries(st.sampled_from(TABLES), ENDS))
def test_whatever_can_be_named_is_encoded_and_decoded_again(stage: str, ends: dict[str, str]) -> None:
    tables = {name: f"fireside-{stage}-{name}-{end}" for name, end in ends.items()}
    assert decode_tables(encode_tables(tables), stage) == tables


PIECES = st.sampled_from([*TABLES, *(f"{name}=fireside-dev-{name}" for name in TABLES), *"=,-/. x"])


@given(text=st.lists(PIECES, max_size=12).map("".join))
def test_whatever_is_decoded_can_be_a_table_and_anything_else_is_refused(text: str) -> None:
    try:
        tables = decode_tables(text, "dev")
    except ConfigError:
        return
    for name, full in tables.items():
        assert name in TABLES
        assert full.startswith(f"fireside-dev-{name}")
        assert not set(full) & set("=, \n/")
    assert decode_tables(encode_tables(tables), "dev") == tables


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("novels=fireside-dev-novels", "FIRESIDE_TABLES names the table 'novels'; there are stories, chapters"),
        ("stories", "the table stories must be called fireside-dev-stories or fireside-dev-stories-<more>"),
        ("stories=fireside-prod-stories-2", "must be called fireside-dev-stories"),
        ("stories=fireside-dev-chapters", "must be called fireside-dev-stories"),
        ("stories=fireside-dev-stories2", "must be called fireside-dev-stories"),
        ("stories=fireside-dev-stories-a/b", "must be called fireside-dev-stories"),
        (f"stories=fireside-dev-stories-{'x' * 240}", "at most 255 characters"),
    ],
)
def test_a_name_that_cannot_be_is_named(text: str, said: str) -> None:
    with pytest.raises(ConfigError, match="FIRESIDE_TABLES") as error:
        Settings.from_env({"FIRESIDE_STAGE": "dev", "FIRESIDE_TABLES": text})
    assert said in str(error.value)
