"""The services of chalicelib on a stage's tables, queues and bucket, for commands that read and change users' data."""

from typing import TYPE_CHECKING

from infra.errors import Stopped
from infra.stack import StageStack
from infra.stage_parameters import other_tables

if TYPE_CHECKING:
    from boto3.session import Session

    from chalicelib.bootstrap import Services


def services_of(session: "Session", stage: str) -> "Services":
    """Return the stage's services; raises Stopped where the stage does not exist."""
    bucket = StageStack(session.client("cloudformation"), stage).outputs().get("Bucket")
    if bucket is None:
        raise Stopped(f"There is no stage {stage} in {session.region_name}: deploy it first.")
    from chalicelib.bootstrap import Services  # noqa: PLC0415 # half a second, for some commands alone
    from chalicelib.settings import Settings  # noqa: PLC0415

    return Services(Settings(stage, session.region_name, bucket, other_tables(stage)))
