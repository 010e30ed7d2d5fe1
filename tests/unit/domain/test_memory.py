"""What is remembered from chapter to chapter, and what is forgotten first."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.memory import (
    LONGEST_MEMORY,
    LONGEST_RECORD,
    Memory,
    Note,
    recall,
    shortened,
    tidy,
)

NOTES = st.builds(
    Note,
    kind=st.sampled_from(["knows", "planted", "changed"]),
    about=st.text(max_size=100),
    note=st.text(max_size=600),
    open=st.booleans(),
)
MEMORIES = st.builds(Memory, notes=st.lists(NOTES, max_size=60), settled=st.lists(st.just("1.1"), max_size=2))


def size(value: object) -> int:
    return len(msgspec.json.encode(value))


@given(st.lists(MEMORIES, max_size=6))
def test_what_a_chapter_is_told_has_a_bound_and_an_order(memories: list[Memory]) -> None:
    records = list(enumerate(map(tidy, memories), 1))
    assert all(size(record.notes) <= LONGEST_RECORD + 2 for _, record in records)
    told = recall(records)
    assert size(told) <= LONGEST_MEMORY + 2
    ids = [tuple(map(int, note.id.split("."))) for note in told]
    assert ids == sorted(ids)


def test_thirty_chapters_overflow_and_what_was_planted_in_the_first_is_told_to_the_last() -> None:
    planted = Note("planted", "the brass key", "Ada hides it under the third step.", open=True)
    passing = [
        Note("place", f"room {number}", "A room with a clock and a view of the sea. " * 3) for number in range(40)
    ]
    promises = [
        Note("promise", f"promise {number}", "Somebody will pay for this. " * 4, open=True) for number in range(8)
    ]
    first = Memory([*passing, planted])
    later = [Memory([*passing, *promises]) for _ in range(28)]
    records = [(number, tidy(memory)) for number, memory in enumerate([first, *later], 1)]
    assert sum(size(record) for _, record in records) > 3 * LONGEST_MEMORY
    told = recall(records)
    assert any(note.about == "the brass key" and note.open for note in told)
    # Each chapter is still heard of, and nothing passing is kept while something unresolved had to go.
    assert {note.id.partition(".")[0] for note in told} == {str(number) for number in range(1, 30)}
    assert all(note.open for note in told)


def test_what_is_settled_is_forgotten_before_what_is_open() -> None:
    long = "x" * 380
    early = tidy(Memory([Note("planted", f"{n}", long, open=True) for n in range(20)]))
    records = [(n, early) for n in range(1, 5)] + [(5, Memory([], [f"1.{n}" for n in range(2, 21)]))]
    told = recall(records)
    assert {note.id for note in told if note.id.startswith("1.")} >= {"1.1"}
    assert not any(note.open for note in told if note.id.startswith("1.") and note.id != "1.1")


def test_a_person_who_was_renamed_stays_so() -> None:
    changed = Note("changed", "Tom", "He is called Tim now.")
    crowd = [Note("time", f"{n}", "y" * 300) for n in range(30)]
    records = [(1, tidy(Memory([*crowd, changed])))] + [(n, tidy(Memory(crowd))) for n in range(2, 30)]
    assert [note.note for note in recall(records) if note.kind == "changed"] == ["He is called Tim now."]


@given(st.lists(st.text(max_size=2000), max_size=40), st.integers(0, 5000))
def test_summaries_are_shortened_from_the_oldest_on(texts: list[str], most: int) -> None:
    told = shortened(texts, most)
    assert len(told) == len(texts)
    assert sum(len(text.encode()) for text in told) <= most or most == 0
    untouched = [index for index, text in enumerate(texts) if told[index] == text]
    if sum(len(text.encode()) for text in texts) <= most:
        assert told == texts
    elif untouched and max(untouched) < len(texts) - 1:
        assert told[-1] != texts[-1] or texts[-1] == ""
