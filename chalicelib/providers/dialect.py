"""What a server takes of a request for a model: everything, until it has refused something by name.

Servers that speak OpenAI's chat completions refuse what they do not know, each something else: Groq `store`, Azure and
Gemini `minItems` in a schema, Mistral `max_completion_tokens`, vLLM more tokens than fit its context. A refused call
costs nothing, so what was refused is left out, or put in another way, and the call is made again; each at most once.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from chalicelib.providers.refusals import Refusal
from chalicelib.story.ports import CompletionRequest, Message

LEARNT_AT_ONCE = 16
"""More refusals than there are things to leave out: a guard, no limit that is met."""

_OPTIONAL = (
    "store",
    "safety_identifier",
    "prompt_cache_key",
    "service_tier",
    "reasoning_effort",
    "verbosity",
)
"""What may be left out in silence. `moderation` may not: a story that nobody looked at would pass for a safe one."""

_MOST = ("max_completion_tokens", "max_tokens")
_SCHEMA = re.compile(
    r"response_format|json_schema|json_object|schema|structured.?output|minItems|maxItems|\benum\b|grammar|json mode"
    r"|format\.type|guided",
    re.I,
)
_UNKNOWN = re.compile(
    r"unsupported|not supported|unrecogni[sz]ed|unknown|unexpected|not permitted|extra|not allowed|instead|forbidden",
    re.I,
)
_TOO_MANY = re.compile(r"too (?:large|many|long|high)|at most|less than|maximum|exceed|context", re.I)
_NO_SCHEMAS = re.compile(
    r"(?:json_schema|response.?format)\W.{0,40}(?:unavailable|not support|unsupported)"
    r"|not support\w* .{0,40}json_schema",
    re.I,
)
"""Words for a kind of response format that is not to be had, and not for a schema that is too much."""

_NO_CODES = {"", "INVALID_ARGUMENT", "invalid_request_error", "BadRequestError"}

_NO_SYSTEM = re.compile(r"(?:system|developer)\W{1,3}(?:role|message|prompt|instruction)s?|roles must alternate", re.I)
_WINDOW = re.compile(
    r"(?:context (?:length|window|size)|n_ctx|maximum (?:context|sequence))[^0-9]{0,60}([0-9][0-9,]{2,11})", re.I
)
_GIVEN = re.compile(
    r"([0-9][0-9,]*) (?:tokens )?(?:in the messages|in your prompt|input tokens|prompt tokens|of text input)"
    r"|(?:prompt contains(?: at least)?|request has|n_prompt_tokens\W+) ?([0-9][0-9,]*)",
    re.I,
)
_NUMBER = re.compile(r"\b[0-9][0-9,]{2,11}\b")

_FEWEST = 256
"""Tokens of the smallest reply that is worth asking for."""

_ROOM = 16
"""Tokens that are left free in a context: servers add some of their own."""

_SHRUNK_AT_MOST = 3

_BYTES_A_TOKEN = 3
"""Of a prompt, so that an estimate is rather too high: English has four."""

_WHOLE, _NO_BOUNDS, _OBJECT, _TEXT = range(4)
"""How the schema is sent: complete; without the limits of lists; as a wish for JSON with the schema in the prompt; in
the prompt alone."""


class Dialect:
    """What one server takes for one model, as far as it is known."""

    def __init__(self) -> None:
        self._left_out: set[str] = set()
        self._form = _WHOLE
        self._most_name: str | None = _MOST[0]
        self._most_tokens: int | None = None
        self._window: int | None = None
        self._shrunk = 0
        self._system = True

    @property
    def left_out(self) -> frozenset[str]:
        """The names of what is not sent as it would be to OpenAI."""
        forms = {_WHOLE: set[str](), _NO_BOUNDS: {"minItems"}, _OBJECT: {"json_schema"}, _TEXT: {"response_format"}}
        most = set[str]() if self._most_name == _MOST[0] else {_MOST[0]}
        return frozenset(self._left_out | forms[self._form] | most | (set() if self._system else {"system"}))

    def body(self, request: CompletionRequest, options: Mapping[str, Any]) -> dict[str, Any]:
        """Return the body to send; `options` are the parameters that not every server knows."""
        body: dict[str, Any] = {"model": request.model, "messages": self._messages(request)}
        if self._form <= _NO_BOUNDS:
            schema = request.schema if self._form == _WHOLE else _without_bounds(request.schema)
            body["response_format"] = {
                "type": "json_schema",
                "json_schema": {"name": request.name, "strict": True, "schema": schema},
            }
        elif self._form == _OBJECT:
            body["response_format"] = {"type": "json_object"}
        if self._most_name is not None:
            body[self._most_name] = self._tokens(request)
        return body | {name: value for name, value in options.items() if name not in self._left_out}

    def learn(self, refusal: Refusal, body: Mapping[str, Any]) -> bool:
        """Learn from the refusal of a body; return whether the next one will be another."""
        if refusal.status not in {400, 404, 413, 422}:
            return False
        # One refusal may name several.
        named = [self._learn_of_options(refusal, body), self._learn_other_name(refusal)]
        return any(named) or (
            self._learn_of_tokens(refusal, body)
            or self._learn_of_schema(refusal, body)
            or self._learn_of_roles(refusal)
            or self._learn_of_silence(refusal, body)
        )

    def _learn_of_options(self, refusal: Refusal, body: Mapping[str, Any]) -> bool:
        sent = [name for name in _OPTIONAL if name in body]
        named = [name for name in sent if refusal.param.split(".")[0] == name]
        if not named or _UNKNOWN.search(refusal.words):
            named += [name for name in sent if re.search(rf"\b{name}\b", refusal.words)]
        self._left_out.update(named)
        return bool(named)

    def _learn_other_name(self, refusal: Refusal) -> bool:
        """Learn that the limit of a reply has its older name here, or none."""
        name = self._most_name
        said = f"{refusal.code} {refusal.param} {refusal.words}"
        if name is None or name not in said or not _UNKNOWN.search(said) or _TOO_MANY.search(refusal.words):
            return False
        self._most_name = _MOST[1] if name == _MOST[0] else None
        return True

    def _learn_of_tokens(self, refusal: Refusal, body: Mapping[str, Any]) -> bool:
        about_it = refusal.param in _MOST or any(known in refusal.words for known in _MOST)
        if self._most_name is None or not (about_it or refusal.code == "context_length_exceeded"):
            return False
        return self._shrink(refusal.words, body)

    def _shrink(self, words: str, body: Mapping[str, Any]) -> bool:
        """Learn how long a reply may be, from the numbers of a refusal; return False if none of them helps."""
        sent = int(body[self._most_name or ""])
        if window := _WINDOW.search(words):
            given = _GIVEN.search(words)
            read = _number(given[1] or given[2]) if given else _estimate(body["messages"])
            self._window = _number(window[1])
            fits = self._window - read - _ROOM
        else:
            fits = max((n for n in map(_number, _NUMBER.findall(words)) if _FEWEST <= n < sent), default=sent // 2)
        self._shrunk += 1
        if self._shrunk > _SHRUNK_AT_MOST or fits < _FEWEST:
            return False
        if fits >= sent:
            # Refused all the same: it counts otherwise than it says.
            self._window, fits = None, sent // 2
        self._most_tokens = fits
        return True

    def _learn_of_schema(self, refusal: Refusal, body: Mapping[str, Any]) -> bool:
        said = f"{refusal.code} {refusal.words}"
        if not (refusal.param.startswith("response_format") or _SCHEMA.search(said)) or self._form >= _TEXT:
            return False
        if refusal.param == "response_format" and refusal.code == "unknown_parameter":
            self._form = _TEXT
        elif self._form == _WHOLE and _has_bounds(body) and not _NO_SCHEMAS.search(refusal.words):
            self._form = _NO_BOUNDS
        else:
            self._form = max(self._form, _NO_BOUNDS) + 1
        return True

    def _learn_of_silence(self, refusal: Refusal, body: Mapping[str, Any]) -> bool:
        """Learn from a refusal that says nothing at all, as Gemini's of a schema does."""
        if refusal.status != 400 or refusal.param or refusal.code not in _NO_CODES:
            return False
        if self._form != _WHOLE or not _has_bounds(body):
            return False
        self._form = _NO_BOUNDS
        return True

    def _learn_of_roles(self, refusal: Refusal) -> bool:
        if not self._system or not _NO_SYSTEM.search(refusal.words):
            return False
        self._system = False
        return True

    def _tokens(self, request: CompletionRequest) -> int:
        most = request.max_completion_tokens
        if self._window is not None:
            return min(most, max(_FEWEST, self._window - _estimate(request.messages) - _ROOM))
        return most if self._most_tokens is None else min(most, self._most_tokens)

    def _messages(self, request: CompletionRequest) -> list[Message]:
        messages = list(request.messages)
        if self._form > _NO_BOUNDS:
            schema = json.dumps(request.schema, ensure_ascii=False)
            asked = f"Answer with one JSON object, and nothing else, that fits this JSON schema:\n{schema}"
            first = messages[0]
            messages[0] = {**first, "content": f"{first['content']}\n\n{asked}"}
        return messages if self._system else list(_without_system(messages))


def _without_system(messages: list[Message]) -> Iterator[Message]:
    """Yield the messages with the system's words at the beginning of the first message of the user."""
    words = "\n\n".join(message["content"] for message in messages if message["role"] == "system")
    for message in messages:
        if message["role"] == "user" and words:
            yield {"role": "user", "content": f"{words}\n\n{message['content']}"}
            words = ""
        elif message["role"] != "system":
            yield message


def _has_bounds(body: Mapping[str, Any]) -> bool:
    return '"minItems"' in json.dumps(body.get("response_format"))


def _without_bounds(node: Any) -> Any:
    if isinstance(node, list):
        return [_without_bounds(item) for item in node]
    if isinstance(node, dict):
        return {key: _without_bounds(item) for key, item in node.items() if key not in {"minItems", "maxItems"}}
    return node


def _estimate(messages: Any) -> int:
    return sum(len(message["content"].encode()) for message in messages) // _BYTES_A_TOKEN


def _number(digits: str) -> int:
    return int(digits.replace(",", ""))
