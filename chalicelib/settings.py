"""The settings of a process, from the environment and configs/, read once, with errors that name what is wrong."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import msgspec

from chalicelib.errors import ConfigError
from chalicelib.naming import decode_tables, full_name

CONFIGS = Path(os.environ.get("FIRESIDE_CONFIGS") or Path(__file__).resolve().parent.parent / "configs")
"""The directory of the configuration: configs/ beside the package, in the repository and at the root of the deployment
zip, or another one that the environment names, such as a copy for a server of one's own."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings from the environment. The names of tables, queues and the bucket follow from the stage.

    `tables` maps names in `naming.TABLES` to the full names of those tables that do not have their default name.
    """

    stage: str
    region: str
    bucket: str
    tables: Mapping[str, str] = field(default_factory=dict)
    demonstration: frozenset[str] = frozenset()
    """What is only shown, and costs nothing: "author" where it tells tales that are written already, "narrator"."""

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> "Settings":
        """Read FIRESIDE_STAGE (default `local`), FIRESIDE_BUCKET, FIRESIDE_TABLES and AWS_REGION; raise ConfigError.

        FIRESIDE_DEMONSTRATION is set by the commands of one machine, where a provider has no key.
        """
        stage = env.get("FIRESIDE_STAGE", "local")
        if not stage.isalnum():
            raise ConfigError(f"FIRESIDE_STAGE must be letters and digits, such as dev; it is {stage!r}.")
        region = env.get("AWS_REGION") or env.get("AWS_DEFAULT_REGION") or "us-east-1"
        bucket = env.get("FIRESIDE_BUCKET") or f"fireside-{stage}-audio"
        shown = frozenset(env.get("FIRESIDE_DEMONSTRATION", "").split())
        return cls(stage, region, bucket, decode_tables(env.get("FIRESIDE_TABLES", ""), stage), shown)

    def queue(self, name: str) -> str:
        """Return the full name of a queue of this stage, such as `fireside-dev-narration`."""
        return full_name(self.stage, name)

    def table(self, name: str) -> str:
        """Return the full name of a table; a restored one has another name than its stage's default."""
        return self.tables.get(name) or full_name(self.stage, name)


def load_file(path: Path, type_: type[T]) -> T:
    """Decode the JSON file at `path` as a `type_`; raise ConfigError with the file and the field at fault."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=type_)
    except OSError as error:
        raise ConfigError(f"{path.name} cannot be read: {error.strerror}.") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path.name}: {error}") from error
