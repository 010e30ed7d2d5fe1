"""The most recently deployed archives, stored in the stage's bucket, and the rollback to the previous one.

An archive is stored only after the whole deploy has succeeded. Its name holds all that is needed to choose one:
`deployments/<time>-<SHA-256, 12 digits>-<runtime>-<processor>.zip`.
"""

import base64
import hashlib
import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from infra.errors import Stopped
from infra.template import functions

if TYPE_CHECKING:
    from boto3.session import Session

_PREFIX = "deployments/"
KEPT = 5

_NEEDED = "chalicelib/api/lanes.py"
"""Without this file the authorizer names no API key, and the API, whose settings stay, would refuse every user."""


@dataclass(frozen=True, slots=True)
class Archive:
    """An archive in the bucket."""

    key: str

    @property
    def digest(self) -> str:
        """The first 12 hexadecimal digits of its SHA-256."""
        return self._parts()[1]

    @property
    def runtime(self) -> tuple[str, str]:
        """Lambda's runtime and architecture that it was built for, such as ("python3.11", "arm64")."""
        _, _, runtime, arch = self._parts()
        return runtime, arch

    @property
    def made(self) -> str:
        """The time of its deploy in UTC, as YYYYMMDDTHHMMSSZ."""
        return self._parts()[0]

    def _parts(self) -> list[str]:
        return self.key.removeprefix(_PREFIX).removesuffix(".zip").split("-")


def keep(session: "Session", stage: str, bucket: str, project: Path, now: datetime | None = None) -> None:
    """Store the archive that the functions run now, unless it is the latest already, and drop all but the last `KEPT`.

    Raises Stopped where the running archive is not in `project`.
    """
    s3: Any = session.client("s3")
    # All functions run the same archive after a deploy: one tells for all.
    running = next(iter(_running(session, stage).values()))
    known = _archives(s3, bucket)
    if known and known[-1].digest == _digest(running):
        return
    # Newest first: Chalice leaves earlier archives there, and hashing each takes time.
    for made in sorted((project / ".chalice" / "deployments").glob("*.zip"), key=lambda path: -path.stat().st_mtime):
        if _sha256(made) == running["CodeSha256"]:
            break
    else:
        raise Stopped(f"The archive that the functions of {stage} run is not in {project}, so it was not stored.")
    moment = (now or datetime.now(UTC)).strftime("%Y%m%dT%H%M%SZ")
    kind = f"{running['Runtime']}-{running['Architectures'][0]}"
    s3.upload_file(str(made), bucket, f"{_PREFIX}{moment}-{_digest(running)}-{kind}.zip")
    for old in _archives(s3, bucket)[:-KEPT]:
        s3.delete_object(Bucket=bucket, Key=old.key)


def rollback(session: "Session", stage: str, bucket: str, say: Callable[[str], None]) -> Archive:
    """Switch all functions to the previous archive and return it. Raises Stopped where there is none that works.

    Only the code is rolled back: routes, settings, layer and tables stay as they are. The archives after the target are
    deleted last, so the next rollback goes one step further back, and a later deploy never makes one of them "the
    previous archive" again. If this is interrupted, running it again finishes it.
    """
    s3: Any = session.client("s3")
    client = session.client("lambda")
    running = _running(session, stage)
    known = _archives(s3, bucket)
    target = _before(known, [_digest(one) for one in running.values()])
    if target is None:
        raise Stopped(f"The stage {stage} has no earlier archive to roll back to; deploy the version you want.")
    for name, one in running.items():
        if target.runtime != (one["Runtime"], one["Architectures"][0]):
            raise Stopped(
                f"The previous archive was made for {' on '.join(target.runtime)}, but {name} runs {one['Runtime']} on"
                f" {one['Architectures'][0]}: check that version out and deploy it."
            )
    # Checked before any function is switched: a version that refuses every user would have to be rolled back too.
    with zipfile.ZipFile(io.BytesIO(s3.get_object(Bucket=bucket, Key=target.key)["Body"].read())) as packed:
        if _NEEDED not in packed.namelist():
            raise Stopped(
                f"The archive of {target.made} is of a version that cannot let users into this API: check that version"
                " out and deploy it."
            )
    for name in running:
        client.update_function_code(FunctionName=name, S3Bucket=bucket, S3Key=target.key)
        client.get_waiter("function_updated_v2").wait(FunctionName=name)
        say(f"{name} now runs the archive of {target.made}.")
    # Last: until all functions are switched, these archives show how far an interrupted rollback came.
    for later in known[known.index(target) + 1 :]:
        s3.delete_object(Bucket=bucket, Key=later.key)
    return target


def _before(known: list[Archive], running: list[str]) -> Archive | None:
    """Return the archive to roll back to, given the stored ones and the digests of what the functions run."""
    digests = [archive.digest for archive in known]
    places = {max((n for n, kept in enumerate(digests) if kept == digest), default=-1) for digest in running}
    if -1 in places:  # a deploy was interrupted before its archive was stored
        return known[-1] if known else None
    if len(places) > 1:  # a rollback was interrupted: finish it
        return known[min(places)]
    [place] = places
    return known[place - 1] if place > 0 else None


def _archives(s3: Any, bucket: str) -> list[Archive]:
    """Return the archives in the bucket, oldest first."""
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=_PREFIX)
    return [Archive(key) for key in sorted(found["Key"] for page in pages for found in page.get("Contents", []))]


def _running(session: "Session", stage: str) -> dict[str, Any]:
    """Return the configurations of the stage's functions, by their names on AWS. Raises Stopped if one is missing."""
    client = session.client("lambda")
    names = (f"fireside-{stage}" + ("" if name == "api_handler" else f"-{name}") for name in functions(stage))
    try:
        return {name: client.get_function_configuration(FunctionName=name) for name in names}
    except client.exceptions.ResourceNotFoundException:
        raise Stopped(f"Some functions of the stage {stage} do not exist: deploy it first.") from None


def _digest(configuration: Any) -> str:
    return base64.b64decode(configuration["CodeSha256"]).hex()[:12]


def _sha256(path: Path) -> str:
    return base64.b64encode(hashlib.sha256(path.read_bytes()).digest()).decode()
