"""An AWS account of ministack's, and the commands that are run against it."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3

from infra.facts import NOWHERE, PROJECT
from local.aws import PYTHON, aws_environment

SERVER = Path(__file__).with_name("ministack_server.py")
HOOKS = Path(__file__).with_name("hooks")


class Ministack:
    """An account, empty at first."""

    number = NOWHERE

    def __init__(self, server: "subprocess.Popen[str]", directory: Path) -> None:
        self._server = server
        self._calls = directory / "calls"
        self.endpoint = self._answer()
        self.calls: set[str] = set()

    def _answer(self) -> str:
        assert self._server.stdout is not None
        return self._server.stdout.readline().strip()

    def order(self, line: str) -> None:
        """Steer the server: see its own words."""
        assert self._server.stdin is not None
        self._server.stdin.write(f"{line}\n")
        self._server.stdin.flush()
        assert self._answer() == "ready"

    def client(self, service: str, region: str = "us-east-1") -> Any:
        """A client of the account."""
        name: Any = service
        return boto3.client(name, endpoint_url=self.endpoint, region_name=region)

    def infra(
        self, *arguments: str, die: str = "", region: str = "us-east-1", **env: str
    ) -> "subprocess.CompletedProcess[str]":
        """Run `python -m infra`; with `die` it is killed at that call."""
        self._calls.unlink(missing_ok=True)
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("FIRESIDE_", "AWS_"))},
            **{name: value for name, value in aws_environment(self.endpoint).items() if "REGION" not in name},
            "AWS_MAX_ATTEMPTS": "1",
            "PYTHONPATH": str(HOOKS),
            "FIRESIDE_TEST_CALLS": str(self._calls),
            "FIRESIDE_TEST_DIE": die,
            **env,
        }
        command = [sys.executable, "-m", "infra", *arguments, *(["--region", region] if region else [])]
        done = subprocess.run(
            command,
            cwd=PROJECT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        if self._calls.exists():
            self.calls.update(self._calls.read_text().split())
        if die:
            assert done.returncode == -signal.SIGKILL, (die, done.stdout[-1000:], done.stderr[-2000:])
        return done

    def deploy(self, stage: str = "dev", *more: str, region: str = "us-east-1") -> str:
        """Deploy, which must work; returns what was printed."""
        done = self.infra("deploy", "--stage", stage, *more, region=region)
        assert done.returncode == 0, (done.stdout[-1500:], done.stderr[-3000:])
        return done.stdout + done.stderr


@contextmanager
def ministack(directory: Path) -> Iterator[Ministack]:
    """Start an account and end it."""
    environment = {"PATH": os.environ["PATH"], "LOG_LEVEL": "WARNING", "STATE_DIR": str(directory),
                   "S3_DATA_DIR": str(directory / "s3"), "DOCKER_HOST": f"unix://{directory}/none",
                   "IOT_MTLS_ENABLED": "0", "SFTP_ENABLED": "0"}  # fmt: skip
    with (
        (directory / "ministack.log").open("w") as log,
        subprocess.Popen(
            [PYTHON, "-I", SERVER],
            cwd=directory,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        ) as server,
    ):
        try:
            yield Ministack(server, directory)
        finally:
            server.kill()
