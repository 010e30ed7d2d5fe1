"""Replies for any schema: real ones for the questions of a story, and a filled-in form for anything else."""

import re
from collections.abc import Mapping
from typing import Any

from local.author import manuscripts, performing

StoryData = dict[str, Any]
"""What the author is asked about, or what it answers, decoded from JSON."""

_DEPTH = 12


def answer(schema: Mapping[str, Any], data: StoryData) -> StoryData:
    """Return the content of the reply for `schema`, made from the question's data."""
    fields = set(schema.get("properties", {}))
    if {"premise", "cast", "chapters"} <= fields and "num_chapters" in data:
        return manuscripts.plan(data) if "manuscript" in data else performing.outline(data)
    if {"lines", "summary", "seam"} <= fields and "paragraphs" in data:
        return manuscripts.speakers(data)
    if {"lines", "summary", "seam"} <= fields and {"bible", "chapter"} <= set(data):
        return performing.rewritten(data) if "earlier_lines" in data else performing.chapter(data)
    if fields == {"lines"} and isinstance(data.get("lines"), list):
        # Directions, or a revision, which has nothing to correct.
        return performing.enhancement(data) if "tags" in data else {"lines": []}
    if (
        {"summary", "seam"} <= fields
        and "lines" not in fields
        and isinstance(data.get("lines"), list)
        and data["lines"]
    ):
        return summary(data)
    form: StoryData = fill(schema, "answer")
    return form


def summary(data: StoryData) -> StoryData:
    """Return a summary that quotes how the chapter begins and ends, and its seam."""
    texts = [str(line["text"]) for line in data["lines"]]
    return {
        "summary": f"It begins: {_first_sentence(texts[0])} It ends: {_first_sentence(texts[-1])}",
        "seam": {"ending_state": _first_sentence(texts[-1]), "open_question": "What happens next?"},
        "memory": {"notes": [], "settled": []},
    }


def fill(schema: Mapping[str, Any], name: str, depth: int = 0) -> Any:
    """Return a value that `schema` accepts; texts mention `name`. Objects below `_DEPTH` levels stay empty."""
    if "enum" in schema:
        return schema["enum"][0]
    if "const" in schema:
        return schema["const"]
    if options := schema.get("anyOf"):
        return fill(options[0], name, depth)
    kind = schema.get("type", "string")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "object":
        properties = schema.get("properties", {}) if depth < _DEPTH else {}
        return {key: fill(value, key, depth + 1) for key, value in properties.items()}
    if kind == "array":
        item = schema.get("items", {})
        return [fill(item, f"{name} {i + 1}", depth + 1) for i in range(max(1, int(schema.get("minItems", 1))))]
    simple = {"integer": int(schema.get("minimum", 1)), "number": float(schema.get("minimum", 1)), "boolean": True}
    return simple.get(kind) if kind in {*simple, "null"} else f"This is the {name}."


def _first_sentence(text: str) -> str:
    return re.split(r"(?<=[.!?])\s", text, maxsplit=1)[0]
