"""docs/workflow.md, generated from the workflow that is carried out (`make schemas`)."""

from pathlib import Path

from chalicelib.domain.steps import Step
from chalicelib.pipeline.workflow import STAGES, dependents, queue_of, story_plan

FILE = Path(__file__).resolve().parent.parent / "docs" / "workflow.md"
CHAPTERS = 3

_HEAD = """# The workflow

Generated from `chalicelib/pipeline/workflow.py` by `make schemas`. A story of {chapters} chapters, with directions for
the voices and with sound: an arrow leads from a step to a step that it unlocks.

"""


def text() -> str:
    """Return the page: a picture of a story's plan, and a table of what each step stores."""
    return _HEAD.format(chapters=CHAPTERS) + "\n".join([*_picture(), "", *_table()]) + "\n"


def _picture() -> list[str]:
    plan = story_plan(CHAPTERS, enhance=True, audio=True)
    arrows = [f"    {_node(step)} --> {_node(after)}" for step in sorted(plan) for after in dependents(step, plan)]
    return ["```mermaid", "flowchart LR", *arrows, "```"]


def _node(step: Step) -> str:
    name = f"{step.kind} {step.chapter}" if step.chapter else step.kind
    return f'{step.code}["{name}"]'


def _table() -> list[str]:
    rows = ["| step | queue | waits for | stores |", "|---|---|---|---|"]
    for stage in STAGES:
        waits = ", else ".join(_waits(kind, distance) for kind, distance in stage.after) or "nothing"
        rows.append(f"| {stage.kind} | {queue_of(Step(stage.kind, 1))} | {waits} | {stage.stores} |")
    return rows


def _waits(kind: str, distance: int) -> str:
    return f"{kind} of the chapter before" if distance else kind


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
