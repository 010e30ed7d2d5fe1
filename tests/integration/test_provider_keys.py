"""Where the providers' keys come from, against Parameter Store on moto."""

from collections.abc import Iterator
from functools import partial

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber
from moto import mock_aws

from chalicelib.errors import ProviderFault, StoreUnavailable
from chalicelib.pipeline.failure import classify
from chalicelib.providers.keys import Keyed, key, parameter_name
from chalicelib.store.aws import ssm
from chalicelib.store.parameters import ParameterStore
from tests.support.stage import settings


@pytest.fixture
def parameter_store() -> Iterator[ParameterStore]:
    with mock_aws():
        boto3.client("ssm", region_name=settings.region).put_parameter(
            Name=parameter_name(settings, "OPENAI_API_KEY"), Value="sk-from-ssm", Type="SecureString"
        )
        yield ParameterStore(partial(ssm, settings.region))


def test_the_environment_goes_first(parameter_store: ParameterStore) -> None:
    assert key("OPENAI_API_KEY", settings, parameter_store.get, {"OPENAI_API_KEY": "sk-from-env"})() == "sk-from-env"


def test_parameter_store_is_read_once(parameter_store: ParameterStore) -> None:
    read = key("OPENAI_API_KEY", settings, parameter_store.get, {})
    assert read() == "sk-from-ssm"
    boto3.client("ssm", region_name=settings.region).delete_parameter(Name=parameter_name(settings, "OPENAI_API_KEY"))
    assert read() == "sk-from-ssm"


def test_a_replaced_key_is_taken_up_when_the_old_one_is_no_longer_kept() -> None:
    values = ["old", "old", "new"]
    client: Keyed[list[str]] = Keyed(lambda: values.pop(0), lambda value: [value])
    first = client.get()
    assert client.get() is first
    assert client.get() == ["new"]


def test_a_missing_key_is_told_like_a_refused_one(parameter_store: ParameterStore) -> None:
    with pytest.raises(ProviderFault) as caught:
        key("ELEVENLABS_API_KEY", settings, parameter_store.get, {})()
    assert caught.value.code == "missing_api_key"
    failure = classify(caught.value)
    assert (failure.kind, failure.code) == ("permanent", "invalid_credentials")
    assert "ELEVENLABS_API_KEY" in failure.sentence


@pytest.mark.parametrize(("code", "status", "sentence"), [("Unavailable", 503, True), ("Throttled", 400, False)])
def test_trouble_of_parameter_store_is_a_store_that_is_unavailable(code: str, status: int, sentence: bool) -> None:
    client = boto3.client("ssm", region_name=settings.region, aws_access_key_id="key", aws_secret_access_key="secret")
    with Stubber(client) as stubber:
        stubber.add_client_error("get_parameter", code, "not for anybody's eyes", status)
        with pytest.raises(StoreUnavailable) as caught:
            key("OPENAI_API_KEY", settings, ParameterStore(lambda: client).get, {})()
    assert (caught.value.fault, caught.value.sentence is not None) == ("ClientError", sentence)
    assert isinstance(caught.value.__cause__, ClientError)
    assert "eyes" not in str(caught.value)
    assert classify(caught.value).kind == "ours"
