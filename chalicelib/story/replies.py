"""The replies that the author model is asked for: one struct per call, and the strict JSON schema made from it.

In the schema every field is required and has no default, as OpenAI's strict mode wants it. The structs have defaults
where a reply is of use without the field: not every server enforces a schema (`chalicelib.story.reading`). Texts have
no length limits in the schema for the same reason: `chalicelib.story.writing` checks what the schema cannot express.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from chalicelib.domain.memory import Memory
from chalicelib.domain.outline import (
    ChapterOutline,
    Character,
    Outline,
    Pronunciation,
    ProposedVoice,
    Seam,
    Style,
    Teller,
)

JsonSchema = dict[str, Any]
"""A JSON Schema in the form that OpenAI's strict mode accepts."""

MOST_WORDS = 200
"""The longest `enum` that is sent. OpenAI takes 1,000 words in a schema, and 15,000 characters where one list has more
than 250 (https://developers.openai.com/api/docs/guides/structured-outputs); Azure takes 500 in all."""


class DraftLine(msgspec.Struct):
    """One spoken line of a chapter; `scene_break` is true where a new scene begins with it."""

    speaker: str
    text: str
    scene_break: bool = False


class ChapterDraft(msgspec.Struct):
    """A written chapter, with the summary, the seam and the memory that the next ones are written from."""

    lines: list[DraftLine]
    summary: str
    seam: Seam = Seam()
    memory: Memory = Memory()


class RewriteLine(msgspec.Struct):
    """A line of a chapter that is written again: one that stays by its `line_id` alone, or one with a text."""

    line_id: str = ""
    speaker: str = ""
    text: str = ""
    scene_break: bool = False


class RewriteDraft(msgspec.Struct):
    """A chapter that is written again, with those whom it brings in."""

    lines: list[RewriteLine]
    summary: str
    new_speakers: list[Character] = []
    seam: Seam = Seam()
    memory: Memory = Memory()


class ChapterTitle(msgspec.Struct):
    """What the plan of a text adds to one of its chapters."""

    title: str


class ManuscriptPlan(msgspec.Struct):
    """What an author finds in a text that is told as it is: its bible, and a title for each chapter."""

    title: str
    chapters: list[ChapterTitle]
    cast: list[Character] = []
    premise: str = ""
    setting: str = ""
    rules: list[str] = []
    language: str = ""
    narrator: Teller = Teller()
    style: Style = Style()
    voices: list[ProposedVoice] = []
    pronunciations: list[Pronunciation] = []

    @property
    def outline(self) -> Outline:
        """The plan as the outline of a story."""
        chapters = [ChapterOutline(chapter.title, []) for chapter in self.chapters]
        return Outline(**{**msgspec.structs.asdict(self), "chapters": chapters})


class PieceSpeaker(msgspec.Struct):
    """Who speaks a piece of a text."""

    line_id: str
    speaker: str


class SpeakersDraft(msgspec.Struct):
    """Who speaks the pieces of a chapter that is told as it is; those that it does not name, the Narrator does."""

    lines: list[PieceSpeaker]
    summary: str
    new_speakers: list[Character] = []
    seam: Seam = Seam()
    memory: Memory = Memory()


class RevisedLine(msgspec.Struct):
    """A line of a chapter with another text."""

    line_id: str
    text: str


class Revision(msgspec.Struct):
    """What an author corrects of a chapter: the lines that change."""

    lines: list[RevisedLine]


class Summary(msgspec.Struct):
    """Summary, seam and memory of a chapter whose text a person has changed."""

    summary: str
    seam: Seam
    memory: Memory = Memory()


class LineTags(msgspec.Struct):
    """The directions for one line: audio tags without their brackets, such as `whispers`."""

    line_id: str
    tags: list[str]


class Enhancement(msgspec.Struct):
    """Audio tags for the lines of a chapter. It carries no text: enhancing adds, it does not rewrite."""

    lines: list[LineTags]


class Verdict(msgspec.Struct):
    """The category of unwanted content that a story would be of, or `none`."""

    category: str


def verdict_schema(categories: Sequence[str]) -> JsonSchema:
    """Return the strict schema of a `Verdict`: one of the categories, or `none`."""
    schema = plain_schema(Verdict)
    schema["properties"]["category"] = {"type": "string", "enum": [*categories, "none"]}
    return schema


def outline_schema(num_chapters: int) -> JsonSchema:
    """Return the strict schema of an `Outline` with exactly `num_chapters` chapters, without what code adds to it."""
    schema = plain_schema(Outline)
    fields = schema["properties"]
    del fields["left_out"], fields["earlier_book"]
    fields = _in_order(schema)
    fields["cast"].update(minItems=1)
    fields["chapters"].update(minItems=num_chapters, maxItems=num_chapters)
    fields["chapters"]["items"]["properties"]["beats"].update(minItems=1)
    return schema


def manuscript_schema(num_chapters: int) -> JsonSchema:
    """Return the strict schema of a `ManuscriptPlan` with exactly `num_chapters` chapters."""
    schema = plain_schema(ManuscriptPlan)
    _in_order(schema)["chapters"].update(minItems=num_chapters, maxItems=num_chapters)
    return schema


def _in_order(schema: JsonSchema) -> dict[str, Any]:
    """Put the fields of a plan into the order in which a model is to write them, and return them.

    Who tells, and how, is decided before what happens.
    """
    first = ("language", "title", "narrator", "style")
    fields = schema["properties"]
    schema["properties"] = {name: fields[name] for name in (*first, *(name for name in fields if name not in first))}
    schema["required"] = list(schema["properties"])
    ordered: dict[str, Any] = schema["properties"]
    return ordered


def speakers_schema(line_ids: Sequence[str]) -> JsonSchema:
    """Return the strict schema of a `SpeakersDraft`; `line_id` can only be one of `line_ids`, unless they are many."""
    schema = plain_schema(SpeakersDraft)
    _only(schema, line_ids)
    return schema


def _only(schema: JsonSchema, line_ids: Sequence[str]) -> None:
    if len(line_ids) <= MOST_WORDS:
        line = schema["properties"]["lines"]["items"]
        line["properties"]["line_id"] = {"type": "string", "enum": list(line_ids)}


def chapter_schema(speakers: Sequence[str]) -> JsonSchema:
    """Return the strict schema of a `ChapterDraft`; `speaker` can only be one of `speakers`."""
    schema = plain_schema(ChapterDraft)
    lines = schema["properties"]["lines"]
    lines.update(minItems=1)
    lines["items"]["properties"]["speaker"] = {"type": "string", "enum": list(speakers)}
    return schema


def rewrite_schema() -> JsonSchema:
    """Return the strict schema of a `RewriteDraft`. Its speakers are no list: it may bring in others."""
    schema = plain_schema(RewriteDraft)
    schema["properties"]["lines"].update(minItems=1)
    return schema


def enhancement_schema(line_ids: Sequence[str]) -> JsonSchema:
    """Return the strict schema of an `Enhancement`; `line_id` can only be one of `line_ids`, unless they are many."""
    schema = plain_schema(Enhancement)
    _only(schema, line_ids)
    return schema


def revision_schema(line_ids: Sequence[str]) -> JsonSchema:
    """Return the strict schema of a `Revision`; `line_id` can only be one of `line_ids`, unless they are many."""
    schema = plain_schema(Revision)
    _only(schema, line_ids)
    return schema


def summary_schema() -> JsonSchema:
    """Return the strict schema of a `Summary`."""
    return plain_schema(Summary)


def plain_schema(struct: type[msgspec.Struct]) -> JsonSchema:
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
            return {"type": "string", "enum": node["enum"]}
        # A field of the schema may be called like a keyword; none of ours is.
        whole = {key: inlined(value) for key, value in node.items() if key != "default"}
        if "properties" in whole:
            whole |= {"required": list(whole["properties"]), "additionalProperties": False}
        return whole

    root: JsonSchema = inlined({"$ref": schema["$ref"]})
    return root
