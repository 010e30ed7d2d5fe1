"""Digests under which paid results are stored: where the parts end counts, and today's digests stay."""

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.digest import digest, text_digest

parts = st.lists(st.text(st.characters(), max_size=5), max_size=4)


@given(parts, parts)
def test_only_the_same_parts_have_the_same_digest(one: list[str], other: list[str]) -> None:
    assert (digest(*one) == digest(*other)) == (one == other)


def test_where_a_part_ends_counts() -> None:
    assert len({digest("ab", "c"), digest("a", "bc"), digest("abc"), digest("abc", "")}) == 4


def test_a_text_and_its_bytes_are_the_same_part() -> None:
    assert digest("é") == digest("é".encode())
    assert digest("\ud800") == digest(b"\xed\xa0\x80")


def test_what_is_stored_stays_found() -> None:
    """Each part follows its length in eight bytes; a text on its own is hashed as it stands."""
    assert digest("a", "bc") == hashlib.sha256(b"\0\0\0\0\0\0\0\1a\0\0\0\0\0\0\0\2bc").hexdigest()
    of_abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"  # pragma: allowlist secret
    assert text_digest("abc") == of_abc
