"""The command line: every option is explained, and every mistake has its sentence."""

import argparse

import pytest

from chalicelib.errors import ConfigError, FiresideError
from local.arguments import check_environment, clock_scale, order_of, parser, whole_number

COMMANDS = ("run", "serve", "api", "worker", "voices", "token", "revoke", "tokens")


def commands() -> dict[str, argparse.ArgumentParser]:
    [choices] = [action.choices for action in parser()._actions if isinstance(action, argparse._SubParsersAction)]
    assert tuple(choices) == COMMANDS
    return dict(choices)


def asked(**changed: object) -> argparse.Namespace:
    return argparse.Namespace(**{"prompt": "A lamp", "chapters": "3", "out": "out", "new": False, **changed})


@pytest.mark.parametrize("name", COMMANDS)
def test_help_explains_every_option_and_the_environment(name: str) -> None:
    command = commands()[name]
    assert [action.dest for action in command._actions if not action.help] == []
    text = command.format_help()
    for variable in ("FIRESIDE_STATE", "AWS_ENDPOINT_URL", "LOCAL_TOKEN", "FIRESIDE_LOG", "LOCAL_CLOCK_SCALE"):
        assert variable in text


def test_the_help_of_run_says_what_happens_to_a_story_that_is_not_finished() -> None:
    text = commands()["run"].format_help()
    for said in ("the same PROMPT and CHAPTERS continues", "Ctrl-C cancels, keeps", "exit status"):
        assert said in text


@pytest.mark.parametrize("text", ["1", "50", " 7 "])
def test_a_number_within_its_bounds_is_taken(text: str) -> None:
    assert whole_number("CHAPTERS", text, 1, 50) == int(text)


@pytest.mark.parametrize("text", ["0", "51", "-1", "1.5", "\u0661", "9" * 5000, "1_0", "+3"])
def test_any_other_one_is_named(text: str) -> None:
    with pytest.raises(FiresideError, match=r"^CHAPTERS must be 1 to 50; it is "):
        whole_number("CHAPTERS", text, 1, 50)


@pytest.mark.parametrize("text", ["", "  "])
def test_none_at_all_is_said_to_be_empty(text: str) -> None:
    with pytest.raises(FiresideError, match="it is empty"):
        whole_number("PORT", text, 0, 65_535)


def test_a_prompt_is_counted_in_characters() -> None:
    assert order_of(asked(prompt="霧" * 4000)).prompt == "霧" * 4000
    with pytest.raises(FiresideError, match=r"^PROMPT .* it has 4,001\.$"):
        order_of(asked(prompt="霧" * 4001))


@pytest.mark.parametrize("prompt", ["", " \n\t"])
def test_a_blank_prompt_is_refused(prompt: str) -> None:
    with pytest.raises(FiresideError, match=r"^PROMPT must say what the story is about"):
        order_of(asked(prompt=prompt))


def test_a_prompt_that_is_no_text_is_refused() -> None:
    with pytest.raises(FiresideError, match=r"^PROMPT must be text in UTF-8"):
        order_of(asked(prompt="caf\udce9"))


@pytest.mark.parametrize("endpoint", ["", "nonsense", "ftp://host", "http://", "http://host:99999", "http://[::1"])
def test_an_endpoint_that_is_no_address_is_refused(endpoint: str) -> None:
    with pytest.raises(ConfigError, match=r"^AWS_ENDPOINT_URL must be an address"):
        check_environment({"AWS_ENDPOINT_URL": endpoint})


@pytest.mark.parametrize("scale", ["", "0", "0.5", "fast", "nan", "inf", "100001"])
def test_a_clock_scale_that_is_none_is_refused(scale: str) -> None:
    with pytest.raises(ConfigError, match=r"^LOCAL_CLOCK_SCALE must be a number from 1 to 100000"):
        clock_scale({"LOCAL_CLOCK_SCALE": scale})
