"""Numbers that a story always has: the same for the same story, whatever its title, on every machine."""

import hashlib
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Dice:
    """A stream of numbers from a seed.

    Of the standard library's `random` only `random()` is promised to stay the same.
    """

    def __init__(self, seed: str) -> None:
        self._seed = seed
        self._thrown = 0

    def apart(self, *names: int) -> "Dice":
        """Return dice of their own for a part of a picture, so that how many parts there are changes none of them."""
        return Dice(f"{self._seed}/{names}")

    def part(self) -> float:
        """Return a number from 0 to below 1."""
        self._thrown += 1
        digest = hashlib.sha256(f"{self._seed}\0{self._thrown}".encode()).digest()
        return int.from_bytes(digest[:6], "big") / 2**48

    def between(self, low: float, high: float) -> float:
        """Return a number from `low` to below `high`."""
        return low + (high - low) * self.part()

    def number(self, low: int, high: int) -> int:
        """Return a whole number from `low` to `high`, both included."""
        return low + int(self.part() * (high - low + 1))

    def one_of(self, choices: Sequence[T]) -> T:
        """Return one of the choices."""
        return choices[self.number(0, len(choices) - 1)]

    def shuffled(self, choices: Sequence[T]) -> list[T]:
        """Return the choices in another order."""
        rest = list(choices)
        return [rest.pop(self.number(0, len(rest) - 1)) for _ in choices]
