"""What a deploy says before it is too late, from what AWS answers."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from chalicelib.story.notifying import Webhooks
from infra import checks
from infra.errors import Stopped


class Account:
    """A session of an account that answers just what it is asked here."""

    region_name = "eu-central-1"

    def __init__(self, **answers: Any) -> None:
        self._answers = answers

    def client(self, _service: str) -> Any:
        return self

    def get_account_settings(self) -> Any:
        return {"AccountLimit": self._answers["limit"]}

    def get_parameters(self, **asked: list[str]) -> Any:
        return {
            "InvalidParameters": [name for name in asked["Names"] if name.rpartition("/")[2] in self._answers["absent"]]
        }

    def get_paginator(self, _operation: str) -> Any:
        return self

    def paginate(self, **_topic: str) -> Any:
        return [{"Subscriptions": self._answers["subscriptions"]}]


def concurrency(executions: int, **more: int) -> list[str]:
    account: Any = Account(limit={"ConcurrentExecutions": executions, **more})
    return list(checks.concurrency(account, "dev"))


def test_an_account_with_room_hears_nothing() -> None:
    assert concurrency(1000) == []


def test_a_new_account_hears_what_to_request_and_what_to_lower() -> None:
    (sentence,) = concurrency(10)
    assert "at most 10 functions at once in eu-central-1" in sentence
    assert "--quota-code L-B99A9384" in sentence
    assert "lower writers_at_once and narrators_at_once in configs/story_config.json to 6 together" in sentence


def test_what_other_functions_have_reserved_does_not_count() -> None:
    assert len(concurrency(1000, UnreservedConcurrentExecutions=12)) == 1


def test_a_stage_that_could_not_work_at_all_is_stopped() -> None:
    with pytest.raises(Stopped, match="cannot work with fewer than 8"):
        concurrency(5)


@pytest.mark.parametrize(
    ("absent", "said"),
    [
        ([], []),
        (["OPENAI_API_KEY"], ["OPENAI_API_KEY is not in Parameter Store"]),
        (
            ["OPENAI_API_KEY", "ELEVENLABS_API_KEY"],
            ["OPENAI_API_KEY and ELEVENLABS_API_KEY are not in Parameter Store"],
        ),
    ],
)
def test_keys_that_are_missing_are_named(absent: list[str], said: list[str]) -> None:
    account: Any = Account(absent=absent)
    found = list(checks.keys(account, "dev", {}))
    assert [sentence.partition(":")[0] for sentence in found] == said
    assert all("make secrets STAGE=dev REGION=eu-central-1" in sentence for sentence in found)


def test_a_stage_with_a_narrator_of_its_own_needs_no_key_of_elevenlabs() -> None:
    account: Any = Account(absent=["OPENAI_API_KEY", "ELEVENLABS_API_KEY", "SPEECH_API_KEY"])
    (sentence,) = checks.keys(account, "dev", {"SPEECH_BASE_URL": "https://speech.example.com/v1"})
    assert sentence.startswith("OPENAI_API_KEY is not in Parameter Store")


@pytest.mark.parametrize(
    ("config", "absent", "said"),
    [
        (Webhooks(), ["WEBHOOK_SECRET"], 0),
        (Webhooks(per_story=True), [], 0),
        (Webhooks(per_story=True), ["WEBHOOK_SECRET"], 1),
        (Webhooks(operator_url="https://hooks.example.org/"), ["WEBHOOK_SECRET"], 1),
    ],
)
def test_webhooks_without_a_secret_are_named(config: Webhooks, absent: list[str], said: int) -> None:
    account: Any = Account(absent=absent)
    found = list(checks.webhooks(account, "dev", config))
    assert len(found) == said
    assert all("make secrets STAGE=dev REGION=eu-central-1" in sentence for sentence in found)


@pytest.mark.parametrize(
    ("subscriptions", "said"),
    [
        ([], "Nobody receives alarms"),
        (
            [{"Endpoint": "a@example.com", "SubscriptionArn": "PendingConfirmation"}],
            "a@example.com receives no alarms until its owner has confirmed",
        ),
        ([{"Endpoint": "a@example.com", "SubscriptionArn": "arn:aws:sns:eu-central-1:1:alarms:2"}], ""),
    ],
)
def test_who_is_told_of_alarms(subscriptions: list[dict[str, str]], said: str) -> None:
    account: Any = Account(subscriptions=subscriptions)
    found = list(checks.alarms(account, "arn", "dev"))
    assert [sentence.startswith(said) for sentence in found] == ([True] if said else [])


def test_a_check_that_aws_refuses_stops_nobody() -> None:
    def refused() -> Any:
        yield "before"
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "not you\nat all"}}, "GetAccountSettings")

    assert list(checks.advice(refused(), iter(["after"]))) == [
        "before",
        "Not checked, since AWS refused GetAccountSettings: not you",
        "after",
    ]
