"""What a deployment knows that the repository does not: account, region, bucket, layer."""

from dataclasses import asdict, dataclass
from pathlib import Path
from string import Template

PROJECT = Path(__file__).resolve().parent.parent

NOWHERE = "000000000000"
"""The account of a package that was built without one."""


@dataclass(frozen=True, slots=True)
class Facts:
    """The values of the `${...}` in .chalice/config.json and the policies."""

    stage: str
    region: str
    account: str
    bucket: str
    ffmpeg_layer: str

    @classmethod
    def unknown(cls, stage: str, region: str) -> "Facts":
        """Those of a package that is looked at, not deployed."""
        layer = f"arn:aws:lambda:{region}:{NOWHERE}:layer:fireside-{stage}-ffmpeg:1"
        return cls(stage, region, NOWHERE, f"fireside-{stage}-audio-{NOWHERE}-{region}", layer)

    def fill_in(self, text: str) -> str:
        """`text` with every `${name}` replaced; raises KeyError for a name that is none of these."""
        return Template(text).substitute(asdict(self))
