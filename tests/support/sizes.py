"""The size of a stored task, which is written with every line."""

from typing import Any

from chalicelib.store.tables import TaskItem


def task_size(task_id: str) -> int:
    """Return the size of the task item in bytes as DynamoDB counts it: names and values in UTF-8."""
    item = TaskItem.get(task_id).serialize()
    return sum(len(name) + _size(value) for name, value in item.items())


def _size(value: dict[str, Any]) -> int:
    ((kind, content),) = value.items()
    if kind == "M":
        return 3 + sum(1 + len(name.encode()) + _size(held) for name, held in content.items())
    if kind == "SS":
        return sum(len(text.encode()) for text in content)
    return len(str(content).encode())
