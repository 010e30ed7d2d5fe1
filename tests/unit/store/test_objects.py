"""Where signed URLs lead: to the bucket in its own region, or to an endpoint of one's own."""

import subprocess
import sys

import pytest

_SIGN = (
    "import os; from chalicelib.bootstrap import Services; from chalicelib.settings import Settings; "
    "print(Services(Settings.from_env(os.environ)).objects.origin)"
)


def origin(**env: str) -> str:
    keys = {"AWS_ACCESS_KEY_ID": "k", "AWS_SECRET_ACCESS_KEY": "s", "FIRESIDE_BUCKET": "fireside-dev-audio"}
    done = subprocess.run(
        [sys.executable, "-c", _SIGN], env={**keys, **env}, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


@pytest.mark.parametrize("region", ["eu-west-1", "ap-southeast-5", "us-east-2"])
def test_a_signed_address_is_the_regions_own(region: str) -> None:
    assert origin(AWS_REGION=region) == f"https://fireside-dev-audio.s3.{region}.amazonaws.com"


def test_an_endpoint_of_ones_own_knows_buckets_by_path() -> None:
    assert origin(AWS_REGION="us-east-1", AWS_ENDPOINT_URL="http://127.0.0.1:4566") == "http://127.0.0.1:4566"
