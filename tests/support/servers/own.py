"""Servers on a machine of one's own: what each refuses and how it answers, with the reports beside it."""

import json
from typing import Any

from local.http_messages import HttpResponse
from local.standin.server import json_answer
from tests.support.servers.base import Body, CompatibleServer, Refusal, message, openai_error, schema_of, tokens


class Vllm(CompatibleServer):
    """vLLM with a context of 8,192 tokens, shared by what is read and what is written.

    - the context: https://github.com/vllm-project/vllm/issues/20409, https://github.com/ogx-ai/ogx/issues/4534
    - `store` and other fields it does not know are ignored: https://github.com/vllm-project/vllm/pull/10463
    - a message with `reasoning_content`: https://github.com/vllm-project/guidellm/issues/208
    """

    CONTEXT = 8192

    def refuses(self, body: Body) -> Refusal | None:
        read, most = tokens(body), int(body.get("max_completion_tokens") or body.get("max_tokens") or 0)
        if read + most <= self.CONTEXT:
            return None
        return Refusal("max_completion_tokens", 400, self.error_body(read, most))

    def error_body(self, read: int, most: int) -> Any:
        """Return the body of the error: flat, without an `error` in it."""
        text = (
            f"This model's maximum context length is {self.CONTEXT} tokens. However, you requested {read + most} "
            f"tokens ({read} in the messages, {most} in the completion). Please reduce the length of either."
        )
        return {"object": "error", "message": text, "type": "BadRequestError", "param": None, "code": 400}

    def answered(self, completion: dict[str, Any], body: Body) -> HttpResponse:
        message(completion)["reasoning_content"] = None
        completion["choices"][0]["stop_reason"] = None
        completion["usage"]["prompt_tokens_details"] = None
        return json_answer(200, completion)


class NewVllm(Vllm):
    """vLLM of 2026, whose error has another form and other words: https://github.com/vllm-project/vllm/pull/33425"""

    def error_body(self, read: int, most: int) -> Any:
        text = (
            f"This model's maximum context length is {self.CONTEXT} tokens. However, your request has {read} input "
            f"tokens plus {most} 'max_tokens'. Please reduce one or the other. "
            f"(parameter=input_tokens, max_tokens, value=({read}, {most}))"
        )
        error = {"message": text, "type": "BadRequestError", "param": "input_tokens, max_tokens", "code": 400}
        return {"error": error}


class LmStudio(CompatibleServer):
    """LM Studio with a thinking model: JSON that follows a schema comes as the thought, and the content is empty.

    - https://github.com/lmstudio-ai/lmstudio-bug-tracker/issues/1773, /1698
    - without a schema the thought stands before the answer: https://github.com/lmstudio-ai/lmstudio-bug-tracker/issues/1569
    - no other response format, and an error that is a plain text: https://github.com/LoadShine/tada/issues/16
    - no token counts: https://github.com/lmstudio-ai/lmstudio-bug-tracker/issues/1602
    """

    def refuses(self, body: Body) -> Refusal | None:
        kind = (body.get("response_format") or {}).get("type", "text")
        if kind not in {"json_schema", "text"}:
            text = "'response_format.type' must be 'json_schema' or 'text'"
            return Refusal("response_format", 400, {"error": text})
        return None

    def answered(self, completion: dict[str, Any], body: Body) -> HttpResponse:
        content = message(completion)["content"]
        if schema_of(body) is not None:
            message(completion).update(content="", reasoning_content=content, tool_calls=[])
        else:
            message(completion).update(content=f"<think>\nThey want {{JSON}}.\n</think>\n\n{content}")
        completion["usage"] = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}
        return json_answer(200, {**completion, "stats": {}})


class Ollama(CompatibleServer):
    """Ollama with a thinking model that does not follow the schema it was given: thought, and JSON in a fence.

    - the thought in the content: https://github.com/ollama/ollama/issues/9137; schemas that are not kept:
      https://github.com/ollama/ollama/issues/8063; the model is not told of the schema:
      https://github.com/ollama/ollama/issues/8162
    - fields it does not know are ignored: an assumption (its Go struct has no use for them)
    """

    def answered(self, completion: dict[str, Any], body: Body) -> HttpResponse:
        content = json.dumps(json.loads(message(completion)["content"]), indent=2, ensure_ascii=False)
        message(completion)["content"] = f"<think>\nLet me see.\n</think>\n\n```json\n{content}\n```\n"
        del message(completion)["refusal"]
        del completion["usage"]["prompt_tokens_details"]
        return json_answer(200, completion)


class NewOllama(Ollama):
    """Ollama where everything comes as `reasoning`: https://github.com/ollama/ollama/issues/15288"""

    def answered(self, completion: dict[str, Any], body: Body) -> HttpResponse:
        message(completion).update(content="", reasoning=message(completion)["content"])
        del message(completion)["refusal"]
        return json_answer(200, completion)


class LlamaCpp(CompatibleServer):
    """llama.cpp's server with a context of 4,096 tokens, which the prompt alone has to fit.

    - https://github.com/ggml-org/llama.cpp/pull/15780, https://github.com/oobabooga/textgen/issues/7257
    """

    CONTEXT = 4096

    def refuses(self, body: Body) -> Refusal | None:
        if (read := tokens(body)) <= self.CONTEXT:
            return None
        text = "the request exceeds the available context size. try increasing the context size or enable context shift"
        error = {"code": 400, "message": text, "type": "exceed_context_size_error"}
        return Refusal("messages", 400, {"error": {**error, "n_prompt_tokens": read, "n_ctx": self.CONTEXT}})


class Choosy(CompatibleServer):
    """A server that knows the parameters of 2023 alone, and refuses the first of the others, as OpenAI itself would.

    An imitation of no one server: the words are OpenAI's (https://github.com/teabranch/open-responses-server/issues/41).
    """

    KNOWN = frozenset({"model", "messages", "max_tokens", "temperature", "top_p", "stop", "user", "n", "stream"})

    def refuses(self, body: Body) -> Refusal | None:
        unknown = next((name for name in body if name not in self.KNOWN), None)
        if unknown is None:
            return None
        return Refusal(unknown, 400, openai_error(f"Unknown parameter: '{unknown}'.", unknown, "unknown_parameter"))
