"""The stand-in author refuses what OpenAI refuses, and takes what Fireside sends."""

from typing import Any

import pytest
from openai.types.chat.completion_create_params import CompletionCreateParamsBase

from chalicelib.limits import MAX_CHAPTERS
from chalicelib.story.replies import chapter_schema, enhancement_schema, outline_schema, summary_schema
from local.author.refusals import PARAMETERS, refused


def body(schema: Any = None, **more: Any) -> dict[str, Any]:
    form = {"name": "answer", "strict": True, "schema": schema or summary_schema()}
    return {
        "model": "gpt-5.4-mini",
        "messages": [{"role": "user", "content": "{}"}],
        "response_format": {"type": "json_schema", "json_schema": form},
        "max_completion_tokens": 100,
        "store": False,
        **more,
    }


def nested(levels: int) -> dict[str, Any]:
    inner: dict[str, Any] = {"type": "string"}
    for _ in range(levels):
        inner = {"type": "object", "properties": {"x": inner}, "required": ["x"], "additionalProperties": False}
    return inner


def with_field(**field: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {"x": field}, "required": ["x"], "additionalProperties": False}


def test_the_parameters_are_those_of_the_sdk() -> None:
    # `stream` is declared apart, once for each of its values.
    assert set(CompletionCreateParamsBase.__annotations__) | {"stream"} == PARAMETERS


@pytest.mark.parametrize(
    "schema",
    [
        outline_schema(MAX_CHAPTERS),
        chapter_schema(["Narrator", *(f"Person {n}" for n in range(20))]),
        enhancement_schema([f"{n:03d}" for n in range(1, 1001)]),
        summary_schema(),
        nested(10),
        with_field(type="string", enum=["x" * 60] * 250),
    ],
)
def test_what_is_sent_is_taken(schema: Any) -> None:
    assert refused(body(schema)) is None


@pytest.mark.parametrize(
    ("sent", "param", "code"),
    [
        (body(think=False), "think", "unknown_parameter"),
        (body(max_tokens=100), "max_tokens", "unsupported_parameter"),
        (body(temperature=0.2), "temperature", "unsupported_value"),
        (body(reasoning_effort="lots"), "reasoning_effort", "invalid_value"),
        (body(max_completion_tokens=0), "max_completion_tokens", "invalid_value"),
        (body(response_format={"type": "json_object"}), "messages", None),
        (body(model=None), None, "missing_required_parameter"),
        (body(nested(11)), "response_format", "invalid_json_schema"),
        (body(with_field(type="string", enum=[str(n) for n in range(1001)])), "response_format", "invalid_json_schema"),
        (body(with_field(type="string", enum=["x" * 61] * 251)), "response_format", "invalid_json_schema"),
        (body(with_field(type="string", default="")), "response_format", "invalid_json_schema"),
        (body(with_field(type="object", properties={})), "response_format", "invalid_json_schema"),
        (body({**with_field(type="string"), "required": []}), "response_format", "invalid_json_schema"),
        (body({"type": "array", "items": {"type": "string"}}), "response_format", "invalid_json_schema"),
    ],
)
def test_what_openai_refuses_is_refused_by_its_name(sent: dict[str, Any], param: str | None, code: str | None) -> None:
    refusal = refused(sent)
    assert refusal is not None
    assert (refusal.param, refusal.code) == (param, code)


def test_a_model_that_does_not_reason_takes_the_older_parameters() -> None:
    assert refused(body(model="gpt-4o-mini", max_tokens=100, temperature=0.2)) is None
