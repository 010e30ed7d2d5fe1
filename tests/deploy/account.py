"""An AWS account imitated by ministack, and the commands that are run against it."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3

from infra.stage_parameters import NOWHERE, PROJECT
from local.aws import PYTHON, aws_environment
from local.embedded.keys import Keys

SERVER = Path(__file__).with_name("ministack_server.py")
HOOKS = Path(__file__).with_name("hooks")


class Ministack:
    """An account, empty at first."""

    number = NOWHERE
    keys = Keys("test", "test")

    def __init__(self, server: "subprocess.Popen[str]", directory: Path) -> None:
        self._server = server
        self._calls = directory / "calls"
        self.endpoint = self._answer()
        self.requests = directory / "requests"
        """The file with every call of the commands and its parameters: lines of JSON."""
        self.project = PROJECT
        """The directory in which commands are run: the project, or a copy of it with other settings."""

    def _answer(self) -> str:
        assert self._server.stdout is not None
        return self._server.stdout.readline().strip()

    def order(self, line: str) -> None:
        """Send a command to the server: see its docstring."""
        assert self._server.stdin is not None
        self._server.stdin.write(f"{line}\n")
        self._server.stdin.flush()
        assert self._answer() == "ready"

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables that send every AWS SDK to this account."""
        return aws_environment(self.endpoint, self.keys)

    def client(self, service: str, region: str = "us-east-1") -> Any:
        """Return a client of the account."""
        name: Any = service
        return boto3.client(
            name,
            endpoint_url=self.endpoint,
            region_name=region,
            aws_access_key_id=self.keys.access_key_id,
            aws_secret_access_key=self.keys.secret_access_key,
        )

    def infra(
        self, *arguments: str, die: str = "", region: str = "us-east-1", go_at: str = "", stdin: str = "", **env: str
    ) -> "subprocess.CompletedProcess[str]":
        """Run `python -m infra`; with `die` it must be killed at that call.

        Resources that the server holds continue once the command has printed `go_at`.
        """
        self._calls.unlink(missing_ok=True)
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("FIRESIDE_", "AWS_"))},
            **{name: value for name, value in self.environment.items() if "REGION" not in name},
            "AWS_MAX_ATTEMPTS": "1",
            "PYTHONPATH": str(HOOKS),
            "PYTHONUNBUFFERED": "1",
            "FIRESIDE_TEST_CALLS": str(self._calls),
            "FIRESIDE_TEST_DIE": die,
            **env,
        }
        command = [sys.executable, "-m", "infra", *arguments, *(["--region", region] if region else [])]
        printed: list[str] = []
        with subprocess.Popen(
            command,
            cwd=self.project,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        ) as running:
            assert running.stdin is not None
            assert running.stdout is not None
            running.stdin.write(stdin)
            running.stdin.close()
            for line in running.stdout:
                printed.append(line)
                if go_at and go_at in line:
                    self.order("go")
                    go_at = ""
        output = "".join(printed)
        if self._calls.exists():
            with self.requests.open("a", encoding="utf-8") as log:
                log.write(self._calls.read_text(encoding="utf-8"))
        if die:
            assert running.returncode == -signal.SIGKILL, (die, output[-3000:])
        return subprocess.CompletedProcess(command, running.returncode, output)

    def deploy(self, stage: str = "dev", *more: str, region: str = "us-east-1", go_at: str = "") -> str:
        """Deploy, which must succeed; return what was printed."""
        done = self.infra("deploy", "--stage", stage, *more, region=region, go_at=go_at)
        assert done.returncode == 0, done.stdout[-4000:]
        return done.stdout

    def status(self, stage: str = "dev", region: str = "us-east-1") -> str:
        """Return the state of the stage's stack."""
        stacks = self.client("cloudformation", region).describe_stacks(StackName=f"fireside-{stage}")["Stacks"]
        return str(stacks[0]["StackStatus"])


@contextmanager
def ministack(directory: Path) -> Iterator[Ministack]:
    """Run an account for the block."""
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
