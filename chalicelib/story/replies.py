"""The replies that the author model is asked for: one struct per call, and the strict JSON schema made from it.

Every field is required and has no default, as OpenAI's strict mode wants it. Texts have no length limits in
the schema because not every server enforces them: `chalicelib.story.writing` checks what the schema cannot express.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from chalicelib.domain.outline import Outline, Seam

JsonSchema = dict[str, Any]
"""A JSON Schema in the form that OpenAI's strict mode accepts."""


class DraftLine(msgspec.Struct, forbid_unknown_fields=True):
    """One spoken line of a chapter; `scene_break` is true where a new scene begins with it."""

    speaker: str
    text: str
    scene_break: bool


class ChapterDraft(msgspec.Struct, forbid_unknown_fields=True):
    """A written chapter, with the summary and the seam the next one is written from."""

    lines: list[DraftLine]
    summary: str
    seam: Seam


class Summary(msgspec.Struct, forbid_unknown_fields=True):
    """Summary and seam of a chapter whose text a person has changed."""

    summary: str
    seam: Seam


class LineTags(msgspec.Struct, forbid_unknown_fields=True):
    """The directions for one line: audio tags without their brackets, such as `whispers`."""

    line_id: str
    tags: list[str]


class Enhancement(msgspec.Struct, forbid_unknown_fields=True):
    """Audio tags for the lines of a chapter. It carries no text: enhancing adds, it does not rewrite."""

    lines: list[LineTags]


def outline_schema(num_chapters: int) -> JsonSchema:
    """Return the strict schema of an `Outline` with exactly `num_chapters` chapters."""
    schema = _schema(Outline)
    fields = schema["properties"]
    fields["cast"].update(minItems=1)
    fields["chapters"].update(minItems=num_chapters, maxItems=num_chapters)
    fields["chapters"]["items"]["properties"]["beats"].update(minItems=1)
    return schema


def chapter_schema(speakers: Sequence[str]) -> JsonSchema:
    """Return the strict schema of a `ChapterDraft`; `speaker` can only be one of `speakers`."""
    schema = _schema(ChapterDraft)
    lines = schema["properties"]["lines"]
    lines.update(minItems=1)
    lines["items"]["properties"]["speaker"] = {"type": "string", "enum": list(speakers)}
    return schema


def enhancement_schema(line_ids: Sequence[str]) -> JsonSchema:
    """Return the strict schema of an `Enhancement`; `line_id` can only be one of `line_ids`."""
    schema = _schema(Enhancement)
    line = schema["properties"]["lines"]["items"]
    line["properties"]["line_id"] = {"type": "string", "enum": list(line_ids)}
    return schema


def summary_schema() -> JsonSchema:
    """Return the strict schema of a `Summary`."""
    return _schema(Summary)


def _schema(struct: type[msgspec.Struct]) -> JsonSchema:
    """Return the struct's JSON schema with every reference written out: strict mode refuses a `$ref` at the top, and
    not every compatible server resolves the others."""
    schema = msgspec.json.schema(struct)
    definitions = schema["$defs"]

    def inlined(node: Any) -> Any:
        if isinstance(node, list):
            return [inlined(item) for item in node]
        if not isinstance(node, dict):
            return node
        if "$ref" in node:
            definition = definitions[node["$ref"].rsplit("/", 1)[-1]]
            for_people = {"title", "description"}  # docstrings; the prompts say what is wanted
            return inlined({key: value for key, value in definition.items() if key not in for_people})
        if "enum" in node:
            return {"type": "string", **node}
        return {key: inlined(value) for key, value in node.items()}

    root: JsonSchema = inlined({"$ref": schema["$ref"]})
    return root
