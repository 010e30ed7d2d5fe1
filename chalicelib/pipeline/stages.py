"""The order of the steps of a story, from its outline to its book: what each waits for, and what fails with it.

    outline -> write 1 -> write 2 -> ... -> write n          the chain of writes is the critical path
                  \\-> enhance 1 -> narrate 1 -\\              each chapter's branch runs beside it
                                              book           when every narration of the plan is done

Every step but the book has at most one prerequisite in a plan: such a step that is done therefore determines everything
it unlocks, and a message that is sent twice can at worst start a step that finds its work done. The book is a join: it
is sent by the worker that finds all that it waits for done, after the last of them is marked (see `Flow`).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from chalicelib.domain.message import AUTHORING, NARRATION
from chalicelib.domain.steps import Kind, Plan, Step
from chalicelib.domain.task import OF_THE_ACCOUNT, ErrorCode


@dataclass(frozen=True, slots=True)
class Stage:
    """A kind of step: its queue, what may precede it, and what it stores.

    `after` names kinds with a distance in chapters, in order of preference: the first of them that a plan holds must be
    done before the step may start. Where there are kinds in `joins` it is all steps of those. A step that fails for
    good ends its task, unless it `fails_alone`: then what does not depend on it goes on. With one of the codes in
    `optional` it fails nothing: what follows does without its result. An `extra` fails nothing either, whatever its
    failure, unless it is all that the task is for.
    """

    kind: Kind
    queue: str
    after: tuple[tuple[Kind, int], ...]
    stores: str
    fails_alone: bool = False
    optional: frozenset[ErrorCode] = frozenset()
    joins: tuple[Kind, ...] = ()
    extra: bool = False


STAGES: tuple[Stage, ...] = (
    Stage("outline", AUTHORING, (), "on the story: outline, title, and a voice for each of the cast"),
    Stage("write", AUTHORING, (("write", -1), ("outline", 0)), "on the chapter: script, summary and seam"),
    Stage(
        "enhance",
        AUTHORING,
        (("write", 0),),
        "on the chapter: directions for the voices",
        optional=frozenset({"invalid_output", "content_refused"}),
    ),
    Stage(
        "narrate",
        NARRATION,
        (("enhance", 0), ("write", 0)),
        "on S3: every clip as it is bought, MP3, AAC and captions",
        fails_alone=True,
    ),
    Stage(
        "book",
        NARRATION,
        (),
        "on S3: M4B, EPUB and cover, if every chapter is narrated",
        joins=("narrate",),
        extra=True,
    ),
)
"""The workflow, in order. docs/workflow.md is generated from it (`make schemas`)."""

_STAGE = {stage.kind: stage for stage in STAGES}

Lost = Literal["task", "step", "nothing"]
"""What is lost with a step that failed for good: its task, the step with all that depends on it, or not even that."""


def queue_of(step: Step) -> str:
    """Return the name of the queue that a step is sent to."""
    return _STAGE[step.kind].queue if step.kind in _STAGE else AUTHORING


def prerequisites(step: Step, plan: Plan) -> Plan:
    """Return the steps of the plan that must be done before `step` may start."""
    stage = _STAGE.get(step.kind)
    if stage is None:
        return frozenset()
    if stage.joins:
        return frozenset(other for other in plan if other.kind in stage.joins)
    candidates = (Step(kind, step.chapter + distance if kind != "outline" else 0) for kind, distance in stage.after)
    return frozenset([before for before in candidates if before in plan][:1])


def lost_with(step: Step, code: ErrorCode, plan: Plan) -> Lost:
    """Return what is lost with a step of a plan that failed for good with this code."""
    stage = _STAGE.get(step.kind)
    if stage is not None and (code in stage.optional or (stage.extra and len(plan) > 1)):
        return "nothing"
    return "step" if stage is not None and stage.fails_alone and code not in OF_THE_ACCOUNT else "task"


def is_over(plan: Plan, done: Iterable[Step], failed: Iterable[Step]) -> bool:
    """Return whether nothing of a plan can run any more: what is not done has failed, or depends on what has."""
    finished, lost = set(done), set(failed)

    def blocked(step: Step) -> bool:
        return step in lost or any(blocked(before) for before in prerequisites(step, plan) - finished)

    return all(blocked(step) for step in plan - finished)


def ready_steps(plan: Plan, done: Iterable[Step], failed: Iterable[Step] = ()) -> list[Step]:
    """Return the open steps that may start now, in a stable order."""
    finished = set(done)
    return sorted(
        step for step in plan - finished - set(failed) if step.known and prerequisites(step, plan) <= finished
    )


def is_join(step: Step) -> bool:
    """Return whether a step waits for several others."""
    return step.kind in _STAGE and bool(_STAGE[step.kind].joins)


def dependents(step: Step, plan: Plan) -> list[Step]:
    """Return the steps that `step` alone unlocks: the write of the next chapter first, as it is the critical path."""
    unlocked = (other for other in plan if not is_join(other) and step in prerequisites(other, plan))
    return sorted(unlocked, key=lambda other: other.kind != "write")


def story_plan(num_chapters: int, *, enhance: bool, audio: bool) -> Plan:
    """Return the plan that writes every chapter, and with `audio` narrates each and makes the book of them."""
    chapters = range(1, num_chapters + 1)
    included: dict[Kind, bool] = {"write": True, "enhance": enhance, "narrate": audio}
    kinds = [kind for kind in included if included[kind]]
    single = [Step("outline"), *([Step("book")] if audio else [])]
    return frozenset({*single, *(Step(kind, chapter) for kind in kinds for chapter in chapters)})


def audio_plan(chapters: Iterable[int]) -> Plan:
    """Return the plan that narrates chapters which are written, and makes the book if those are all that it lacks."""
    return frozenset({*(Step("narrate", chapter) for chapter in chapters), Step("book")})


def book_plan() -> Plan:
    """Return the plan that makes the book of chapters which are narrated."""
    return frozenset({Step("book")})


def rewrite_plan(chapter: int, *, enhance: bool) -> Plan:
    """Return the plan that writes one chapter again."""
    return frozenset({Step("write", chapter), *([Step("enhance", chapter)] if enhance else [])})


def rewritten(plan: Plan) -> int:
    """Return the chapter that a plan writes again; 0 for the plan of a whole story, or of sound."""
    writes = [step.chapter for step in plan if step.kind == "write"]
    return writes[0] if writes and Step("outline") not in plan else 0
