"""What an operator reads when AWS refuses a command, raised by an AWS client or by the store."""

from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from pynamodb.exceptions import QueryError

from chalicelib.store.outage import unavailable
from infra.__main__ import _refusal

RESPONSE: Any = {"Error": {"Code": "AccessDenied", "Message": "not you"}, "ResponseMetadata": {"HTTPStatusCode": 400}}
DENIED = ClientError(RESPONSE, "GetObject")
AWAY = EndpointConnectionError(endpoint_url="https://s3")


def through_the_store(error: Exception) -> Exception:
    raised = unavailable(error)
    raised.__cause__ = error
    return raised


@pytest.mark.parametrize("error", [DENIED, through_the_store(DENIED), through_the_store(QueryError("no", DENIED))])
def test_a_refusal_names_the_call_and_the_reason(error: Exception) -> None:
    assert _refusal(error) == "AWS refused GetObject: not you"


@pytest.mark.parametrize("error", [AWAY, through_the_store(AWAY)])
def test_an_aws_that_cannot_be_reached_is_named(error: Exception) -> None:
    assert _refusal(error) == f"AWS cannot be reached: {AWAY}"
