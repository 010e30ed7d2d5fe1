"""Restored tables: whether those a stage is configured to use can replace its own.

DynamoDB restores into a new table, with its indexes and without time to live, point-in-time recovery, tags or alarms:
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_RestoreTableToPointInTime.html
The stack knows nothing of them and keeps the tables that it made, so neither gets in the other's way.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from chalicelib.naming import full_name
from infra.errors import Stopped

if TYPE_CHECKING:
    from boto3.session import Session

EXPIRING = {"leases": "expires", "keys": "expires", "tokens": "expires"}
"""The attribute by which a table's items expire, as in infra/fireside.yaml."""


def check(session: "Session", stage: str, tables: Mapping[str, str]) -> None:
    """Raise Stopped unless each of `tables` exists, is active, with the keys and indexes of the table it replaces."""
    client = session.client("dynamodb")
    for name, full in tables.items():
        try:
            found: Any = client.describe_table(TableName=full)["Table"]
        except client.exceptions.ResourceNotFoundException:
            raise Stopped(
                f"The stage {stage} is to use {full}, and there is no such table in {session.region_name}: restore it"
                " first, or take it out of `tables` in .chalice/config.json."
            ) from None
        # A table that is still being restored refuses every read.
        if found["TableStatus"] != "ACTIVE":
            raise Stopped(f"The table {full} is not ready yet ({found['TableStatus']}): run the command again later.")
        try:
            made: Any = client.describe_table(TableName=full_name(stage, name))["Table"]
        except client.exceptions.ResourceNotFoundException:
            continue  # the deploy creates it; there is nothing to compare with yet
        if _shape(found) != _shape(made):
            raise Stopped(
                f"The table {full} has other keys or indexes than {made['TableName']}: it is not its restore."
            )


def advice(session: "Session", tables: Mapping[str, str]) -> Iterator[str]:
    """Yield what the restored `tables` lack, since a restore does not bring it along, and the command that adds it."""
    client = session.client("dynamodb")
    command = f"aws dynamodb {{}} --region {session.region_name} --table-name"
    for name, full in tables.items():
        backups: Any = client.describe_continuous_backups(TableName=full)["ContinuousBackupsDescription"]
        if backups.get("PointInTimeRecoveryDescription", {}).get("PointInTimeRecoveryStatus") != "ENABLED":
            yield (
                f"{full} has no point-in-time recovery: {command.format('update-continuous-backups')} {full}"
                " --point-in-time-recovery-specification PointInTimeRecoveryEnabled=true"
            )
        attribute = EXPIRING.get(name)
        if attribute is None:
            continue
        expiry = client.describe_time_to_live(TableName=full)["TimeToLiveDescription"]
        if expiry.get("TimeToLiveStatus") not in {"ENABLED", "ENABLING"}:
            yield (
                f"{full} does not remove expired items: {command.format('update-time-to-live')} {full}"
                f" --time-to-live-specification Enabled=true,AttributeName={attribute}"
            )


def _shape(table: Any) -> Any:
    """Return what a program relies on: keys, their types, and indexes."""
    keys = [(key["KeyType"], key["AttributeName"]) for key in table["KeySchema"]]
    types = {one["AttributeName"]: one["AttributeType"] for one in table["AttributeDefinitions"]}
    indexes = {
        one["IndexName"]: [key["AttributeName"] for key in one["KeySchema"]]
        for one in table.get("GlobalSecondaryIndexes", [])
    }
    return sorted(keys), types, indexes
