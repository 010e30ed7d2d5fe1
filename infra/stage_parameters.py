"""What a deployment knows that the repository does not: account, region, bucket, layer."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from string import Template

from chalicelib.errors import ConfigError
from chalicelib.naming import TABLES, check_tables, full_name
from infra.errors import Stopped

PROJECT = Path(__file__).resolve().parent.parent

NOWHERE = "000000000000"
"""The account of a package that was built without one."""

ANYWHERE = "us-east-1"
"""The region of a package that was built without one. Nothing is ever deployed there because none was named."""


@dataclass(frozen=True, slots=True)
class StageParameters:
    """The values of the `${...}` in .chalice/config.json and the policies."""

    stage: str
    region: str
    account: str
    bucket: str
    ffmpeg_layer: str
    tables: Mapping[str, str] = field(default_factory=dict)
    """Tables that are called otherwise than by the stage's name."""

    @classmethod
    def of(cls, stage: str, region: str, account: str, ffmpeg_layer: str | None = None) -> "StageParameters":
        """Return the facts of a stage; without a published layer its ARN is that of a first version."""
        layer = ffmpeg_layer or f"arn:aws:lambda:{region}:{account}:layer:fireside-{stage}-ffmpeg:1"
        bucket = f"fireside-{stage}-audio-{account}-{region}"
        return cls(stage, region, account, bucket, layer, other_tables(stage))

    @classmethod
    def unknown(cls, stage: str, region: str) -> "StageParameters":
        """Those of a package that is looked at, not deployed."""
        return cls.of(stage, region, NOWHERE)

    def fill_in(self, text: str) -> str:
        """`text` with every `${name}` replaced; raises KeyError for a name that is none of these."""
        tables = {f"{name}_table": self.tables.get(name) or full_name(self.stage, name) for name in TABLES}
        return Template(text).substitute(asdict(self) | tables)


def other_tables(stage: str) -> dict[str, str]:
    """The stage's `tables` in .chalice/config.json: those that were restored under another name, by their own.

    Raises Stopped for a table that there is not, and for a name that it cannot have.
    """
    config = json.loads((PROJECT / ".chalice" / "config.json").read_text(encoding="utf-8"))
    tables: dict[str, str] = config["stages"][stage].get("tables", {})
    try:
        check_tables(tables, stage, f"tables of the stage {stage} in .chalice/config.json")
    except ConfigError as error:
        raise Stopped(str(error)) from None
    return tables
