"""The parameters of a deployment that the repository does not hold: account, region, bucket, layer."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from string import Template

from chalicelib.errors import ConfigError
from chalicelib.naming import TABLES, check_tables, full_name
from infra.chalice_config import stage_settings
from infra.errors import Stopped

PROJECT = Path(__file__).resolve().parent.parent

NOWHERE = "000000000000"
"""The account ID in a package that is built without an account."""

ANYWHERE = "us-east-1"
"""The region of a package that is built without one. It is never a default for deploying."""


@dataclass(frozen=True, slots=True)
class StageParameters:
    """The values of the `${...}` in .chalice/config.json and the policies."""

    stage: str
    region: str
    account: str
    bucket: str
    ffmpeg_layer: str
    tables: Mapping[str, str] = field(default_factory=dict)
    """Full names of tables that are not named after the stage, by short name."""

    @classmethod
    def of(cls, stage: str, region: str, account: str, ffmpeg_layer: str | None = None) -> "StageParameters":
        """Return the parameters of a stage; without a published layer its ARN is that of a first version."""
        layer = ffmpeg_layer or f"arn:aws:lambda:{region}:{account}:layer:fireside-{stage}-ffmpeg:1"
        bucket = f"fireside-{stage}-audio-{account}-{region}"
        return cls(stage, region, account, bucket, layer, other_tables(stage))

    @classmethod
    def unknown(cls, stage: str, region: str) -> "StageParameters":
        """Return the parameters of a package that is inspected, not deployed."""
        return cls.of(stage, region, NOWHERE)

    def fill_in(self, text: str) -> str:
        """Return `text` with every `${name}` replaced; raises KeyError for an unknown name."""
        tables = {f"{name}_table": self.tables.get(name) or full_name(self.stage, name) for name in TABLES}
        return Template(text).substitute(asdict(self) | tables)


def other_tables(stage: str) -> dict[str, str]:
    """Return the stage's `tables` in .chalice/config.json: full names of restored tables, by short name.

    Raises Stopped for an unknown table, and for a name that a table cannot have.
    """
    tables: dict[str, str] = stage_settings(stage).get("tables", {})
    try:
        check_tables(tables, stage, f"tables of the stage {stage} in .chalice/config.json")
    except ConfigError as error:
        raise Stopped(str(error)) from None
    return tables
