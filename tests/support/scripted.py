"""A stand-in author that answers as a case says: with an odd reply, or with an error."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from local.http_messages import HttpResponse
from local.standin.server import json_answer
from tests.support.servers.base import Body, CompatibleServer, Refusal, first_use, schema_of

VALID = "<valid JSON>"
"""What stands in a case for the content of a reply that fits the schema asked for."""

Case = Mapping[str, Any]
"""One odd reply, as the files in tests/cases have it. See `ScriptedServer`."""

WHEN: Mapping[str, Callable[[Body], bool]] = {
    "body has store": lambda body: "store" in body,
    "schema has minItems": lambda body: first_use(schema_of(body), "minItems") is not None,
    "schema": lambda body: schema_of(body) is not None,
    "more than 8192 tokens": lambda body: int(body.get("max_completion_tokens") or body.get("max_tokens") or 0) > 7000,
}
"""When a case's error is the answer."""


class ScriptedServer(CompatibleServer):
    """An author whose completions are changed as `case` says.

    - `status`, `headers` and `body` (or `raw`, a text) are an error, where `when` holds (always, without one).
    - `body` or `raw` without a status is a 200 that is no completion; in `raw`, `<completion>` stands for a valid one.
    - `choice`, `message`, `content`, `usage`, `finish_reason` take the place of a completion's own, as does what stands
      in `more`; null removes the usage.
    - `edit` names one of EDITS, which changes the content's data; `text` one of TEXTS, which changes its text.
    - `first` leaves all calls after the first alone.

    `answered` counts calls that brought a completion, which a provider bills.
    """

    def __init__(self, case: Case) -> None:
        super().__init__(lines=4)
        self.case = case
        self.answered_calls = 0
        self.requests: list[Body] = []

    def refuses(self, body: Body) -> Refusal | None:
        self.requests.append(body)
        when = WHEN.get(self.case.get("when", ""))
        if "status" not in self.case or (when is not None and not when(body)):
            return None
        return Refusal("", int(self.case["status"]), self.case.get("body"))

    def refusal(self, body: Body) -> HttpResponse | None:
        """Return the case's error, with its headers, or as a text that is no JSON."""
        error = super().refusal(body)
        if error is None:
            return None
        if "raw" in self.case:
            return self._raw("")
        return json_answer(error.status, self.case.get("body"), self.case.get("headers"))

    def answered(self, completion: dict[str, Any], body: Body) -> HttpResponse:
        if "status" in self.case or (self.case.get("first") and self.answered_calls):
            self.answered_calls += 1
            return json_answer(200, completion)
        spoiled = spoil(completion, self.case)
        if "raw" in self.case:
            self.answered_calls += "<completion>" in self.case["raw"]
            return self._raw(json.dumps(spoiled))
        if "body" in self.case:
            return json_answer(200, self.case["body"])
        self.answered_calls += 1
        return json_answer(200, spoiled)

    def _raw(self, completion: str) -> HttpResponse:
        kind = {"Content-Type": [self.case.get("content_type", "application/json")]}
        text = self.case["raw"].replace("<completion>", completion)
        return HttpResponse(int(self.case.get("status", 200)), kind, text.encode("utf-8", "surrogatepass"))


def spoil(completion: dict[str, Any], case: Case) -> dict[str, Any]:
    """Return a completion as a case says, whose content is in the place of `<valid JSON>`."""
    choice = completion["choices"][0]
    content = choice["message"]["content"]
    if "edit" in case:
        content = json.dumps(EDITS[case["edit"]](json.loads(content)), ensure_ascii=False)
    if "text" in case:
        content = TEXTS[case["text"]](content)
    choice["message"]["content"] = content
    if "choice" in case:
        completion["choices"] = [_filled(case["choice"], content)]
    if "message" in case:
        choice["message"] = _filled(case["message"], content)
    if "content" in case:
        choice["message"]["content"] = _filled(case["content"], content)
    if "finish_reason" in case:
        choice["finish_reason"] = case["finish_reason"]
    if "usage" in case:
        completion["usage"] = case["usage"]
        if case["usage"] is None:
            del completion["usage"]
    return {**completion, **case.get("more", {})}


def _filled(part: Any, content: str) -> Any:
    if isinstance(part, str):
        return part.replace(VALID, content)
    if isinstance(part, list):
        return [_filled(item, content) for item in part]
    if isinstance(part, dict):
        return {key: _filled(value, content) for key, value in part.items()}
    return part


def _lines(data: Any, change: Callable[[dict[str, Any]], None]) -> Any:
    for line in data.get("lines", []):
        change(line)
    return data


def _every_text(data: Any, change: Callable[[str], str], *keep: str) -> Any:
    """Return the data with every text changed, but those of the keys to keep, which are names, ids and choices."""
    if isinstance(data, str):
        return change(data)
    if isinstance(data, list):
        return [_every_text(item, change, *keep) for item in data]
    if isinstance(data, dict):
        return {key: value if key in keep else _every_text(value, change, *keep) for key, value in data.items()}
    return data


NAMES = ("speaker", "name", "line_id", "gender", "age", "tags")


def _speakers(change: Callable[[str], str]) -> Callable[[Any], Any]:
    return lambda data: _lines(data, lambda line: line.update(speaker=change(line["speaker"])))


def _people(change: Callable[[dict[str, Any]], None]) -> Callable[[Any], Any]:
    def changed(data: Any) -> Any:
        for person in data.get("cast", []):
            change(person)
        return data

    return changed


EDITS: Mapping[str, Callable[[Any], Any]] = {
    "speakers in capitals": _speakers(str.upper),
    "speakers in small letters": _speakers(str.lower),
    "speakers with a colon": _speakers(lambda name: f"{name}:"),
    "speakers with spaces": _speakers(lambda name: f" {name} "),
    "speakers in bold": _speakers(lambda name: f"**{name}**"),
    "NUL in every text": lambda data: _every_text(data, lambda text: text.replace(" ", " \0", 1), *NAMES),
    "control characters in every text": lambda data: _every_text(data, lambda text: f"\x1b{text}\x85", *NAMES),
    "half a character in every text": lambda data: _every_text(data, lambda text: f"{text}\ud83d", *NAMES),
    "more keys": lambda data: {**data, "notes": "I kept it short.", "confidence": 0.9},
    "more keys in lines": lambda data: _lines(data, lambda line: line.update(emotion="calm", index=1)),
    "booleans as texts": lambda data: _lines(data, lambda line: line.update(scene_break="False")),
    "booleans as numbers": lambda data: _lines(data, lambda line: line.update(scene_break=0)),
    "no booleans": lambda data: _lines(data, lambda line: line.pop("scene_break")),
    "choices in capitals": _people(lambda person: person.update(gender=person["gender"].title())),
    "one tag as a text": lambda data: _lines(data, lambda line: line.update(tags="whispers")),
    "null for texts": lambda data: _lines(data, lambda line: line.update(text=None)),
    "numbers for texts": lambda data: _lines(data, lambda line: line.update(text=42)),
    "the same line again and again": lambda data: {**data, "lines": data["lines"][:1] * 500},
    "values within properties": lambda data: {"type": "object", "properties": data},
    "null": lambda _data: None,
    "nothing": lambda _data: {},
}
"""What may happen to the data of a reply."""

TEXTS: Mapping[str, Callable[[str], str]] = {
    "raw line feeds": lambda text: re.sub(r"(?<=[a-z]) (?=[a-z])", "\n", text, count=3),
    "ends early": lambda text: text[: len(text) * 2 // 3],
    "trailing commas": lambda text: text.replace("}]", "},]").replace('"}', '",}'),
    "as a JSON string": json.dumps,
    "booleans of Python": lambda text: text.replace("false", "False").replace("true", "True"),
    "escapes of half characters": lambda text: text.replace('"}', '\\ud83d"}'),
    "deeply nested": lambda text: '{"a":' * 50_000 + text,
    "closed twice": lambda text: text + '."\n}',
}
"""What may happen to the text of a reply."""
