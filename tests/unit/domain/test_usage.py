"""The record of a purchase beside the line that was bought: found again, it is the same record."""

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.usage import LINE, Purchase, UsageRecord, from_metadata, to_metadata

purchases = st.builds(
    Purchase,
    kind=st.just(LINE),
    model=st.text(min_size=1, max_size=30),
    cost_usd=st.floats(0, 1000),
    chapter=st.integers(0, 50),
    characters=st.integers(0, 100_000),
)


@given(purchases, st.text(max_size=40))
def test_the_record_of_a_line_is_read_back_as_it_was(purchase: Purchase, time_id: str) -> None:
    record = UsageRecord("ann", time_id, "s1", purchase)
    assert from_metadata("ann", "s1", to_metadata(record)) == record


def test_metadata_keeps_its_names_and_holds_neither_user_nor_story() -> None:
    record = UsageRecord("ann", "2026-11-23T20:00:00.000Z#1", "s1", Purchase(LINE, "v3", 0.1, 2, characters=40))
    assert to_metadata(record) == {
        "bought-at": "2026-11-23T20:00:00.000Z#1",
        "model": "v3",
        "chapter": "2",
        "characters": "40",
        "cost-usd": "0.1",
    }


def test_a_line_without_a_record_has_none() -> None:
    assert from_metadata("ann", "s1", {"duration": "1.5"}) is None


def test_the_time_of_a_record_is_what_its_id_begins_with() -> None:
    record = UsageRecord("ann", "2026-11-23T20:00:00.000Z#00ff", "s1", Purchase(LINE, "v3", 0.1))
    assert record.time == "2026-11-23T20:00:00.000Z"
