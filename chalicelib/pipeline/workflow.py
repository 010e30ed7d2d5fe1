"""The workflow of a story, from its outline to its sound: the order of the steps, and what each of them stores.

    outline -> write 1 -> write 2 -> ... -> write n          the chain of writes is the critical path
                  \\-> enhance 1 -> narrate 1                  each chapter's branch runs beside it

Every step has at most one prerequisite in a plan: a step that is done therefore determines everything it unlocks, and a
message that is sent twice can at worst start a step that finds its work done.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from chalicelib import log
from chalicelib.domain.chapter import ChapterParts, Sound
from chalicelib.domain.message import AUTHORING, NARRATION
from chalicelib.domain.steps import Kind, Plan, Step
from chalicelib.domain.task import OF_THE_ACCOUNT, ErrorCode

# For types alone: narrating imports the audio modules and writing the prompts, and no function needs both.
if TYPE_CHECKING:
    from chalicelib.pipeline.narrating import Narration
    from chalicelib.pipeline.outbox import Outbox
    from chalicelib.pipeline.ports import Repositories
    from chalicelib.pipeline.sounds import SoundStore
    from chalicelib.pipeline.step_context import StepContext
    from chalicelib.pipeline.writing import Writing


@dataclass(frozen=True, slots=True)
class Stage:
    """A kind of step: its queue, what may precede it, and what it stores.

    `after` names kinds with a distance in chapters, in order of preference: the first of them that a plan holds must be
    done before the step may start. A step that fails for good ends its task, unless it `fails_alone`: then what does
    not depend on it goes on. With one of the codes in `optional` it fails nothing: what follows does without its
    result.
    """

    kind: Kind
    queue: str
    after: tuple[tuple[Kind, int], ...]
    stores: str
    fails_alone: bool = False
    optional: frozenset[ErrorCode] = frozenset()


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
        "on S3: every clip as it is bought, MP3 and captions",
        fails_alone=True,
    ),
)
"""The workflow, in order. docs/workflow.md is generated from it (`make schemas`)."""

_STAGE = {stage.kind: stage for stage in STAGES}

Lost = Literal["task", "step", "nothing"]
"""What is lost with a step that failed for good: its task, the step with all that depends on it, or not even that."""


class Workflow:
    """The steps, as they are carried out: each finds its result if it is stored, else makes and stores it.

    A result is stored in one transaction with the records of the paid calls that it took, and only while the step's
    lease is held. Then `Flow.complete_step` sends the steps it unlocks. `writing` and `narration` are built with the
    first step that needs them: no function has both providers' SDKs and ffmpeg.
    """

    def __init__(
        self,
        *,
        repositories: "Repositories",
        sounds: "SoundStore",
        writing: Callable[[], "Writing"],
        narration: Callable[[], "Narration"],
        outbox: "Outbox",
    ) -> None:
        self._stories = repositories.stories
        self._chapters = repositories.chapters
        self._versions = repositories.versions
        self._sounds = sounds
        self._writing = writing
        self._narration = narration
        self._outbox = outbox

    def carry_out(self, context: "StepContext", step: Step) -> None:
        """Carry out a step. Running it twice buys nothing twice."""
        methods: Mapping[Kind, Callable[[StepContext, int], None]] = {
            "outline": self.outline,
            "write": self.write,
            "enhance": self.enhance,
            "narrate": self.narrate,
        }
        methods[step.kind](context, step.chapter)

    def outline(self, context: "StepContext", _number: int = 0) -> None:
        """Store the outline, with the bible and the plan of every chapter, and the voices of the cast."""
        story = context.story()
        # Found again after a crash or a retry: the outline was paid for, and everything written rests on it.
        if story.outline:
            return
        outline, cast = self._writing().plan(context, story)
        context.commit(self._stories.save_outline(story.user_id, story.story_id, outline, cast))

    def write(self, context: "StepContext", number: int) -> None:
        """Store a chapter's script, with the summary and the seam that the next chapter is written from."""
        chapter = context.chapter(number)
        # The order names this task. One of a cancelled task is not carried out by the next.
        replaced = chapter if chapter is not None and chapter.rewrite == context.task.task_id else None
        if chapter is not None and chapter.script and replaced is None:
            return
        story = context.story()
        parts = chapter.parts if chapter is not None and replaced is None else ChapterParts()
        written = self._writing().write(context, story, number, replaced, parts)
        if replaced is not None:
            self._versions.keep(story.story_id, replaced)
        writes = [self._chapters.save_script(story.story_id, written, replacing=replaced)]
        if written.newcomers:
            outline, cast = self._writing().cast_of(story, written.newcomers)
            writes.append(self._stories.save_outline(story.user_id, story.story_id, outline, cast))
        context.commit(*writes)
        log.event("chapter_written", task_id=context.task.task_id, chapter=number)

    def enhance(self, context: "StepContext", number: int) -> None:
        """Store directions for the voices, beside the script."""
        chapter, version = context.written_chapter(number)
        # True also of a script that an edit has changed: what directions are left stay with their lines.
        if chapter.is_directed:
            return
        # Planned for another model of the narrator: nobody would hear them.
        if not self._writing().performs_tags:
            return
        directed = self._writing().direct(context, context.story(), chapter)
        context.commit(self._chapters.save_directions(context.task.story_id, number, directed, if_version=version))

    def narrate(self, context: "StepContext", number: int) -> None:
        """Store a chapter's MP3 and captions on S3, and its duration on the chapter and the story.

        The sound it replaces is removed only then: until the new version is published, the old one can be heard.
        """
        story = context.story()
        chapter, version = context.written_chapter(number)
        if chapter.is_narrated:
            return
        with self._narration().sound_of(context, story, chapter) as made:
            # On S3 before it is published: a chapter that is listed as narrated can always be played.
            sound_version = chapter.wanted_sound or version
            self._sounds.put_chapter(story.story_id, number, sound_version, made.path, made.captions)
        sound = Sound(round(made.duration_s, 3), made.size_bytes, sound_version, made.notices)
        told = self._outbox.chapter_ready(context.task, number, sound_version)
        context.commit(self._chapters.save_sound(story, number, sound, if_version=version), *told.writes)
        self._outbox.send(told)
        # A crash before this leaves an object that nothing refers to; it goes with the story.
        if chapter.sound_version:
            self._sounds.delete_chapter(story.story_id, number, chapter.sound_version)


def queue_of(step: Step) -> str:
    """Return the name of the queue that a step is sent to."""
    return _STAGE[step.kind].queue if step.kind in _STAGE else AUTHORING


def prerequisite(step: Step, plan: Plan) -> Step | None:
    """Return the step that must be done before `step` may start, or None if there is none in the plan."""
    after = _STAGE[step.kind].after if step.kind in _STAGE else ()
    candidates = (Step(kind, step.chapter + distance if kind != "outline" else 0) for kind, distance in after)
    return next((before for before in candidates if before in plan), None)


def lost_with(step: Step, code: ErrorCode) -> Lost:
    """Return what is lost with a step that failed for good with this code."""
    stage = _STAGE.get(step.kind)
    if stage is not None and code in stage.optional:
        return "nothing"
    return "step" if stage is not None and stage.fails_alone and code not in OF_THE_ACCOUNT else "task"


def is_over(plan: Plan, done: Iterable[Step], failed: Iterable[Step]) -> bool:
    """Return whether nothing of a plan can run any more: what is not done has failed, or depends on what has."""
    finished, lost = set(done), set(failed)

    def blocked(step: Step) -> bool:
        before = prerequisite(step, plan)
        return step in lost or (before is not None and before not in finished and blocked(before))

    return all(blocked(step) for step in plan - finished)


def ready_steps(plan: Plan, done: Iterable[Step], failed: Iterable[Step] = ()) -> list[Step]:
    """Return the open steps that may start now, in a stable order."""
    finished = set(done)
    return sorted(
        step
        for step in plan - finished - set(failed)
        if step.known and ((before := prerequisite(step, plan)) is None or before in finished)
    )


def dependents(step: Step, plan: Plan) -> list[Step]:
    """Return the steps that `step` unlocks: the write of the next chapter first, since it is the critical path."""
    return sorted((other for other in plan if prerequisite(other, plan) == step), key=lambda s: s.kind != "write")


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
