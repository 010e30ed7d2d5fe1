"""What the imitated servers share: they remember requests, refuse some, and answer in a manner of their own."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bench.author import FillingAuthor
from chalicelib.story import replies
from local.author.server import schema_asked_for
from local.http_messages import HttpResponse
from local.standin.server import json_answer

Body = Mapping[str, Any]
"""The body of a request."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A call that is refused, and not billed: the parameter at fault, the status and the error's body."""

    parameter: str
    status: int
    body: Any


class CompatibleServer(FillingAuthor):
    """A server that speaks OpenAI's protocol, with exceptions: `refuses` and `answered` say which.

    `refused` counts refusals by the parameter at fault; `accepted` are the bodies of billed calls, oldest first.
    """

    def __init__(self, *, lines: int | None = None) -> None:
        super().__init__(lines=lines)
        self.refused: Counter[str] = Counter()
        self.accepted: list[Body] = []

    def refuses(self, body: Body) -> Refusal | None:
        """Return the refusal of a request, of one parameter at a time, or None."""
        return None

    def answered(self, completion: dict[str, Any], body: Body) -> HttpResponse:
        """Return the response that brings a completion in OpenAI's form, after changing it to this server's."""
        return json_answer(200, completion)

    def refusal(self, body: Body) -> HttpResponse | None:
        """Return the error for a request that is refused, and count it."""
        if (refusal := self.refuses(body)) is None:
            return None
        self.refused[refusal.parameter] += 1
        return json_answer(refusal.status, refusal.body)

    def form(self, body: Body, data: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
        """Return what the model believes is asked for.

        Without a `response_format` it knows the schema from the messages alone; if they do not hold it either, it
        answers in a shape of its own.
        """
        if (form := schema_asked_for(body)) is not None:
            return form
        expected = expected_form(data)
        told = "\n".join(message["content"] for message in body["messages"])
        if expected is None or '"properties"' not in told:
            return "guessed", {"type": "object", "properties": {"answer": {"type": "string"}}}
        return expected

    def response(self, body: Body, completion: dict[str, Any]) -> HttpResponse:
        """Return the response that brings a completion, and remember the request."""
        self.accepted.append(body)
        return self.answered(completion, body)

    def left_out(self) -> set[str]:
        """Return the parameters that the last call lacks, of those that Fireside sends to a server it does not know."""
        known = {"model", "messages", "response_format", "max_completion_tokens", "store"}
        return known - set(self.accepted[-1])


def expected_form(data: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]] | None:
    """Return name and schema of the reply to one of Fireside's questions, told by its data; None for another's."""
    if "num_chapters" in data:
        return "outline", replies.outline_schema(int(data["num_chapters"]))
    if "previous_text" in data:
        return "chapter", replies.chapter_schema(
            ["Narrator", *(character["name"] for character in data["bible"]["cast"])]
        )
    if "tags" in data:
        return "enhancement", replies.enhancement_schema([line["line_id"] for line in data["lines"]])
    if "lines" in data:
        return "summary", replies.summary_schema()
    return None


def message(completion: Mapping[str, Any]) -> dict[str, Any]:
    """Return the message of a completion, to be changed."""
    found: dict[str, Any] = completion["choices"][0]["message"]
    return found


def schema_of(body: Body) -> Mapping[str, Any] | None:
    """Return the schema of a request's response format, if it has one."""
    form = schema_asked_for(body)
    return form[1] if form else None


def first_use(schema: Any, keyword: str, path: tuple[str, ...] = ()) -> tuple[str, ...] | None:
    """Return where a keyword first stands in a schema, as the path of the schema that has it, or None."""
    if not isinstance(schema, dict):
        return None
    if keyword in schema:
        return path
    inner = [((*path, "properties", name), value) for name, value in schema.get("properties", {}).items()]
    inner.append(((*path, "items"), schema.get("items")))
    return next((found for at, value in inner if (found := first_use(value, keyword, at)) is not None), None)


def enum_values(schema: Any) -> int:
    """Return the number of enum values in a schema and all within it."""
    if not isinstance(schema, dict):
        return 0
    inner = [*schema.get("properties", {}).values(), schema.get("items")]
    return len(schema.get("enum", [])) + sum(map(enum_values, inner))


def tokens(body: Body) -> int:
    """Return about how many tokens a request's messages have."""
    return len(json.dumps(body["messages"], ensure_ascii=False)) // 4


def openai_error(message: str, param: str | None = None, code: str | None = None) -> dict[str, Any]:
    """Return the body of an error of a request, in OpenAI's form."""
    return {"error": {"message": message, "type": "invalid_request_error", "param": param, "code": code}}
