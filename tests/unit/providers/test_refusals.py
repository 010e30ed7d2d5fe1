"""Error bodies of all kinds of servers: status, code, parameter and pause are read, and no text gets through.

Forms, with where they are described: OpenAI (https://platform.openai.com/docs/guides/error-codes), OpenRouter
(https://openrouter.ai/docs/api-reference/errors), Azure's content filter
(https://learn.microsoft.com/azure/ai-foundry/openai/concepts/content-filter), vLLM
(https://github.com/vllm-project/vllm/blob/main/vllm/entrypoints/openai/protocol.py), Ollama
(https://github.com/ollama/ollama/blob/main/openai/openai.go), FastAPI
(https://fastapi.tiangolo.com/tutorial/handling-errors/), Groq (https://console.groq.com/docs/errors).
"""

import json
from typing import Any

import pytest

from chalicelib.providers.refusals import read_refusal, refusal_of
from chalicelib.providers.retry_after import retry_after_s


@pytest.mark.parametrize(
    ("body", "status", "want"),
    [
        (
            {"error": {"message": "m", "type": "t", "param": "store", "code": "unknown_parameter"}},
            400,
            (400, "unknown_parameter", "store"),
        ),
        ({"error": {"message": "Overloaded", "code": 502}}, 200, (502, "", "")),
        ({"error": {"message": "Overloaded", "code": "503"}}, 200, (503, "", "")),
        ({"error": "model is loading"}, 200, (502, "", "")),
        (
            {"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "message": "m"}},
            200,
            (429, "RESOURCE_EXHAUSTED", ""),
        ),
        ([{"error": {"code": 400, "status": "INVALID_ARGUMENT", "message": "m"}}], 400, (400, "INVALID_ARGUMENT", "")),
        (
            {"error": {"code": 403, "message": "m", "metadata": {"reasons": ["violence"], "flagged_input": "x"}}},
            403,
            (403, "moderation", ""),
        ),
        (
            {"error": {"code": "content_filter", "innererror": {"code": "ResponsibleAIPolicyViolation"}}},
            400,
            (400, "content_filter", ""),
        ),
        (
            {"object": "error", "message": "m", "type": "BadRequestError", "param": None, "code": 400},
            400,
            (400, "BadRequestError", ""),
        ),
        (
            {"object": "error", "message": "maximum context length is 8192 tokens", "code": 400},
            400,
            (400, "context_length_exceeded", ""),
        ),
        (
            {"detail": [{"type": "extra_forbidden", "loc": ["body", "store"], "msg": "m", "input": False}]},
            422,
            (422, "", "store"),
        ),
        ({"detail": "Not authenticated"}, 401, (401, "", "")),
        ({"error": "model 'nobody' not found, try pulling it first"}, 404, (404, "model_not_found", "")),
        ({"error": {"error": {"message": "m", "code": "invalid_api_key"}}}, 401, (401, "invalid_api_key", "")),
        (
            {"error": {"message": "too large: Limit 6000, Requested 16900", "code": "rate_limit_exceeded"}},
            413,
            (413, "request_too_large", ""),
        ),
        (
            {
                "error": {
                    "message": "Rate limit: Limit 30000, Used 29000, Requested 2000",
                    "code": "rate_limit_exceeded",
                }
            },
            429,
            (429, "rate_limit_exceeded", ""),
        ),
        ({"error": {"message": "m", "code": "Dear Ada, come home at once."}}, 400, (400, "", "")),
        ({"error": {"message": "m", "param": "the prompt 'Ada'", "code": None}}, 400, (400, "", "")),
        ({"error": {}, "detail": {}}, 500, (500, "", "")),
        ("a text", 500, (500, "", "")),
    ],
)
def test_status_code_and_parameter_are_read_from_wherever_they_stand(
    body: Any, status: int, want: tuple[int, str, str]
) -> None:
    refusal = read_refusal(body, status) if status == 200 else refusal_of(status, json.dumps(body).encode(), html=False)
    assert refusal is not None
    assert (refusal.status, refusal.code, refusal.param) == want


@pytest.mark.parametrize("body", [b"", b"slow down", b"\xff\xfe", b"[" * 10_000, b'{"a": ' + b"9" * 5000 + b"}"])
def test_a_body_that_is_no_json_leaves_the_status(body: bytes) -> None:
    refusal = refusal_of(503, body, html=False)
    assert (refusal.status, refusal.code, refusal.param) == (503, "", "")


def test_a_web_page_is_one_whatever_it_calls_itself() -> None:
    assert refusal_of(403, b"<html>Access denied", html=False).code == "html"
    assert refusal_of(403, b"Access denied", html=True).code == "html"


def test_a_reply_that_holds_no_error_is_no_refusal() -> None:
    bodies: list[Any] = [
        {"choices": []},
        {"error": None},
        {"error": {}},
        {"message": "m"},
        [],
        None,
        {"object": "list"},
    ]
    for body in bodies:
        assert read_refusal(body, 200) is None


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7"}, 7),
        ({"retry-after": "0.85"}, 0.85),
        ({"retry-after": "1500ms"}, 1.5),
        ({"retry-after": "2s"}, 2),
        ({"retry-after": "60", "retry-after-ms": "1234"}, 1.234),
        ({"x-ms-retry-after-ms": "500"}, 0.5),
        ({"retry-after": "soon"}, 0),
        ({"retry-after": "-1"}, 0),
        ({"retry-after": "nan"}, 0),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0),
        ({}, 0),
        (None, 0),
    ],
)
def test_the_pause_that_is_asked_for_may_be_a_fraction(headers: dict[str, str] | None, seconds: float) -> None:
    assert retry_after_s(headers) == pytest.approx(seconds)


def test_a_pause_that_is_named_in_words_counts_too() -> None:
    body = {"error": {"message": "Please try again in 7.66s.", "code": "rate_limit_exceeded"}}
    refusal = read_refusal(body, 429)
    assert refusal is not None
    assert refusal.retry_after_s == pytest.approx(7.66)
    assert refusal.asking(2.0).retry_after_s == 2.0
    assert refusal.asking(0.0).retry_after_s == pytest.approx(7.66)
