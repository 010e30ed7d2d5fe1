"""What is asked of Lambda about recursive loops, held against botocore's own model of it."""

from typing import TYPE_CHECKING, cast

import boto3
import pytest
from botocore.stub import Stubber

from infra.recursion import allow_recursion, verify_recursion

if TYPE_CHECKING:
    from boto3.session import Session

WORKERS = ["fireside-dev-narrate_chapter", "fireside-dev-write_chapter"]


class OneClient:
    """A session whose only client is Lambda's, with its answers given."""

    def __init__(self) -> None:
        self.functions = boto3.client("lambda", region_name="us-east-1")
        self.stub = Stubber(self.functions)

    def client(self, service: str) -> object:
        assert service == "lambda"
        return self.functions

    def puts(self, function: str) -> None:
        asked = {"FunctionName": function, "RecursiveLoop": "Allow"}
        self.stub.add_response("put_function_recursion_config", {"RecursiveLoop": "Allow"}, asked)

    def refuses(self) -> None:
        self.stub.add_client_error("put_function_recursion_config", "ResourceConflictException", http_status_code=409)

    def is_updated(self, function: str) -> None:
        answer = {"Configuration": {"LastUpdateStatus": "Successful"}}
        self.stub.add_response("get_function", answer, {"FunctionName": function})

    def gets(self, function: str, setting: str) -> None:
        self.stub.add_response("get_function_recursion_config", {"RecursiveLoop": setting}, {"FunctionName": function})


@pytest.fixture
def aws() -> OneClient:
    return OneClient()


def as_session(aws: OneClient) -> "Session":
    return cast("Session", aws)


def test_both_workers_are_let_pass_and_an_update_under_way_is_waited_for(aws: OneClient) -> None:
    aws.refuses()
    aws.is_updated(WORKERS[0])
    aws.puts(WORKERS[0])
    aws.puts(WORKERS[1])
    with aws.stub:
        allow_recursion(as_session(aws), "dev")
    aws.stub.assert_no_pending_responses()


def test_a_function_that_never_takes_the_setting_ends_the_deployment(aws: OneClient) -> None:
    for _ in range(4):
        aws.refuses()
        aws.is_updated(WORKERS[0])
    aws.refuses()
    with aws.stub, pytest.raises(aws.functions.exceptions.ResourceConflictException):
        allow_recursion(as_session(aws), "dev")


def test_a_setting_that_is_not_in_force_is_named(aws: OneClient) -> None:
    aws.gets(WORKERS[0], "Allow")
    aws.gets(WORKERS[1], "Terminate")
    with aws.stub, pytest.raises(RuntimeError, match="fireside-dev-write_chapter after 16 steps"):
        verify_recursion(as_session(aws), "dev")
    aws.gets(WORKERS[0], "Allow")
    aws.gets(WORKERS[1], "Allow")
    with aws.stub:
        verify_recursion(as_session(aws), "dev")
