"""Chat completions as servers really answer: the text that a body holds, what was used, and errors inside of it.

The body is read here and not by the SDK, whose types hold only for OpenAI's own replies. Forms of replies, by server:
content in parts with `thinking` (Mistral's reasoning models), the answer as reasoning and no content (vLLM and LM
Studio with thinking models), errors inside a 200 (OpenRouter), events although none were asked for (proxies), comments
and blanks before the body (OpenRouter's keep-alive). tests/cases/replies.json has one of each, with its source.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from chalicelib.domain.texts import whole
from chalicelib.errors import ContentRefused, CutOff, Unusable
from chalicelib.providers.refusals import Refusal, mapping, read_refusal
from chalicelib.story.ports import Completion

_CUT_OFF = {"length", "max_tokens", "max_output_tokens", "model_length", "token_limit", "model_context_window_exceeded"}
_REFUSED = {"content_filter", "safety", "prohibited_content", "blocklist", "recitation", "sensitive", "refusal"}

_MOST_TOKENS = 10_000_000
"""More than any server has used for a reply: a greater count is none."""


def read_completion(body: bytes) -> Completion | Refusal:
    """Return the completion in the body of a 200, or the refusal that it holds instead.

    A body that is no completion is one with the problem Unusable; one in HTML is the refusal `html`.
    """
    text = body.decode("utf-8-sig", "replace").strip()
    if text.startswith("<"):
        return Refusal(status=200, code="html")
    decoded = _decoded(text)
    if not isinstance(decoded, dict):
        return Completion("", 0, 0, 0, Unusable("The reply is no chat completion."))
    used = _used(decoded.get("usage"))
    choice = _choice(decoded)
    refusal = read_refusal(choice, 200) or (read_refusal(decoded, 200) if not _says_something(choice) else None)
    if refusal is not None:
        return refusal.charged() if any(used) else refusal
    return _completion(choice, used, _scores(decoded.get("moderation")))


def _completion(
    choice: Mapping[str, Any], used: tuple[int, int, int], scores: Mapping[str, Mapping[str, float]]
) -> Completion:
    # A reply goes back to its author to be repaired, and half a character cannot be sent.
    texts = [whole(text) for text in _texts(choice)]
    message = mapping(choice.get("message"))
    ended = str(choice.get("finish_reason") or choice.get("stop_reason") or "").casefold()
    problem: ContentRefused | CutOff | Unusable | None = None
    # First: a refused reply may hold content all the same, which must not be used.
    if ended in _REFUSED or (isinstance(message.get("refusal"), str) and message["refusal"].strip()):
        problem = ContentRefused()
    elif ended in _CUT_OFF:
        problem = CutOff("The reply ended early.")
    elif not texts:
        problem = Unusable("The reply is empty.")
    return Completion(texts[0] if texts else "", *used, problem, tuple(texts[1:]), scores)


def _scores(moderation: Any) -> dict[str, dict[str, float]]:
    """Return the highest score of each category, for what was sent and for what was written."""
    found: dict[str, dict[str, float]] = {}
    for side in ("input", "output"):
        results = mapping(mapping(moderation).get(side)).get("results")
        for result in results if isinstance(results, list) else ():
            of_side = found.setdefault(side, {})
            for name, score in mapping(mapping(result).get("category_scores")).items():
                if isinstance(score, (int, float)) and score >= 0:
                    of_side[str(name)] = max(of_side.get(str(name), 0.0), float(score))
    return found


def _decoded(text: str) -> Any:
    """Return the JSON of a body, after what keeps a connection alive, and also where it came as events."""
    if text.startswith((":", "data:", "event:")):
        lines = text.splitlines()
        events = [line[len("data:") :].strip() for line in lines if line.startswith("data:")]
        if not events:
            text = "\n".join(line for line in lines if not line.startswith(":")).strip()
        else:
            return _joined([event for line in events if isinstance(event := _json(line), dict)])
    return _json(text)


def _json(text: str) -> Any:
    try:
        return json.loads(text, strict=False)
    # ValueError: also a number with more digits than Python takes.
    except (ValueError, RecursionError):
        return None


def _joined(events: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the completion that a stream of chunks adds up to."""
    joined: dict[str, Any] = {}
    parts: dict[str, list[str]] = {"content": [], "reasoning_content": []}
    ended = None
    for event in events:
        joined |= {key: value for key, value in event.items() if value is not None}
        choice = _choice(event)
        delta = mapping(choice.get("delta")) or mapping(choice.get("message"))
        for name, texts in parts.items():
            if isinstance(piece := delta.get(name), str):
                texts.append(piece)
        ended = choice.get("finish_reason") or ended
    message = {name: "".join(texts) for name, texts in parts.items()}
    return {**joined, "choices": [{"message": message, "finish_reason": ended}]}


def _choice(body: Mapping[str, Any]) -> Mapping[str, Any]:
    choices = body.get("choices")
    listed = choices if isinstance(choices, list) else [choices]
    first = next((choice for choice in listed if isinstance(choice, dict)), None)
    # Ollama's own API has the message at the top.
    return first if first is not None else {"message": body.get("message"), "finish_reason": body.get("done_reason")}


def _says_something(choice: Mapping[str, Any]) -> bool:
    return any(_texts(choice))


def _texts(choice: Mapping[str, Any]) -> Iterator[str]:
    """Yield the texts of a choice that are not blank: its content, then whatever else may hold the answer."""
    message = mapping(choice.get("message"))
    yield from _of_content(message.get("content"))
    parsed = message.get("parsed")
    if isinstance(parsed, (dict, list)):
        yield json.dumps(parsed)
    calls = message.get("tool_calls")
    for call in calls if isinstance(calls, list) else [message]:
        function = mapping(mapping(call).get("function") or mapping(call).get("function_call"))
        yield from _of_content(function.get("arguments"))
    for other in (choice.get("text"), message.get("reasoning_content"), message.get("reasoning")):
        yield from _of_content(other)


def _of_content(content: Any) -> Iterator[str]:
    if isinstance(content, str):
        if content.strip():
            yield content
    elif isinstance(content, list):
        # Thinking comes in parts of its own; what is no text is an image or a call.
        parts = [part if isinstance(part, str) else mapping(part).get("text") for part in content]
        joined = "".join(part for part in parts if isinstance(part, str))
        if joined.strip():
            yield joined
    elif isinstance(content, dict):
        text = content.get("text")
        yield text if isinstance(text, str) else json.dumps(content)


def _used(usage: Any) -> tuple[int, int, int]:
    """Return tokens read, those of them that were cached, and tokens written; 0 for what is not said."""
    said = mapping(usage)
    read = _count(said.get("prompt_tokens")) or _count(said.get("input_tokens"))
    cached = _count(mapping(said.get("prompt_tokens_details")).get("cached_tokens"))
    written = _count(said.get("completion_tokens")) or _count(said.get("output_tokens"))
    return read, min(cached, read), written


def _count(value: Any) -> int:
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,9}", value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= _MOST_TOKENS:
        return 0
    return int(value)
