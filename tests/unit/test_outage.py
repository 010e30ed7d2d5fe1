import json
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ParamValidationError, ReadTimeoutError
from pynamodb.exceptions import PutError

from chalicelib.api.http import handle_errors
from chalicelib.store.outage import AWAY_SENTENCE, FULL_SENTENCE


def failed(code: str, status: int) -> ClientError:
    response: Any = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, "PutItem")


@pytest.mark.parametrize(
    ("error", "status", "message"),
    [
        (failed("InsufficientStorage", 507), 503, FULL_SENTENCE),
        (PutError("no", failed("InsufficientStorage", 507)), 503, FULL_SENTENCE),
        (PutError("no", failed("InternalServerError", 500)), 503, AWAY_SENTENCE),
        (EndpointConnectionError(endpoint_url="http://127.0.0.1:1"), 503, AWAY_SENTENCE),
        (PutError("no", ReadTimeoutError(endpoint_url="http://127.0.0.1:1")), 503, AWAY_SENTENCE),
        (failed("ValidationException", 400), 500, None),
        (PutError("no", failed("ConditionalCheckFailedException", 400)), 500, None),
        (ParamValidationError(report="a bug"), 500, None),
        (ValueError("a bug"), 500, None),
    ],
)
def test_a_store_that_is_away_or_full_is_answered_with_503(error: Exception, status: int, message: str | None) -> None:
    def view() -> Any:
        raise error

    response = handle_errors(view, lambda: "")()
    body = json.loads(json.dumps(response.body))
    assert response.status_code == status
    assert body["Message"] == (message or "Something went wrong inside Fireside; try again.")
