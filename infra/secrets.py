"""The providers' keys, from a person's keyboard into Parameter Store. Nothing echoes them, nothing else keeps them."""

from collections.abc import Callable, Iterator
from getpass import getpass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

NAMES = ("OPENAI_API_KEY", "ELEVENLABS_API_KEY")


def ask(ssm: "SSMClient", stage: str, prompt: Callable[[str], str] = getpass) -> Iterator[str]:
    """Ask for each key and keep what was typed; yields the names kept. An empty answer leaves a key as it is."""
    for name in NAMES:
        if value := prompt(f"{name} (empty: leave as it is): ").strip():
            ssm.put_parameter(Name=f"/fireside/{stage}/{name}", Value=value, Type="SecureString", Overwrite=True)
            yield name
