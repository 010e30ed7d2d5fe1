"""What a deployment knows that the repository does not: account, region, bucket, layer."""

from dataclasses import asdict, dataclass
from pathlib import Path
from string import Template

PROJECT = Path(__file__).resolve().parent.parent

NOWHERE = "000000000000"
"""The account of a package that was built without one."""

ANYWHERE = "us-east-1"
"""The region of a package that was built without one. Nothing is ever deployed there because none was named."""


@dataclass(frozen=True, slots=True)
class Facts:
    """The values of the `${...}` in .chalice/config.json and the policies."""

    stage: str
    region: str
    account: str
    bucket: str
    ffmpeg_layer: str

    @classmethod
    def of(cls, stage: str, region: str, account: str, ffmpeg_layer: str | None = None) -> "Facts":
        """Return the facts of a stage; without a published layer its ARN is that of a first version."""
        layer = ffmpeg_layer or f"arn:aws:lambda:{region}:{account}:layer:fireside-{stage}-ffmpeg:1"
        return cls(stage, region, account, f"fireside-{stage}-audio-{account}-{region}", layer)

    @classmethod
    def unknown(cls, stage: str, region: str) -> "Facts":
        """Those of a package that is looked at, not deployed."""
        return cls.of(stage, region, NOWHERE)

    def fill_in(self, text: str) -> str:
        """`text` with every `${name}` replaced; raises KeyError for a name that is none of these."""
        return Template(text).substitute(asdict(self))
