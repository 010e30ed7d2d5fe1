"""How long the AWS clients keep trying, asked of botocore itself."""

from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from chalicelib.store.aws import TRIES, TRIES_DYNAMODB
from chalicelib.store.connections import connection
from chalicelib.store.tables import ALL
from chalicelib.timing import SHORTEST_LEASE_S, Timing
from tests.support.stage import s3, sqs


def pauses(client: Any, tries: int) -> list[float]:
    """Return what botocore would wait after each failed connection; it stops trying where it answers nothing."""
    service = client.meta.service_model.service_id.hyphenize()
    away = EndpointConnectionError(endpoint_url="http://nowhere")
    found: list[float] = []
    for attempt in range(1, tries):
        answers = client.meta.events.emit(
            f"needs-retry.{service}.Any",
            response=None, endpoint=None, operation=None, attempts=attempt, caught_exception=away,
            request_dict={"context": {}},
        )  # fmt: skip
        found += [pause for _, pause in answers if pause is not None]
    return found


def test_all_tables_share_one_client() -> None:
    assert {model._get_connection().connection for model in ALL} == {connection()}


def test_dynamodb_may_be_away_for_seconds() -> None:
    waits, scaled = pauses(connection().client, TRIES_DYNAMODB), Timing().scaled(100)
    assert len(waits) == TRIES_DYNAMODB - 1
    assert 8 < sum(waits) < 20
    away_3_s = next(sum(waits[:n]) for n in range(len(waits)) if sum(waits[:n]) > 3)
    assert (
        away_3_s + scaled.heartbeat_interval_s + scaled.heartbeat_check_s < SHORTEST_LEASE_S
    )  # the lease is renewed before it runs out


@pytest.mark.parametrize("client", [s3(), sqs()])
def test_s3_and_sqs_may_be_away_for_seconds(client: Any) -> None:
    tries = [pauses(client, TRIES) for _ in range(50)]
    assert all(len(waits) == TRIES - 1 for waits in tries)
    assert 8 < sum(map(sum, tries)) / len(tries) < 25
