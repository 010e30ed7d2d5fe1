"""What is left out of a request after a server has refused it, and what is not."""

from typing import Any

import pytest

from chalicelib.providers.dialect import Dialect
from chalicelib.providers.refusals import Refusal
from chalicelib.story.ports import CompletionRequest
from chalicelib.story.replies import outline_schema

REQUEST = CompletionRequest(
    "outline",
    "m",
    [{"role": "system", "content": "You write."}, {"role": "user", "content": "x" * 2700}],
    outline_schema(3),
    16_000,
)
OPTIONS = {"store": False, "reasoning_effort": "none"}


def after(*refusals: Refusal, options: dict[str, Any] = OPTIONS) -> tuple[dict[str, Any], list[bool]]:
    """Return the body that is sent after some refusals, and whether each taught something."""
    dialect = Dialect()
    learnt = [dialect.learn(refusal, dialect.body(REQUEST, options)) for refusal in refusals]
    return dialect.body(REQUEST, options), learnt


def test_a_server_that_refuses_nothing_is_sent_everything() -> None:
    body, _ = after()
    assert body.keys() == {
        "model",
        "messages",
        "response_format",
        "max_completion_tokens",
        "store",
        "reasoning_effort",
    }
    assert body["response_format"]["json_schema"]["schema"] == outline_schema(3)


def test_a_parameter_that_is_named_is_left_out_and_no_other() -> None:
    for refusal in (
        Refusal(400, param="store"),
        Refusal(400, words="property 'store' is unsupported"),
        Refusal(422, param="store"),
    ):
        body, learnt = after(refusal)
        assert ("store" in body, "reasoning_effort" in body, learnt) == (False, True, [True])


def test_each_is_left_out_at_most_once() -> None:
    _, learnt = after(*[Refusal(400, param="store")] * 2)
    assert learnt == [True, False]


def test_what_names_nothing_that_was_sent_teaches_nothing() -> None:
    for refusal in (
        Refusal(400, "invalid_prompt", words="messages: too many"),
        Refusal(500, param="store"),
        Refusal(401),
        Refusal(400, param="stop"),
    ):
        assert after(refusal)[1] == [False]


def test_moderation_is_never_left_out_in_silence() -> None:
    options = {"moderation": {"model": "omni-moderation-latest"}}
    body, learnt = after(Refusal(400, param="moderation"), options=options)
    assert (learnt, "moderation" in body) == ([False], True)


@pytest.mark.parametrize(
    "words", ["json_schema is not supported with this model", "This response_format type is unavailable now"]
)
def test_a_server_without_schemas_is_not_offered_another_one(words: str) -> None:
    body, learnt = after(Refusal(400, words=words))
    assert (body["response_format"], learnt) == ({"type": "json_object"}, [True])


def test_a_server_that_knows_no_response_format_gets_the_schema_in_the_prompt() -> None:
    body, _ = after(Refusal(400, "unknown_parameter", "response_format", words="Unknown parameter"))
    assert "response_format" not in body
    assert '"beats"' in body["messages"][0]["content"]


def test_a_refusal_that_says_nothing_may_be_about_the_schema_and_is_so_once() -> None:
    refusal = Refusal(400, "INVALID_ARGUMENT", words="Request contains an invalid argument.")
    body, learnt = after(refusal, refusal)
    assert ("minItems" in str(body["response_format"]), learnt) == (False, [True, False])


def test_one_refusal_may_name_several() -> None:
    words = '[{"loc": ["body", "store"], "msg": "not permitted"}, {"loc": ["body", "max_completion_tokens"]}]'
    body, learnt = after(Refusal(422, "", "store", words=words))
    assert ("store" in body, "max_completion_tokens" in body, body["max_tokens"]) == (False, False, 16_000)
    assert learnt == [True]


def test_a_refused_schema_loses_its_limits_then_its_force_and_then_stands_in_the_prompt_alone() -> None:
    refusal = Refusal(400, words="Invalid schema for response_format 'outline': 'minItems' is not permitted.")
    body, _ = after(refusal)
    assert "minItems" not in str(body["response_format"])
    assert body["response_format"]["type"] == "json_schema"
    body, _ = after(refusal, refusal)
    assert body["response_format"] == {"type": "json_object"}
    assert '"beats"' in body["messages"][0]["content"]
    body, learnt = after(*[refusal] * 4)
    assert "response_format" not in body
    assert '"beats"' in body["messages"][0]["content"]
    assert learnt == [True, True, True, False]


@pytest.mark.parametrize(
    ("refusal", "tokens"),
    [
        # Groq's and OpenAI's limits of a reply, and vLLM's of the whole, in its older and its newer words.
        (Refusal(400, "", "max_completion_tokens", words="must be less than or equal to `8192`"), 8192),
        (Refusal(400, "invalid_value", "max_tokens", words="too large: 16000. At most 4,096 completion tokens"), 4096),
        (
            Refusal(
                400,
                "context_length_exceeded",
                words="maximum context length is 8192 tokens. However, you requested 16900 tokens (900 in the "
                "messages, 16000 in the completion).",
            ),
            8192 - 903 - 16,
        ),
        (
            Refusal(
                400,
                words="'max_completion_tokens' is too large: 16000. This model's maximum context length is 8192 tokens "
                "and your request has 3000 input tokens",
            ),
            8192 - 903 - 16,
        ),
        (Refusal(400, "context_length_exceeded", words="prompt is too long"), 8000),
    ],
)
def test_a_reply_that_must_be_shorter_is_asked_for_shorter(refusal: Refusal, tokens: int) -> None:
    body, learnt = after(refusal)
    assert learnt == [True]
    # After the first time the window is what counts, with an estimate of what is in it.
    assert body["max_completion_tokens"] == tokens


def test_a_context_that_the_prompt_alone_fills_is_no_reason_to_ask_again() -> None:
    words = "maximum context length is 2048 tokens. However, your request has 3000 input tokens"
    assert after(Refusal(400, "context_length_exceeded", words=words))[1] == [False]


def test_it_does_not_go_on_for_ever() -> None:
    assert after(*[Refusal(400, "context_length_exceeded", words="too long")] * 5)[1] == [
        True,
        True,
        True,
        False,
        False,
    ]


def test_the_other_name_of_a_limit_is_tried_and_then_none() -> None:
    refusal = Refusal(422, "extra_forbidden", "max_completion_tokens", words="Extra inputs are not permitted")
    body, learnt = after(refusal)
    assert (body["max_tokens"], learnt) == (16_000, [True])
    assert "max_completion_tokens" not in body
    body, _ = after(refusal, Refusal(422, "extra_forbidden", "max_tokens", words="Extra inputs are not permitted"))
    assert not {"max_tokens", "max_completion_tokens"} & body.keys()


def test_where_no_system_may_speak_the_user_says_its_words() -> None:
    body, learnt = after(Refusal(400, words="System role not supported"))
    assert learnt == [True]
    assert [message["role"] for message in body["messages"]] == ["user"]
    assert body["messages"][0]["content"].startswith("You write.\n\nxxx")
