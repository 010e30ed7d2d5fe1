"""docs/workflow.md, generated from the workflow that is carried out (`make schemas`)."""

from pathlib import Path

from chalicelib.domain.steps import Step
from chalicelib.domain.task import OF_THE_ACCOUNT
from chalicelib.pipeline.stages import STAGES, Stage, dependents, is_join, prerequisites, queue_of, story_plan

FILE = Path(__file__).resolve().parent.parent / "docs" / "workflow.md"
CHAPTERS = 3

_HEAD = """# The workflow

Generated from `chalicelib/pipeline/stages.py` by `make schemas`. A story of {chapters} chapters, with directions for
the voices and with sound: an arrow leads from a step to a step that it unlocks.

"""


def text() -> str:
    """Return the page: a picture of a story's plan, and a table of what each step stores, and costs if it fails."""
    return _HEAD.format(chapters=CHAPTERS) + "\n".join([*_picture(), "", *_table()]) + "\n"


def _picture() -> list[str]:
    plan = story_plan(CHAPTERS, enhance=True, audio=True)
    arrows = [
        f"    {_node(before)} --> {_node(step)}"
        for before in sorted(plan)
        for step in [*dependents(before, plan), *(join for join in plan if is_join(join))]
        if before in prerequisites(step, plan)
    ]
    return ["```mermaid", "flowchart LR", *arrows, "```"]


def _node(step: Step) -> str:
    name = f"{step.kind} {step.chapter}" if step.chapter else step.kind
    return f'{step.code}["{name}"]'


def _table() -> list[str]:
    rows = ["| step | queue | waits for | stores | if it fails for good |", "|---|---|---|---|---|"]
    for stage in STAGES:
        waits = ", else ".join(_waits(kind, distance) for kind, distance in stage.after)
        waits = waits or " and ".join(f"every {kind} of its task" for kind in stage.joins) or "nothing"
        queue = queue_of(Step(stage.kind, 1))
        rows.append(f"| {stage.kind} | {queue} | {waits} | {stage.stores} | {_failing(stage)} |")
    return rows


def _failing(stage: Stage) -> str:
    if stage.extra:
        return "nothing else fails, unless the task is for it alone"
    if stage.fails_alone:
        account = ", ".join(f"`{code}`" for code in sorted(OF_THE_ACCOUNT))
        return f"the other steps go on; with {account} the task fails"
    if stage.optional:
        return f"the task fails; with {', '.join(f'`{code}`' for code in sorted(stage.optional))} it goes on without"
    return "the task fails"


def _waits(kind: str, distance: int) -> str:
    return f"{kind} of the chapter before" if distance else kind


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
