"""The narrator's layer: its Pillow and fonts draw a cover by themselves, and Lambda takes it."""

import io
import platform
import subprocess
import sys
import zipfile
from pathlib import Path

import msgspec
import pytest
from PIL import Image, ImageChops, ImageStat

from chalicelib.book.cover_jpeg import jpeg_of
from chalicelib.book.design import design_of
from infra.stage_parameters import PROJECT
from layers.ffmpeg.build import build, recipe

LARGEST = 50_000_000
"""Bytes of a layer that is sent directly: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""

TITLE = "The Lamp \u706f\u53f0"

_DRAW = f"""
import sys
sys.path[:0] = [sys.argv[1], *sys.argv[2:]]
import PIL
assert PIL.__file__.startswith(sys.argv[1]), PIL.__file__
from chalicelib.book.cover_jpeg import jpeg_of
from chalicelib.book.design import design_of
sys.stdout.buffer.write(jpeg_of(design_of("s1", {TITLE!r})))
"""


@pytest.fixture(scope="module")
def layer() -> Path:
    """Build the layer for this machine, unless it is there."""
    arch = {"x86_64": "x86_64", "aarch64": "arm64"}[platform.machine()]
    ready = PROJECT / "build" / f"ffmpeg-{arch}-{recipe()}.zip"
    return ready if ready.exists() else build(arch, ready)


def test_lambda_takes_the_layer(layer: Path) -> None:
    with zipfile.ZipFile(layer) as archive:
        names = set(archive.namelist())
        unpacked = sum(info.file_size for info in archive.infolist())
    assert layer.stat().st_size < LARGEST
    # All layers and the function together may have 250 MB, and the archive has some 40.
    assert unpacked < 200_000_000
    assert {"bin/ffmpeg", "bin/ffprobe", "python/PIL/Image.py", "python/fontpkg_vollkorn/LICENSE"} <= names
    assert any(name.startswith("python/pillow-") and name.endswith("LICENSE") for name in names)


def test_a_cover_is_drawn_with_the_layer_as_with_the_whole_packages(layer: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(layer) as archive:
        archive.extractall(tmp_path, [name for name in archive.namelist() if name.startswith("python/")])
    # What the archive of a deployment has beside the program.
    (tmp_path / "msgspec").symlink_to(Path(msgspec.__file__).parent)
    command = [sys.executable, "-I", "-S", "-c", _DRAW, str(tmp_path / "python"), str(PROJECT), str(tmp_path)]
    drawn = subprocess.run(command, capture_output=True, check=True).stdout
    with Image.open(io.BytesIO(drawn)) as one, Image.open(io.BytesIO(jpeg_of(design_of("s1", TITLE)))) as other:
        # The layer's letters are without hints, which move an edge by a part of a pixel.
        assert max(ImageStat.Stat(ImageChops.difference(one, other)).mean) < 0.5
    with Image.open(io.BytesIO(drawn)) as one, Image.open(io.BytesIO(jpeg_of(design_of("s1", "")))) as untitled:
        assert max(ImageStat.Stat(ImageChops.difference(one, untitled)).mean) > 5
