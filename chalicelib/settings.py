"""Where things are: the environment and configs/, read once, with errors that name what is wrong."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import msgspec

from chalicelib.errors import ConfigError
from chalicelib.naming import decode_tables, full_name

CONFIGS = Path(__file__).resolve().parent.parent / "configs"
"""configs/ beside the package: in the repository, and at the root of the deployment zip."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Settings:
    """The environment, decoded. Names of tables, queues and the bucket follow from the stage.

    `tables` holds the names of those tables that are called otherwise, by their names in `naming.TABLES`.
    """

    stage: str
    region: str
    bucket: str
    tables: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> "Settings":
        """Read FIRESIDE_STAGE (default `local`), FIRESIDE_BUCKET, FIRESIDE_TABLES and AWS_REGION."""
        stage = env.get("FIRESIDE_STAGE", "local")
        if not stage.isalnum():
            raise ConfigError(f"FIRESIDE_STAGE must be letters and digits, such as dev; it is {stage!r}.")
        region = env.get("AWS_REGION") or env.get("AWS_DEFAULT_REGION") or "us-east-1"
        bucket = env.get("FIRESIDE_BUCKET") or f"fireside-{stage}-audio"
        return cls(stage, region, bucket, decode_tables(env.get("FIRESIDE_TABLES", ""), stage))

    def queue(self, name: str) -> str:
        """Return the full name of a queue of this stage, such as `fireside-dev-narration`."""
        return full_name(self.stage, name)

    def table(self, name: str) -> str:
        """Return the full name of a table: one that was restored has another than its stage gives it."""
        return self.tables.get(name) or full_name(self.stage, name)


settings = Settings.from_env(os.environ)
"""The settings of this process: PynamoDB's models and Chalice's decorators need names when they are imported."""


def load_file(path: Path, type_: type[T]) -> T:
    """The JSON file at `path` as a `type_`; raises ConfigError with the file and the field at fault."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=type_)
    except OSError as error:
        raise ConfigError(f"{path.name} cannot be read: {error.strerror}.") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path.name}: {error}") from error
