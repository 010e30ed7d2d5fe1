"""What is kept beside a line that was bought, and the time of a record."""

from chalicelib.domain.usage import LINE, Purchase, UsageRecord, to_metadata


def test_metadata_keeps_its_names_and_holds_neither_user_nor_story() -> None:
    assert to_metadata("2026-11-23T20:00:00.000Z#1", Purchase(LINE, "v3", 0.1, 2, characters=40)) == {
        "bought-at": "2026-11-23T20:00:00.000Z#1",
        "model": "v3",
        "chapter": "2",
        "characters": "40",
        "cost-usd": "0.1",
    }


def test_the_time_of_a_record_is_what_its_id_begins_with() -> None:
    record = UsageRecord("ann", "2026-11-23T20:00:00.000Z#00ff", "s1", Purchase(LINE, "v3", 0.1))
    assert record.time == "2026-11-23T20:00:00.000Z"
