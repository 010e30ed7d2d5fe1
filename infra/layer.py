"""Publishing the narrator's layer: a new version only where the content has changed."""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from layers.ffmpeg.build import build, recipe

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient


def publish(client: "LambdaClient", stage: str, arch: str, directory: Path) -> str:
    """Return the ARN of the layer version with the present content for `arch`, published if it does not exist yet."""
    ready = directory / f"ffmpeg-{arch}-{recipe()}.zip"
    archive = (ready if ready.exists() else build(arch, ready)).read_bytes()
    digest = hashlib.sha256(archive).hexdigest()
    layer = f"fireside-{stage}-ffmpeg"
    for page in client.get_paginator("list_layer_versions").paginate(LayerName=layer):
        for version in page["LayerVersions"]:
            # Listed versions show no digest of their content, so ours is in the description.
            if digest in version.get("Description", ""):
                return version["LayerVersionArn"]
    architecture: Any = arch
    published = client.publish_layer_version(
        LayerName=layer,
        Description=f"ffmpeg, Pillow and fonts, {arch}, sha256 {digest}",
        Content={"ZipFile": archive},
        CompatibleArchitectures=[architecture],
        LicenseInfo="GPL-3.0-or-later AND MIT-CMU AND OFL-1.1",
    )
    return published["LayerVersionArn"]


def remove(client: "LambdaClient", stage: str) -> None:
    """Delete all versions of the stage's layer."""
    layer = f"fireside-{stage}-ffmpeg"
    for page in client.get_paginator("list_layer_versions").paginate(LayerName=layer):
        for version in page["LayerVersions"]:
            client.delete_layer_version(LayerName=layer, VersionNumber=version["Version"])
