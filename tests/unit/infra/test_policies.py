"""The functions' policies: who may write to the table of the tokens, and what."""

import json
from pathlib import Path
from typing import Any

import pytest

from chalicelib.store.share_tables import PREFIX

POLICIES = sorted((Path(__file__).resolve().parents[3] / ".chalice").glob("policy-*.json"))
READS = {"dynamodb:GetItem", "dynamodb:Query"}


def on_tokens(policy: Path) -> list[Any]:
    statements = json.loads(policy.read_text(encoding="utf-8"))["Statement"]
    return [one for one in statements if any("${tokens_table}" in resource for resource in one["Resource"])]


@pytest.mark.parametrize("policy", POLICIES, ids=lambda path: path.stem)
def test_no_function_can_make_or_remove_a_token(policy: Path) -> None:
    for statement in on_tokens(policy):
        writes = {*statement["Action"]} - READS
        if policy.stem == "policy-bearer":
            assert writes <= {"dynamodb:UpdateItem"}  # the day of a token's use
        elif writes:
            # https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
            assert statement["Condition"] == {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": [f"{PREFIX}*"]}}


def test_shares_are_made_by_the_api_and_removed_with_their_story_by_both() -> None:
    def writes(name: str) -> set[str]:
        [found] = [
            one for path in POLICIES if path.stem == f"policy-{name}" for one in on_tokens(path) if "Condition" in one
        ]
        return {*found["Action"]}

    assert writes("api_handler") == {"dynamodb:PutItem", "dynamodb:DeleteItem"}
    assert writes("write_chapter") == {"dynamodb:DeleteItem"}
