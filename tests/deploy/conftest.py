"""Node for every test here: a package has its page bundled."""

import pytest

from tests.support.node import program


@pytest.fixture(scope="session", autouse=True)
def npm() -> str:
    """Return the path of npm, which installs esbuild."""
    return program("npm")
