"""Where the providers' keys come from, against Parameter Store on moto."""

from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws

from chalicelib.errors import ProviderFault
from chalicelib.pipeline.failure import classify
from chalicelib.providers.keys import Keyed, _parameter_store, key, parameter_name
from tests.support.stage import settings


@pytest.fixture
def parameter_store() -> Iterator[None]:
    _parameter_store.cache_clear()
    with mock_aws():
        boto3.client("ssm", region_name=settings.region).put_parameter(
            Name=parameter_name(settings, "OPENAI_API_KEY"), Value="sk-from-ssm", Type="SecureString"
        )
        yield


def test_the_environment_goes_first(parameter_store: None) -> None:
    assert key("OPENAI_API_KEY", settings, {"OPENAI_API_KEY": "sk-from-env"})() == "sk-from-env"


def test_parameter_store_is_read_once(parameter_store: None) -> None:
    read = key("OPENAI_API_KEY", settings, {})
    assert read() == "sk-from-ssm"
    boto3.client("ssm", region_name=settings.region).delete_parameter(Name=parameter_name(settings, "OPENAI_API_KEY"))
    assert read() == "sk-from-ssm"


def test_a_replaced_key_is_taken_up_when_the_old_one_is_no_longer_kept() -> None:
    values = ["old", "old", "new"]
    client: Keyed[list[str]] = Keyed(lambda: values.pop(0), lambda value: [value])
    first = client.get()
    assert client.get() is first
    assert client.get() == ["new"]


def test_a_missing_key_is_told_like_a_refused_one(parameter_store: None) -> None:
    with pytest.raises(ProviderFault) as caught:
        key("ELEVENLABS_API_KEY", settings, {})()
    assert caught.value.code == "missing_api_key"
    failure = classify(caught.value)
    assert (failure.kind, failure.code) == ("permanent", "invalid_credentials")
    assert "ELEVENLABS_API_KEY" in failure.sentence
