"""The environment of all tests: a stage of its own, credentials that open nothing, no settings of the machine's."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings as hypothesis_settings

hypothesis_settings.register_profile("fireside", deadline=None)  # a busy machine is no failure
hypothesis_settings.load_profile("fireside")

os.environ |= {
    "FIRESIDE_STAGE": "test",
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_REGION": "us-east-1",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}
for provider in ("OPENAI", "ELEVENLABS", "SPEECH"):
    for setting in ("API_KEY", "BASE_URL"):
        os.environ.pop(f"{provider}_{setting}", None)
os.environ.pop("AWS_ENDPOINT_URL", None)

from moto import mock_aws  # noqa: E402 # moto hooks into clients that are made after it

from chalicelib.audio.tools import Ffmpeg  # noqa: E402
from chalicelib.store.connections import connect  # noqa: E402
from chalicelib.timing import Timing  # noqa: E402
from local.resources import create_missing  # noqa: E402
from local.tools import put_on_path  # noqa: E402
from tests.support.stage import (  # noqa: E402
    s3,
    settings,
    sqs,
)
from tests.support.testapp import TestApp  # noqa: E402

connect(settings)


def pytest_configure(config: pytest.Config) -> None:
    """Let each test process measure its coverage once, so that nothing is measured where `no_cover` says so.

    Under xdist it would be measured three times: coverage asks all processes that are started to measure themselves,
    and pytest-cov 7.1 begins in a test process before it knows that it is one, and then again.
    """
    if hasattr(config, "workerinput"):
        begun = config.pluginmanager.getplugin("_cov")
        if begun and begun.cov_controller:
            begun.cov_controller.pause()
    elif config.getoption("numprocesses", None):
        os.environ.pop("COVERAGE_PROCESS_CONFIG", None)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print at the end what tests have measured, whatever process they ran in."""
    for report in terminalreporter.stats.get("passed", []):
        for name, value in report.user_properties:
            terminalreporter.write_line(f"{name}: {value}")


@pytest.fixture(scope="session", autouse=True)
def ffmpeg() -> Ffmpeg:
    """ffmpeg and ffprobe, as on a developer's machine."""
    put_on_path(Path(tempfile.mkdtemp(prefix="fireside-bin-")))
    return Ffmpeg.find()


@pytest.fixture
def memory_aws() -> Iterator[None]:
    """Provide an empty AWS in this process, with Fireside's tables, queues and bucket."""
    with mock_aws():
        create_missing(settings, Timing(), sqs(), s3())
        yield


@pytest.fixture
def testapp(memory_aws: None) -> TestApp:
    """A whole Fireside on that AWS."""
    return TestApp()
