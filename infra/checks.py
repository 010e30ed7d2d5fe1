"""Checks before and after a deploy: what the account allows, and what a person still has to do."""

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from chalicelib.story.notifying import Webhooks
from infra.errors import Stopped
from infra.secrets import missing, needed
from infra.stage_parameters import PROJECT

if TYPE_CHECKING:
    from boto3.session import Session

QUOTA = "L-B99A9384"
"""Lambda's "Concurrent executions": https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""

BESIDE_WORKERS = 4
"""Concurrent executions besides the workers: the API, its authorizer, the dead letters, the sweeper; one of each."""

LEAST = 2 + 2 + BESIDE_WORKERS
"""The fewest concurrent executions that work at all: an event source needs two."""


def advice(*checks: Iterator[str]) -> Iterator[str]:
    """Yield the sentences of all checks. A check that AWS refuses yields a sentence that says so and stops nothing."""
    for check in checks:
        try:
            yield from check
        except ClientError as error:
            reason = error.response["Error"].get("Message") or error.response["Error"]["Code"]
            yield f"Not checked, since AWS refused {error.operation_name}: {reason.splitlines()[0]}"


def concurrency(session: "Session", stage: str) -> Iterator[str]:
    """Yield what to request or to lower where the account's concurrency is below what the stage may use.

    Raises Stopped where the stage could not work at all.
    """
    limit = session.client("lambda").get_account_settings()["AccountLimit"]
    allowed = limit.get("UnreservedConcurrentExecutions", limit["ConcurrentExecutions"])
    plan = _plan()
    workers = plan["writers_at_once"] + plan["narrators_at_once"]
    wanted = workers + BESIDE_WORKERS
    request = (
        f"request more of `Concurrent executions` (aws service-quotas request-service-quota-increase --service-code"
        f" lambda --quota-code {QUOTA} --region {session.region_name} --desired-value 1000)"
    )
    if allowed < LEAST:
        raise Stopped(
            f"The account has {allowed} concurrent executions of Lambda left in {session.region_name}, and the stage"
            f" {stage} cannot work with fewer than {LEAST}: {request}."
        )
    if allowed < wanted:
        yield (
            f"The account runs at most {allowed} functions at once in {session.region_name}, and the stage {stage} may"
            f" use {wanted}: {plan['writers_at_once']} writers, {plan['narrators_at_once']} narrators and"
            f" {BESIDE_WORKERS} others. While the workers use them all the page is answered with errors: {request}, or"
            f" lower writers_at_once and narrators_at_once in configs/story_config.json to {allowed - BESIDE_WORKERS}"
            " together."
        )


def keys(session: "Session", stage: str, environment: Mapping[str, str]) -> Iterator[str]:
    """Yield a sentence that names the providers' keys missing from Parameter Store, if any.

    `environment` is the functions', which says whether another narrator than ElevenLabs speaks.
    """
    lacking = missing(session.client("ssm"), stage, needed(environment))
    if lacking:
        are, them = ("is", "it") if len(lacking) == 1 else ("are", "them")
        yield (
            f"{' and '.join(lacking)} {are} not in Parameter Store: until `make secrets STAGE={stage}"
            f" REGION={session.region_name}` has kept {them}, stories fail."
        )


def webhooks(session: "Session", stage: str, config: Webhooks) -> Iterator[str]:
    """Yield a sentence where there are webhooks, and the secret that signs them is not in Parameter Store."""
    if (config.operator_url or config.per_story) and missing(session.client("ssm"), stage, ["WEBHOOK_SECRET"]):
        yield (
            "WEBHOOK_SECRET is not in Parameter Store: until `make secrets"
            f" STAGE={stage} REGION={session.region_name}` has kept it, no webhook is told."
        )


def alarms(session: "Session", topic: str, stage: str) -> Iterator[str]:
    """Yield a sentence where nobody receives alarms, and one for each address that has not been confirmed."""
    client: Any = session.client("sns")
    pages = client.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic)
    subscriptions = [one for page in pages for one in page["Subscriptions"]]
    if not subscriptions:
        yield (
            "Nobody receives alarms: name an address with"
            f" `make deploy STAGE={stage} REGION={session.region_name} EMAIL=who@example.com`."
        )
    for one in subscriptions:
        if not one["SubscriptionArn"].startswith("arn:"):  # PendingConfirmation
            yield (
                f"{one['Endpoint']} receives no alarms until its owner has confirmed: AWS has sent an email with a"
                " link, which is valid for three days."
            )


def _plan() -> dict[str, int]:
    config = json.loads((PROJECT / "configs" / "story_config.json").read_text(encoding="utf-8"))
    found: dict[str, int] = config["plan"]
    return found
