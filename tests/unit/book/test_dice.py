"""Numbers from a seed: always the same ones, and evenly spread."""

from collections import Counter

from chalicelib.book.dice import Dice


def test_the_same_seed_gives_the_same_numbers_on_every_machine() -> None:
    # Known values: a cover must not change with a new Python.
    dice = Dice("a story")
    assert [dice.number(0, 999) for _ in range(4)] == [146, 295, 997, 579]
    assert Dice("another").number(0, 999) == 522


def test_every_number_of_a_range_comes_about_as_often_as_the_others() -> None:
    dice = Dice("many")
    counted = Counter(dice.number(3, 7) for _ in range(5_000))
    assert set(counted) == {3, 4, 5, 6, 7}
    assert min(counted.values()) > 850


def test_a_shuffle_keeps_every_choice() -> None:
    assert sorted(Dice("s").shuffled("abcdef")) == list("abcdef")
    assert len({tuple(Dice(str(number)).shuffled("abc")) for number in range(60)}) == 6
