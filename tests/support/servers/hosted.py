"""Services that speak OpenAI's protocol: what each refuses and how it answers, with the reports beside it."""

import json
from typing import Any

from local.http_messages import HttpResponse
from local.standin.server import json_answer
from tests.support.servers.base import (
    Body,
    CompatibleServer,
    Refusal,
    enum_values,
    first_use,
    message,
    openai_error,
    schema_of,
)


class Groq(CompatibleServer):
    """Groq: refuses `store`, and lengths of lists in schemas; its errors name neither `param` nor `code`.

    - `store`: https://github.com/fanenr/chatbot/issues/21 (the body), https://github.com/Gitlawb/openclaude/pull/983
      (still so in 2026).
    - `minItems`, `maxItems`: https://github.com/i-am-bee/beeai-framework/issues/1215
    """

    def refuses(self, body: Body) -> Refusal | None:
        if "store" in body:
            return _groq("store", "property 'store' is unsupported, did you mean 'stop'?")
        for keyword in ("minItems", "maxItems"):
            if (at := first_use(schema_of(body), keyword)) is not None:
                place = "/".join(name for name in at if name not in {"properties", "items"})
                where = f"response_format/json_schema/{place}"
                return _groq(keyword, f"invalid schema for response format: {where}: {keyword} is not supported")
        return None

    def answered(self, completion: dict[str, Any], body: Body) -> HttpResponse:
        # An assumption: an id of its own, and no details of the tokens.
        del completion["usage"]["prompt_tokens_details"]
        return json_answer(200, {**completion, "x_groq": {"id": "req_1"}})


class OldGroq(Groq):
    """Groq with a model that has no structured outputs, and as it was when it knew `max_tokens` alone.

    - `max_completion_tokens`: https://github.com/AnswerDotAI/shell_sage/issues/9
    - `json_schema`: https://v0.app/chat/groq-api-integration-jJZDjObZqiy (the message), and that the error has neither
      code nor param: https://github.com/ItzCrazyKns/Vane/issues/980
    """

    def refuses(self, body: Body) -> Refusal | None:
        if "max_completion_tokens" in body:
            wanted = "did you mean 'max_tokens'?"
            return _groq("max_completion_tokens", f"property 'max_completion_tokens' is unsupported, {wanted}")
        if schema_of(body) is not None:
            return _groq("response_format", "This model does not support response format `json_schema`.")
        return super().refuses(body)


def _groq(parameter: str, text: str) -> Refusal:
    return Refusal(parameter, 400, {"error": {"message": text, "type": "invalid_request_error"}})


class Gemini(CompatibleServer):
    """Gemini's endpoint for OpenAI's clients: errors come as a list of one, in Google's form.

    - `store`: https://github.com/liliMozi/openhanako/issues/394 and https://github.com/ed-donner/agents/issues/45
    - lengths of lists, and enums of more than some hundred values, have too many states:
      https://github.com/googleapis/python-genai/issues/660, https://github.com/googleapis/python-genai/issues/950
    - token counts that leave out the thinking: https://github.com/router-for-me/CLIProxyAPI/issues/5733
    """

    MOST_ENUM_VALUES = 100

    def refuses(self, body: Body) -> Refusal | None:
        if "store" in body:
            text = 'Invalid JSON payload received. Unknown name "store": Cannot find field.'
            violation = {"description": text}
            details = [{"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": [violation]}]
            return _gemini("store", text, details=details)
        schema = schema_of(body)
        limited = first_use(schema, "minItems") is not None or first_use(schema, "maxItems") is not None
        if limited or enum_values(schema) > self.MOST_ENUM_VALUES:
            # Its words say "schema", and name no parameter.
            return _gemini("schema", self.too_many_states)
        return None

    too_many_states = (
        "The specified schema produces a constraint that has too many states for serving. Typical causes are schemas "
        "with lots of text, or with long array length limits."
    )

    def answered(self, completion: dict[str, Any], body: Body) -> HttpResponse:
        usage = completion["usage"]
        usage["total_tokens"] += 60
        del usage["prompt_tokens_details"]
        del message(completion)["refusal"]
        return json_answer(200, completion)


class SilentGemini(Gemini):
    """Gemini where its error says nothing of what is wrong.

    https://github.com/ducroo/SICTIC-AI/issues/76, https://github.com/googleapis/google-api-python-client/issues/2570
    """

    too_many_states = "Request contains an invalid argument."


def _gemini(parameter: str, text: str, **more: Any) -> Refusal:
    return Refusal(parameter, 400, [{"error": {"code": 400, "message": text, "status": "INVALID_ARGUMENT", **more}}])


class Azure(CompatibleServer):
    """Azure OpenAI: lengths of lists are not permitted, fewer enum values, and the verdicts of its filters.

    - `minItems`, `maxItems` and other keywords, 100 properties, 500 enum values:
      https://learn.microsoft.com/en-us/azure/ai-foundry/openai/how-to/structured-outputs and
      https://docs.snaplogic.com/snaps/snaps-machine-learning/sp-azure-openai-llm/azure-openai-structured-outputs.html
    - the words of the errors, which are OpenAI's: https://github.com/jina-ai/node-DeepResearch/issues/79 and
      https://community.openai.com/t/500-enums-limitation-in-structured-output/974416
    """

    MOST_ENUM_VALUES = 500

    def refuses(self, body: Body) -> Refusal | None:
        schema = schema_of(body)
        for keyword in ("minItems", "maxItems"):
            if (at := first_use(schema, keyword)) is not None:
                return self._invalid(body, keyword, f"In context={at}, '{keyword}' is not permitted.")
        if (values := enum_values(schema)) > self.MOST_ENUM_VALUES:
            text = f"Expected at most {self.MOST_ENUM_VALUES} enum values in total, but received {values}."
            return self._invalid(body, "enum", text)
        return None

    def _invalid(self, body: Body, parameter: str, problem: str) -> Refusal:
        name = body["response_format"]["json_schema"]["name"]
        text = f"Invalid schema for response_format '{name}': {problem}"
        return Refusal(parameter, 400, openai_error(text, "response_format"))

    def answered(self, completion: dict[str, Any], body: Body) -> HttpResponse:
        # The shape of a verdict: https://github.com/compl-ai/compl-ai/issues/20
        safe = {name: {"filtered": False, "severity": "safe"} for name in ("hate", "self_harm", "sexual", "violence")}
        completion["choices"][0]["content_filter_results"] = safe
        prompt = [{"prompt_index": 0, "content_filter_results": safe}]
        return json_answer(200, {**completion, "prompt_filter_results": prompt})


class Mistral(CompatibleServer):
    """Mistral: 422 with pydantic's list of all the fields that it does not know; a thinking model answers in parts.

    - `store`, `max_completion_tokens`: https://github.com/Gitlawb/openclaude/issues/739
    - the parts: https://github.com/mistralai/client-python/issues/252, https://github.com/vercel/ai/pull/8072
    """

    UNKNOWN = ("store", "max_completion_tokens")

    def refuses(self, body: Body) -> Refusal | None:
        unknown = [name for name in self.UNKNOWN if name in body]
        if not unknown:
            return None
        detail = [
            {
                "type": "extra_forbidden",
                "loc": ["body", name],
                "msg": "Extra inputs are not permitted",
                "input": body[name],
            }
            for name in unknown
        ]
        return Refusal(" ".join(unknown), 422, self.error_body(detail))

    def error_body(self, detail: list[dict[str, Any]]) -> Any:
        """Return the body of the error."""
        return {"detail": detail}

    def answered(self, completion: dict[str, Any], body: Body) -> HttpResponse:
        thought = {"type": "thinking", "thinking": [{"type": "text", "text": "They want JSON: {...}."}]}
        message(completion)["content"] = [thought, {"type": "text", "text": message(completion)["content"]}]
        return json_answer(200, completion)


class WrappedMistral(Mistral):
    """Mistral with its list inside an error object: https://github.com/editor-code-assistant/eca/issues/231"""

    def error_body(self, detail: list[dict[str, Any]]) -> Any:
        return {
            "object": "error",
            "message": {"detail": detail},
            "type": "invalid_request_error",
            "param": None,
            "code": None,
        }


class DeepSeek(CompatibleServer):
    """DeepSeek: JSON mode without schemas, whose prompt must say "json"; blank lines while a request waits.

    - `json_schema`: https://github.com/llm-exe/llm-exe/issues/662, and the word: https://github.com/BerriAI/litellm/pull/31466
    - the blank lines: https://apifox.com/apidoc/docs-site/5435161/%E9%99%90%E9%80%9F-5903705m0
    """

    def refuses(self, body: Body) -> Refusal | None:
        kind = (body.get("response_format") or {}).get("type", "text")
        if kind == "json_schema":
            text = "This response_format type is unavailable now"
            return Refusal("response_format", 400, openai_error(text, None, "invalid_request_error"))
        if kind == "json_object" and "json" not in json.dumps(body["messages"]).lower():
            text = "Prompt must contain the word 'json' in some form to use 'response_format' of type 'json_object'."
            return Refusal("messages", 400, openai_error(text, None, "invalid_request_error"))
        return None

    def answered(self, completion: dict[str, Any], body: Body) -> HttpResponse:
        message(completion)["reasoning_content"] = "They want JSON."
        text = b"\n" * 30 + json.dumps(completion).encode()
        return HttpResponse(200, {"Content-Type": ["application/json"]}, text)


class OpenRouter(CompatibleServer):
    """OpenRouter: white space before the body, and errors of its upstream inside a 200.

    `overloaded` calls are answered so, before the others are; a request that holds the word `flagged` is refused.

    - errors inside 200, and the codes: https://openrouter.ai/docs/api/reference/errors-and-debugging,
      https://github.com/SWE-agent/mini-swe-agent/pull/902
    - the moderation error and its metadata: the same page
    - white space to keep a connection alive: https://github.com/jundot/omlx/issues/2066 (of another server; that
      OpenRouter sends comments when it streams: https://github.com/openai/openai-go/issues/227)
    - a message with `reasoning`, a choice with `native_finish_reason`: https://github.com/openai/openai-go/issues/227
    """

    flagged: str | None = None

    def __init__(self, *, lines: int | None = None, overloaded: int = 0) -> None:
        super().__init__(lines=lines)
        self.overloaded = overloaded

    def refuses(self, body: Body) -> Refusal | None:
        if self.flagged and self.flagged in json.dumps(body["messages"]):
            metadata = {"reasons": ["violence"], "flagged_input": "...", "provider_name": "Google"}
            error = {
                "code": 403,
                "message": "This model requires moderation. Your input was flagged",
                "metadata": metadata,
            }
            return Refusal("messages", 403, {"error": error})
        if self.overloaded:
            self.overloaded -= 1
            error = {"message": "Upstream error: Service temporarily overloaded", "code": 502}
            # No parameter is at fault: it is counted under none.
            return Refusal("", 200, {"id": "gen-1", "error": error})
        return None

    def answered(self, completion: dict[str, Any], body: Body) -> HttpResponse:
        completion["choices"][0]["native_finish_reason"] = "STOP"
        message(completion)["reasoning"] = None
        text = b"\n         \n" * 3 + json.dumps({"provider": "Google", **completion}).encode()
        return HttpResponse(200, {"Content-Type": ["application/json"]}, text)
