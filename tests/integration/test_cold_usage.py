"""The usage as a new process reads it, in which no table has been used before: every cold start of the API."""

import subprocess
import sys

from tests.support.running import ROOT

FIRST_READ = """
from moto import mock_aws
with mock_aws():
    from tests.support.stage import settings
    from chalicelib.store.connections import connect
    connect(settings)
    from chalicelib.store.months import Months
    from chalicelib.store.usage import UsageLog
    import boto3
    name = settings.table("usage")
    keys = [("user_id", "HASH"), ("time_id", "RANGE")]
    boto3.client("dynamodb", region_name=settings.region).create_table(
        TableName=name,
        KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in keys],
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key, _ in keys],
        BillingMode="PAY_PER_REQUEST",
    )
    print(list(UsageLog(lambda: 0.0, Months()).month("ann", "2026-11")))
"""


def test_the_first_thing_a_process_reads_may_be_the_usage() -> None:
    done = subprocess.run([sys.executable, "-c", FIRST_READ], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "[]"), done.stderr
