"""Steps of a task, plans made of them, and the short codes that both are stored and sent as."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, cast

Kind = Literal["outline", "write", "enhance", "narrate", "book"]

_LETTERS: dict[Kind, str] = {"outline": "o", "write": "w", "enhance": "e", "narrate": "n", "book": "b"}
_KINDS: dict[str, Kind] = {letter: kind for kind, letter in _LETTERS.items()}
_STEP = re.compile(r"([ob])|([wen])([1-9][0-9]*)")
_LATER = re.compile(r"(?!(?:[owenb]|outline|write|enhance|narrate|book)[0-9]*$)([a-z]+)([1-9][0-9]*)?")
"""A step of a kind that only a later version knows: it stays in plans, and only that version carries it out. The
names of our own kinds are not codes: their codes are their letters."""


@dataclass(frozen=True, slots=True, order=True)
class Step:
    """A unit of work: `outline` or `book` (chapter 0), or `write`, `enhance` or `narrate` of a chapter (from 1)."""

    kind: Kind
    chapter: int = 0

    @property
    def code(self) -> str:
        """The short form stored in task items and messages: `o`, `w3`, `e3`, `n3`, `b`."""
        return _LETTERS.get(self.kind, self.kind) + (str(self.chapter) if self.chapter else "")

    @property
    def known(self) -> bool:
        """Whether this version can carry out the step."""
        return self.kind in _LETTERS

    @classmethod
    def parse(cls, code: str) -> "Step":
        """Return the step of a code; raise ValueError for anything else."""
        match = _STEP.fullmatch(code)
        if match is None and (later := _LATER.fullmatch(code)):
            return cls(cast(Kind, later[1]), int(later[2] or 0))
        if match is None:
            raise ValueError("not a step code")
        return cls(_KINDS[match[1]]) if match[1] else cls(_KINDS[match[2]], int(match[3]))


Plan = frozenset[Step]
"""All steps of a task."""


def progress(plan: Plan, done: Iterable[Step], partly: Mapping[Step, int] | None = None) -> int:
    """Return the percentage of the plan that is done, rounded down, so that 100 means all of it.

    `partly` holds the percentages of steps in progress; steps that are not in the plan, or done, do not count. The
    book takes seconds where a chapter takes minutes: it counts only where it is all of the plan.
    """
    finished = plan & set(done)
    counted = frozenset(step for step in plan if step.kind != "book") or plan
    underway = sum(min(99, max(0, share)) for step, share in (partly or {}).items() if step in counted - finished)
    percent = (100 * len(counted & finished) + underway) // max(1, len(counted))
    return percent if finished == plan else min(99, percent)


def format_plan(plan: Plan) -> str:
    """Format a plan in a few characters, such as `o w1-10 e1-10 n1,3 b`, so that a task item stays small."""
    parts = ["o"] if Step("outline") in plan else []
    for kind in ("write", "enhance", "narrate"):
        chapters = sorted(step.chapter for step in plan if step.kind == kind)
        if chapters:
            parts.append(_LETTERS[kind] + ",".join(_ranges(chapters)))
    return " ".join([*parts, "b"] if Step("book") in plan else parts)


def parse_plan(text: str) -> Plan:
    """Parse what `format_plan` wrote."""
    steps: set[Step] = set()
    for part in text.split():
        if part == "o":
            steps.add(Step("outline"))
            continue
        letters = part.rstrip("0123456789-,")
        kind = _KINDS.get(letters, cast(Kind, letters))
        for span in part.removeprefix(letters).split(","):
            first, _, last = span.partition("-")
            steps.update(Step(kind, n) for n in range(int(first or 0), int(last or first or 0) + 1))
    return frozenset(steps)


def _ranges(numbers: list[int]) -> list[str]:
    spans: list[tuple[int, int]] = []
    for number in numbers:
        if spans and spans[-1][1] == number - 1:
            spans[-1] = (spans[-1][0], number)
        else:
            spans.append((number, number))
    return [str(first) if first == last else f"{first}-{last}" for first, last in spans]
