"""OpenAI's chat completions over HTTP: `POST /v1/chat/completions` with a strict JSON schema, and its errors."""

import json
import math
import secrets
import time
from collections.abc import Callable, Mapping
from typing import Any

from local.author.answers import answer
from local.http_messages import HttpRequest, HttpResponse
from local.standin.server import NO_FAULTS, InjectedFaults, RequestRefused, StandIn, json_answer

CHARACTERS_A_TOKEN = 4

Latency = Callable[[str], float]
"""Returns the seconds that a call takes, given the name of its schema."""


class AuthorServer(StandIn):
    """The stand-in author. `latency` adds seconds to each call; `lines` fixes the number of lines of every chapter."""

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        latency: Latency = lambda _name: 0.0,
        lines: int | None = None,
        at_once: int | None = None,
        faults: InjectedFaults = NO_FAULTS,
    ) -> None:
        super().__init__(host, port, at_once=at_once, faults=faults)
        self._latency = latency
        self._lines = lines

    @property
    def base_url(self) -> str:
        """The value for OPENAI_BASE_URL."""
        return f"{self.url}/v1"

    def error(self, status: int, code: str, message: str) -> HttpResponse:
        """Return an error in OpenAI's form."""
        kind = "invalid_request_error" if status < 500 else "server_error"
        return json_answer(status, {"error": {"message": message, "type": kind, "param": None, "code": code}})

    @property
    def too_many(self) -> HttpResponse:
        """The error of the rate limit."""
        return self.error(429, "rate_limit_exceeded", "Rate limit reached. Please try again later.")

    def free(self, request: HttpRequest) -> HttpResponse | None:
        """Return the list of models, 404 for a path this API does not have, or None for a completion."""
        scheme, _, key = (request.header("authorization") or "").partition(" ")
        if scheme.lower() != "bearer" or not key or key == "invalid":
            raise RequestRefused(self.error(401, "invalid_api_key", "Incorrect API key provided."))
        if request.method == "GET" and request.path == "/v1/models":
            return json_answer(200, {"object": "list", "data": [{"id": "stand-in", "object": "model"}]})
        if request.method != "POST" or request.path != "/v1/chat/completions":
            return self.error(404, "unknown_url", f"Invalid URL ({request.method} {request.path})")
        return None

    def sell(self, request: HttpRequest, body: Mapping[str, Any]) -> tuple[HttpResponse, Mapping[str, Any], float]:  # noqa: ARG002
        """Return a completion whose content fits the schema, its ledger entry, and its latency in seconds."""
        name, schema = self._schema(body)
        messages = self._messages(body)
        content = json.dumps(self.reply(schema, _data(messages)), ensure_ascii=False)
        read = sum(_tokens(message["content"]) for message in messages)
        written = _tokens(content)
        most = body.get("max_completion_tokens") or body.get("max_tokens")
        cut_off = isinstance(most, int) and written > most
        if cut_off and isinstance(most, int):
            content, written = content[: most * CHARACTERS_A_TOKEN], most
        completion = {
            "id": f"chatcmpl-{secrets.token_hex(12)}",
            "object": "chat.completion",
            "created": int(time.time()),
            "model": body["model"],
            "choices": [
                {
                    "index": 0,
                    "message": {"role": "assistant", "content": content, "refusal": None},
                    "logprobs": None,
                    "finish_reason": "length" if cut_off else "stop",
                }
            ],
            "usage": {
                "prompt_tokens": read,
                "completion_tokens": written,
                "total_tokens": read + written,
                "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
            },
        }
        entry = {
            "name": name,
            "model": body["model"],
            "messages": messages,
            "input_tokens": read,
            "output_tokens": written,
        }
        return json_answer(200, completion, {"x-request-id": secrets.token_hex(16)}), entry, self._latency(name)

    def reply(self, schema: Mapping[str, Any], data: dict[str, Any]) -> dict[str, Any]:
        """Return the completion's content: an object that fits the schema."""
        return answer(schema, data, self._lines)

    def _schema(self, body: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
        if not isinstance(body.get("model"), str):
            raise RequestRefused(self.error(400, "missing_required_parameter", "you must provide a model parameter"))
        if body.get("stream"):
            raise RequestRefused(self.error(400, "unsupported_value", "This server does not stream."))
        response_format = body.get("response_format") or {}
        form = response_format.get("json_schema") or {}
        if response_format.get("type") != "json_schema" or not isinstance(form.get("schema"), dict):
            message = "This server answers with a json_schema response format only."
            raise RequestRefused(self.error(400, "unsupported_value", message))
        if form.get("strict") and (problem := _not_strict(form["schema"])):
            raise RequestRefused(
                self.error(400, "invalid_json_schema", f"Invalid schema for response_format: {problem}")
            )
        return str(form.get("name", "")), form["schema"]

    def _messages(self, body: Mapping[str, Any]) -> list[dict[str, str]]:
        messages = body.get("messages")
        if not isinstance(messages, list) or not messages:
            raise RequestRefused(self.error(400, "invalid_type", "messages must be a list with at least one message."))
        for message in messages:
            if not isinstance(message, dict) or not isinstance(message.get("content"), str):
                raise RequestRefused(
                    self.error(400, "invalid_type", "Every message needs a role and a content of text.")
                )
        return messages


def _not_strict(schema: Any, path: str = "schema") -> str | None:
    """Return why strict mode would refuse the schema, or None.

    Each object must require all its properties and allow no others.
    """
    if isinstance(schema, list):
        return next((problem for item in schema if (problem := _not_strict(item, path))), None)
    if not isinstance(schema, dict):
        return None
    if schema.get("type") == "object":
        properties = schema.get("properties", {})
        if schema.get("additionalProperties") is not False:
            return f"{path}: 'additionalProperties' is required to be supplied and to be false."
        if set(schema.get("required", [])) != set(properties):
            return f"{path}: 'required' is required to be an array including every key in properties."
        nested = (_not_strict(value, f"{path}.{name}") for name, value in properties.items())
        return next((problem for problem in nested if problem), None)
    return _not_strict(schema.get("items"), f"{path}[]")


def _data(messages: list[dict[str, str]]) -> dict[str, Any]:
    """Return the question's data: the first user message that is a JSON object, else the last message as a prompt."""
    for message in messages:
        if message.get("role") == "user":
            try:
                data = json.loads(message["content"])
            except ValueError:
                continue
            if isinstance(data, dict):
                return data
    return {"prompt": messages[-1]["content"]}


def _tokens(text: str) -> int:
    return math.ceil(len(text) / CHARACTERS_A_TOKEN)
