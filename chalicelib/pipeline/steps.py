"""Steps, plans and their order: pure functions, no AWS.

    outline -> write 1 -> write 2 -> ... -> write n          the chain of writes is the critical path
                  \\-> enhance 1 -> narrate 1                  each chapter's branch runs beside it

Every step has at most one prerequisite in a plan: a step that is done therefore determines everything it unlocks, and a
message that is sent twice can at worst start a step that finds its work done.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, cast

from chalicelib.store.queues import AUTHORING, NARRATION

Kind = Literal["outline", "write", "enhance", "narrate"]

_LETTERS: dict[Kind, str] = {"outline": "o", "write": "w", "enhance": "e", "narrate": "n"}
_KINDS: dict[str, Kind] = {letter: kind for kind, letter in _LETTERS.items()}
_STEP = re.compile(r"(o)|([wen])([1-9][0-9]*)")
_LATER = re.compile(r"(?!(?:[owen]|outline|write|enhance|narrate)[0-9]*$)([a-z]+)([1-9][0-9]*)?")
"""A step of a kind that only a later version knows: it is kept in plans, and only that version carries it out. The
names of our own kinds are not codes: their codes are their letters."""


@dataclass(frozen=True, slots=True, order=True)
class Step:
    """A unit of work: `outline`, or `write`, `enhance` or `narrate` of a chapter (from 1; 0 for the outline)."""

    kind: Kind
    chapter: int = 0

    @property
    def code(self) -> str:
        """The short form kept in task items and messages: `o`, `w3`, `e3`, `n3`."""
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
        return cls("outline") if match[1] else cls(_KINDS[match[2]], int(match[3]))

    @property
    def queue(self) -> str:
        """The queue that this step is sent to: narration has its own, so that neither provider blocks the other."""
        return NARRATION if self.kind == "narrate" else AUTHORING


Plan = frozenset[Step]
"""All steps of a task."""


def story_plan(num_chapters: int, *, enhance: bool, audio: bool) -> Plan:
    """Return the plan that writes every chapter, and with `audio` narrates each."""
    chapters = range(1, num_chapters + 1)
    included: dict[Kind, bool] = {"write": True, "enhance": enhance, "narrate": audio}
    kinds = [kind for kind in included if included[kind]]
    return frozenset({Step("outline"), *(Step(kind, chapter) for kind in kinds for chapter in chapters)})


def audio_plan(chapters: Iterable[int]) -> Plan:
    """Return the plan that narrates chapters which are written."""
    return frozenset(Step("narrate", chapter) for chapter in chapters)


def rewrite_plan(chapter: int, *, enhance: bool) -> Plan:
    """Return the plan that writes one chapter again."""
    return frozenset({Step("write", chapter), *([Step("enhance", chapter)] if enhance else [])})


def rewritten(plan: Plan) -> int:
    """Return the chapter that a plan writes again; 0 for the plan of a whole story, or of sound."""
    writes = [step.chapter for step in plan if step.kind == "write"]
    return writes[0] if writes and Step("outline") not in plan else 0


def prerequisite(step: Step, plan: Plan) -> Step | None:
    """Return the step that must be done before `step` may start, or None if there is none in the plan."""
    candidates: dict[Kind, tuple[Step, ...]] = {
        "outline": (),
        "write": (Step("write", step.chapter - 1), Step("outline")),
        "enhance": (Step("write", step.chapter),),
        "narrate": (Step("enhance", step.chapter), Step("write", step.chapter)),
    }
    return next((before for before in candidates.get(step.kind, ()) if before in plan), None)


def ready_steps(plan: Plan, done: Iterable[Step]) -> list[Step]:
    """Return the open steps that may start now, in a stable order."""
    finished = set(done)
    return sorted(
        step
        for step in plan - finished
        if step.known and ((before := prerequisite(step, plan)) is None or before in finished)
    )


def dependents(step: Step, plan: Plan) -> list[Step]:
    """Return the steps that `step` unlocks: the write of the next chapter first, since it is the critical path."""
    return sorted((other for other in plan if prerequisite(other, plan) == step), key=lambda s: s.kind != "write")


def progress(plan: Plan, done: Iterable[Step], partly: Mapping[Step, int] | None = None) -> int:
    """Return the percentage of the plan that is done, rounded down, so that 100 means all of it.

    `partly` holds the percentages of steps in progress; steps that are not in the plan, or done, do not count.
    """
    finished = plan & set(done)
    underway = sum(min(99, max(0, share)) for step, share in (partly or {}).items() if step in plan - finished)
    return (100 * len(finished) + underway) // max(1, len(plan))


def format_plan(plan: Plan) -> str:
    """Format a plan in a few characters, such as `o w1-10 e1-10 n1,3`, so that a task item stays small."""
    parts = ["o"] if Step("outline") in plan else []
    for kind in ("write", "enhance", "narrate"):
        chapters = sorted(step.chapter for step in plan if step.kind == kind)
        if chapters:
            parts.append(_LETTERS[kind] + ",".join(_ranges(chapters)))
    return " ".join(parts)


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
