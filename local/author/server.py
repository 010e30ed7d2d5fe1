"""OpenAI's chat completions over HTTP: `POST /v1/chat/completions` with a strict JSON schema, and its errors."""

import json
import math
import secrets
import time
from collections.abc import Callable, Mapping
from typing import Any

from local.author.answers import answer
from local.author.refusals import refused
from local.http_messages import HttpRequest, HttpResponse
from local.standin.server import NO_FAULTS, InjectedFaults, RequestRefused, StandIn, json_answer

CHARACTERS_A_TOKEN = 4

Latency = Callable[[str], float]
"""Returns the seconds that a call takes, given the name of its schema."""


class AuthorServer(StandIn):
    """The stand-in author. `latency` adds seconds to each call."""

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        latency: Latency = lambda _name: 0.0,
        at_once: int | None = None,
        faults: InjectedFaults = NO_FAULTS,
    ) -> None:
        super().__init__(host, port, at_once=at_once, faults=faults)
        self._latency = latency

    @property
    def base_url(self) -> str:
        """The value for OPENAI_BASE_URL."""
        return f"{self.url}/v1"

    def error(self, status: int, code: str | None, message: str, param: str | None = None) -> HttpResponse:
        """Return an error in OpenAI's form."""
        kind = "invalid_request_error" if status < 500 else "server_error"
        return json_answer(status, {"error": {"message": message, "type": kind, "param": param, "code": code}})

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
        if (refusal := self.refusal(body)) is not None:
            raise RequestRefused(refusal)
        messages = self._messages(body)
        data = question(messages)
        name, schema = self.form(body, data)
        content = json.dumps(self.reply(schema, data), ensure_ascii=False)
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
        return self.response(body, completion), entry, self._latency(name)

    def refusal(self, body: Mapping[str, Any]) -> HttpResponse | None:
        """Return the error for a request that the API does not take, or None."""
        refusal = refused(body)
        return self.error(400, refusal.code, refusal.message, refusal.param) if refusal else None

    def form(self, body: Mapping[str, Any], data: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:  # noqa: ARG002
        """Return name and schema of what is asked for."""
        if body.get("stream"):
            raise RequestRefused(self.error(400, "unsupported_value", "This server does not stream."))
        form = schema_asked_for(body)
        if form is None:
            message = "This server answers with a json_schema response format only."
            raise RequestRefused(self.error(400, "unsupported_value", message, "response_format"))
        return form

    def response(self, body: Mapping[str, Any], completion: dict[str, Any]) -> HttpResponse:  # noqa: ARG002
        """Return the response that brings a completion."""
        return json_answer(200, completion, {"x-request-id": secrets.token_hex(16)})

    def reply(self, schema: Mapping[str, Any], data: dict[str, Any]) -> dict[str, Any]:
        """Return the completion's content: an object that fits the schema."""
        return answer(schema, data)

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


def schema_asked_for(body: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]] | None:
    """Return name and schema of a request's response format, or None if it has no schema."""
    response_format = body.get("response_format")
    form = response_format.get("json_schema") if isinstance(response_format, dict) else None
    if not isinstance(form, dict) or not isinstance(form.get("schema"), dict):
        return None
    return str(form.get("name", "")), form["schema"]


def question(messages: list[dict[str, str]]) -> dict[str, Any]:
    """Return the question's data: the first JSON object of a user's message, else the last message as a prompt.

    Text may stand before and after the object, such as a schema that the server would not take as a parameter.
    """
    for message in messages:
        if message.get("role") == "user":
            content = message["content"]
            try:
                data, _ = json.JSONDecoder().raw_decode(content, max(0, content.find("{")))
            except ValueError:
                continue
            if isinstance(data, dict):
                return data
    return {"prompt": messages[-1]["content"]}


def _tokens(text: str) -> int:
    return math.ceil(len(text) / CHARACTERS_A_TOKEN)
