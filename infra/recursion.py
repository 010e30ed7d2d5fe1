"""AWS's recursive-loop detection, which must let Fireside's workers through.

Lambda stops a function that "is invoked approximately 16 times in the same chain of requests", without telling the
program; the setting belongs to each function and survives updates of its code.
https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from chalicelib.timing import RECURSIVE
from infra.errors import Stopped

if TYPE_CHECKING:
    from boto3.session import Session
    from mypy_boto3_lambda import LambdaClient

_TRIES = 5
"""Lambda refuses a change while another one to the same function is in progress."""


def allow_recursion(session: "Session", stage: str) -> None:
    """Let the stage's workers be invoked in chains of any length. Idempotent."""
    client = session.client("lambda")
    for function in _workers(stage):
        _allow(client, function)


def verify_recursion(session: "Session", stage: str) -> None:
    """Read the setting back; raises Stopped, naming the function, where it is not in effect."""
    client = session.client("lambda")
    for function in _workers(stage):
        found = client.get_function_recursion_config(FunctionName=function)["RecursiveLoop"]
        if found != "Allow":
            raise Stopped(
                f"Lambda would stop {function} after 16 steps of a story: its recursive loop detection is {found!r}, "
                f"not 'Allow'. Deploy again, or run: aws lambda put-function-recursion-config --function-name "
                f"{function} --recursive-loop Allow"
            )


def _allow(client: "LambdaClient", function: str) -> None:
    for last in (*[False] * (_TRIES - 1), True):
        try:
            client.put_function_recursion_config(FunctionName=function, RecursiveLoop="Allow")
        except client.exceptions.ResourceConflictException:
            if last:
                raise
            # `chalice deploy` may still be updating the function.
            client.get_waiter("function_updated_v2").wait(FunctionName=function)
        else:
            return


def _workers(stage: str) -> Iterator[str]:
    yield from (f"fireside-{stage}-{name}" for name in sorted(RECURSIVE))
