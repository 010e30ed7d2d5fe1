"""What OpenAI's chat completions refuse, as of November 2026; the source stands beside each rule.

The stand-in refuses the same, so that a request which OpenAI would not take fails here first.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

PARAMETERS = frozenset(
    {
        "audio",
        "frequency_penalty",
        "function_call",
        "functions",
        "logit_bias",
        "logprobs",
        "max_completion_tokens",
        "max_tokens",
        "messages",
        "metadata",
        "modalities",
        "model",
        "moderation",
        "n",
        "parallel_tool_calls",
        "prediction",
        "presence_penalty",
        "prompt_cache_key",
        "prompt_cache_options",
        "prompt_cache_retention",
        "reasoning_effort",
        "response_format",
        "safety_identifier",
        "seed",
        "service_tier",
        "stop",
        "store",
        "stream",
        "stream_options",
        "temperature",
        "tool_choice",
        "tools",
        "top_logprobs",
        "top_p",
        "user",
        "verbosity",
        "web_search_options",
    }
)
"""The request's parameters, as openai-python 3.54 has them in types/chat/completion_create_params.py
(https://github.com/openai/openai-python). Any other is `unknown_parameter`:
https://github.com/teabranch/open-responses-server/issues/41"""

EFFORTS = frozenset({"none", "minimal", "low", "medium", "high", "xhigh", "max"})
"""The values of `reasoning_effort`: types/shared_params/reasoning_effort.py of the same package."""

_REASONING = re.compile(r"(gpt-[5-9]|o\d)")
"""Models that reason, by the beginning of their names. An assumption for those that are to come."""

MOST_PROPERTIES, MOST_LEVELS, MOST_ENUM_VALUES, MOST_NAMES = 5_000, 10, 1_000, 120_000
LARGE_ENUM, MOST_IN_LARGE_ENUM = 250, 15_000
"""Strict schemas: properties, levels of nesting, enum values, characters of names and values in all; and for an enum of
more than 250 values the characters of these. https://developers.openai.com/api/docs/guides/structured-outputs, whose
numbers https://docs.rs/crate/artifactize-core/latest/source/src/agent/verdict/structured/limits.rs repeats."""

_NOT_PERMITTED = frozenset(
    {
        *("allOf", "oneOf", "not", "if", "then", "else", "dependentRequired", "dependentSchemas"),
        *("patternProperties", "default"),
    }
)
"""Keywords that no strict schema may have: the same guide; `default`: https://zenn.dev/nicopin/scraps/a8d8f53f5faebb"""

_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
"""The name of a schema: types/shared_params/response_format_json_schema.py of openai-python."""


@dataclass(frozen=True, slots=True)
class Refused:
    """An error of status 400: its message, the parameter it names, and its code."""

    message: str
    param: str | None
    code: str | None


def refused(body: Mapping[str, Any]) -> Refused | None:
    """Return the error that OpenAI would answer a request with, or None if it takes it."""
    return next(_refusals(body), None)


def _refusals(body: Mapping[str, Any]) -> Iterator[Refused]:
    model = body.get("model")
    if not isinstance(model, str):
        yield Refused("you must provide a model parameter", None, "missing_required_parameter")
        return
    for name in body:
        if name not in PARAMETERS:
            yield Refused(f"Unknown parameter: '{name}'.", name, "unknown_parameter")
    if _REASONING.match(model):
        yield from _of_reasoning_models(body)
    effort = body.get("reasoning_effort")
    if effort is not None and effort not in EFFORTS:
        yield Refused(f"Invalid value: {effort!r} for reasoning_effort.", "reasoning_effort", "invalid_value")
    # A tenth of what it is meant for would be written, or nothing: refused like any value out of its range.
    most = body.get("max_completion_tokens")
    if most is not None and (not isinstance(most, int) or isinstance(most, bool) or most < 1):
        yield Refused("max_completion_tokens must be a positive integer.", "max_completion_tokens", "invalid_value")
    yield from _of_response_formats(body)


def _of_reasoning_models(body: Mapping[str, Any]) -> Iterator[Refused]:
    if body.get("max_tokens") is not None:
        # https://github.com/microsoft/clarity-agent/issues/59, https://github.com/koosoli/ESPHomeDesigner/issues/379
        message = "Unsupported parameter: 'max_tokens' is not supported with this model."
        yield Refused(f"{message} Use 'max_completion_tokens' instead.", "max_tokens", "unsupported_parameter")
    if body.get("temperature") not in {None, 1}:
        # https://github.com/decolua/9router/issues/560
        message = "Unsupported value: 'temperature' does not support this value with this model."
        yield Refused(message, "temperature", "unsupported_value")


def _of_response_formats(body: Mapping[str, Any]) -> Iterator[Refused]:
    wanted = body.get("response_format")
    if wanted is None:
        return
    kind = wanted.get("type") if isinstance(wanted, dict) else None
    if kind == "json_object" and "json" not in str(body.get("messages")).lower():
        # The reference does not say so; DeepSeek has the rule too: https://github.com/BerriAI/litellm/pull/31466
        message = (
            "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'."
        )
        yield Refused(message, "messages", None)
    if kind != "json_schema":
        return
    form = wanted.get("json_schema")
    form = form if isinstance(form, dict) else {}
    if not _NAME.fullmatch(str(form.get("name", ""))):
        yield Refused("Invalid name of a schema.", "response_format.json_schema.name", "invalid_value")
    if form.get("strict") and (problem := not_strict(form.get("schema"))):
        message = f"Invalid schema for response_format '{form.get('name')}': {problem}"
        yield Refused(message, "response_format", "invalid_json_schema")


def not_strict(schema: Any) -> str | None:
    """Return why strict mode would refuse a schema, or None."""
    if not isinstance(schema, dict) or schema.get("type") != "object":
        # https://github.com/podly-pure-podcasts/podly_pure_podcasts/pull/89
        return "schema must be a JSON Schema of 'type: \"object\"'."
    nodes = list(_nodes(schema, (), 0))
    return next((problem for path, node, _ in nodes if (problem := _not_strict(path, node))), None) or _too_large(
        [(node, level) for _, node, level in nodes]
    )


_Path = tuple[str, ...]


def _nodes(schema: Any, path: _Path, level: int) -> Iterator[tuple[_Path, Mapping[str, Any], int]]:
    """Yield a schema and every one within it, each with its path and the number of objects around it."""
    if not isinstance(schema, dict):
        return
    level += schema.get("type") == "object"
    yield path, schema, level
    for key in ("properties", "$defs"):
        for name, value in (schema.get(key) or {}).items():
            yield from _nodes(value, (*path, key, name), level)
    if "items" in schema:
        yield from _nodes(schema["items"], (*path, "items"), level)
    for index, value in enumerate(schema.get("anyOf") or []):
        yield from _nodes(value, (*path, "anyOf", str(index)), level)


def _not_strict(path: _Path, node: Mapping[str, Any]) -> str | None:
    where = f"In context={path}"
    for keyword in sorted(_NOT_PERMITTED & set(node)):
        return f"{where}, '{keyword}' is not permitted."
    if node.get("type") == "object":
        # Both: https://github.com/dottxt-ai/outlines/issues/844, and the guide.
        if node.get("additionalProperties") is not False:
            return f"{where}, 'additionalProperties' is required to be supplied and to be false."
        if set(node.get("required", [])) != set(node.get("properties", {})):
            return f"{where}, 'required' is required to be an array including every key in properties."
    return None


def _too_large(nodes: list[tuple[Mapping[str, Any], int]]) -> str | None:
    names = [name for node, _ in nodes for name in node.get("properties", {})]
    enums = [[str(value) for value in node.get("enum", [])] for node, _ in nodes]
    levels = max(level for _, level in nodes)
    if levels > MOST_LEVELS:
        # Its words are reported with the limit of that time: https://github.com/tidyverse/ellmer/issues/671
        return f"{levels} levels of nesting exceeds limit of {MOST_LEVELS}."
    if len(names) > MOST_PROPERTIES:
        # https://github.com/openai/openai-node/issues/1176
        return f"{len(names)} parameters exceed the limit of {MOST_PROPERTIES}."
    values = sum(len(enum) for enum in enums)
    if values > MOST_ENUM_VALUES:
        # https://community.openai.com/t/500-enums-limitation-in-structured-output/974416
        return (
            f"Expected at most {MOST_ENUM_VALUES} enum values in total within a single schema, but received {values}."
        )
    if any(len(enum) > LARGE_ENUM and sum(map(len, enum)) > MOST_IN_LARGE_ENUM for enum in enums):
        return f"The values of an enum of more than {LARGE_ENUM} have more than {MOST_IN_LARGE_ENUM} characters."
    if sum(map(len, names)) + sum(len(value) for enum in enums for value in enum) > MOST_NAMES:
        return f"Names and values have more than {MOST_NAMES} characters."
    return None
