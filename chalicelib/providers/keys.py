"""The providers' API keys: from the environment on one machine, from SSM Parameter Store on Lambda. Never logged."""

import os
from collections.abc import Callable, Mapping
from functools import cache
from typing import Literal

import boto3
from botocore.exceptions import ClientError

from chalicelib.errors import ProviderFault
from chalicelib.settings import Settings

PROVIDERS: dict[str, Literal["OpenAI", "ElevenLabs"]] = {
    "OPENAI_API_KEY": "OpenAI",
    "ELEVENLABS_API_KEY": "ElevenLabs",
}


def parameter_name(settings: Settings, name: str) -> str:
    """Where a key is kept in Parameter Store, such as `/fireside/dev/OPENAI_API_KEY`."""
    return f"/fireside/{settings.stage}/{name}"


def key(name: str, settings: Settings, env: Mapping[str, str] = os.environ) -> Callable[[], str]:
    """Reads the key `name` when it is first needed; raises ProviderFault as a refused key where there is none."""

    @cache
    def read() -> str:
        if value := env.get(name):
            return value
        ssm = boto3.client("ssm", region_name=settings.region)
        try:
            found = ssm.get_parameter(Name=parameter_name(settings, name), WithDecryption=True)
        except ssm.exceptions.ParameterNotFound:
            raise ProviderFault(PROVIDERS[name], "status", status=401, code="missing_api_key") from None
        except ClientError:
            raise ProviderFault(PROVIDERS[name], "status", status=401, code="unreadable_api_key") from None
        return found["Parameter"]["Value"]

    return read
