"""Node for the tests that need it: without it they are skipped and say so; where CI is set they fail instead."""

import os
import shutil
from functools import cache
from pathlib import Path
from typing import NoReturn

import pytest

from chalicelib.api.web import WEB
from infra.page import bundle


def missing(what: str) -> NoReturn:
    """Skip the test, or fail it where CI is set."""
    if os.environ.get("CI"):
        pytest.fail(what)
    pytest.skip(what)


@cache
def program(name: str) -> str:
    """Return the path of `node` or `npm`, or skip."""
    found = shutil.which(name)
    if found is None:
        missing(f"No {name} on this machine; with Node.js 20 or later this test runs.")
    return found


def bundled_page(web: Path) -> Path:
    """Return a copy of the page at `web`, bundled as it is deployed, or skip."""
    program("npm")
    shutil.copytree(WEB, web)
    bundle(web)
    return web
