"""The page as it is deployed: esbuild bundles its modules into a few scripts and one style sheet.

esbuild comes from npm in the version that package-lock.json pins, and is cached in build/. Deploying needs Node for
this; running and testing on one machine does not.
"""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

from chalicelib.api.web import BUILT
from infra.errors import Stopped
from infra.places import put_in_place
from infra.stage_parameters import PROJECT

_FILES = ("package.json", "package-lock.json")
_TARGETS = "chrome111,firefox113,safari16.4"
"""The oldest browsers that know everything the page uses: `color-mix`, `findLast` and `replaceChildren`."""


def bundle(web: Path, bundler: Path | None = None) -> None:
    """Replace the modules in `web` by built/, with one script and one style sheet; raise Stopped where that fails.

    `bundler` is the path of esbuild, which is installed from npm if left out. What a module loads by `import()` becomes
    a file of its own, and so does what that shares with the rest; their names have a digest of what is in them.
    client-zip.js is the work of others, and stays as it is.
    """
    esbuild = bundler or install_esbuild()
    built = web / BUILT
    command = [
        str(esbuild),
        "app=script/app.js",
        "style=style/style.css",
        "listen=script/listen.js",
        "listen=style/listen.css",
        "--bundle",
        "--minify",
        "--splitting",
        "--format=esm",
        f"--target={_TARGETS}",
        "--charset=utf8",
        "--external:./client-zip.js",
        f"--outdir={BUILT}",
        "--log-level=warning",
    ]
    done = subprocess.run(command, cwd=web, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Stopped(f"esbuild could not bundle the page: {done.stderr.strip()}")
    shutil.copyfile(web / "script" / "client-zip.js", built / "client-zip.js")
    for source in ("script", "style", "types"):
        shutil.rmtree(web / source)


def install_esbuild(build: Path = PROJECT / "build") -> Path:
    """Return the path of esbuild, installed from npm unless it is there already; raise Stopped without Node."""
    if shutil.which("npm") is None:
        raise Stopped(
            "Deploying needs Node.js 20 or later to bundle the page, and there is no npm on this machine:"
            " install it from https://nodejs.org or your system's packages. Running and testing do without it."
        )
    digest = hashlib.sha256(b"".join((PROJECT / name).read_bytes() for name in _FILES)).hexdigest()[:12]
    ready = build / "npm" / digest
    program = Path("node_modules") / "esbuild" / "bin" / "esbuild"
    if (ready / program).exists():
        return ready / program
    being_made = ready.with_suffix(f".{os.getpid()}")
    being_made.mkdir(parents=True, exist_ok=True)
    for name in _FILES:
        shutil.copyfile(PROJECT / name, being_made / name)
    command = ["npm", "ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
    done = subprocess.run(command, cwd=being_made, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Stopped(f"npm could not install esbuild: {(done.stderr or done.stdout).strip()}")
    put_in_place(being_made, ready)
    return ready / program
