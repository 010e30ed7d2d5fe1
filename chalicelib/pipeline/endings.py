"""The sentences that a task ends with: what a person should know of it, in its message or its error."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from chalicelib.domain.budgets import OVERRUN
from chalicelib.domain.money import dollars
from chalicelib.domain.steps import Plan, Step
from chalicelib.domain.task import StepFailure


def done_message(postponed: Mapping[int, int], skipped: Iterable[Step] = ()) -> str:
    """Return the message of a task whose steps are done.

    It names the chapters whose narration waits for a person, with their prices in micro-dollars, those that have no
    directions because these could not be had, and the book if it could not be made.
    """
    told = ["Done"]
    if postponed:
        waits = "waits" if len(postponed) == 1 else "wait"
        told = [
            f"Written, but {named(postponed)} came out longer than planned and {waits} for you: narrating would cost "
            f"{dollars(sum(postponed.values()))}, more than {OVERRUN:g} times what was quoted."
        ]
    steps = set(skipped)
    if plain := {step.chapter for step in steps if step.kind != "book"}:
        has = "has" if len(plain) == 1 else "have"
        sentence = f"{named(plain).capitalize()} {has} no directions for the voices: no usable ones came."
        told = [*told, sentence] if postponed else [f"Done. {sentence}"]
    if Step("book") in steps:
        sentence = "Every chapter is there, but the book's files could not be made: ask for the book again."
        told = [*told, sentence] if told != ["Done"] else [f"Done. {sentence}"]
    return " ".join(told)


def failed_sentence(failures: Sequence[StepFailure], plan: Plan) -> str:
    """Return why a task failed whose plan could not be carried out in full: one sentence for each cause.

    Each names the chapters that it kept from being made, unless the plan has no other.
    """
    causes: dict[str, list[int]] = {}
    for failure in failures:
        causes.setdefault(failure.sentence, []).append(failure.step.chapter)
    if len({step.chapter for step in plan if step.kind == "narrate"}) == 1:
        return " ".join(causes)
    return " ".join(_told(sentence, chapters) for sentence, chapters in causes.items())


def _told(sentence: str, chapters: Sequence[int]) -> str:
    # Some sentences say themselves which chapter they are about.
    if sentence.startswith(f"Chapter {chapters[0]} "):
        return sentence
    return f"{named(chapters).capitalize()} could not be narrated: {sentence}"


def named(chapters: Collection[int]) -> str:
    """Return chapters as "chapter 3", "chapters 1 and 3" or "chapters 1, 3 and 4"."""
    numbers = [str(chapter) for chapter in sorted(chapters)]
    if len(numbers) == 1:
        return f"chapter {numbers[0]}"
    return f"chapters {', '.join(numbers[:-1])} and {numbers[-1]}"
