"""Stories as tests begin with them."""

from chalicelib.domain.story import Story
from chalicelib.domain.task import Task
from chalicelib.store.task_items import task_item


def draft(user_id: str = "ann", story_id: str = "story") -> Story:
    """Return a story that is not stored."""
    return Story(
        user_id=user_id,
        story_id=story_id,
        prompt="A lighthouse",
        num_chapters=1,
        enhance=False,
        language="en",
        created_at="2026-11-23T20:00:00.000Z",
        updated_at="2026-11-23T20:00:00.000Z",
        durations={},
    )


def store_task(task: Task) -> None:
    """Store a task as it is, whatever its story says."""
    task_item(task).save()
