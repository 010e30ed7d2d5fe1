"""AWS on this machine: DynamoDB, SQS, S3 and SSM in a child process (`ministack_child.py`), state in a directory."""

import http.client
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from chalicelib.errors import ConfigError
from local.claims import listen, own, sole_use
from local.embedded import addresses
from local.embedded.keys import Keys, kept_keys, read_keys
from local.sentences import Sentences

ROOT = Path(__file__).resolve().parent.parent
PYTHON = ROOT / ".venv-aws" / "bin" / "python"
"""The interpreter that has ministack, which pins botocore exactly and so needs a virtual environment of its own."""

START_S = 30.0
"""Longest wait for the first answer, in seconds; 0.3 s is usual."""

TAKE_OVER_S = 10.0
"""Longest wait, in seconds, for a predecessor that is still saving its state."""

STOP_S = 20.0
"""Longest wait, in seconds, for the state to be saved before the process is killed."""

_CHILD = Path(__file__).with_name("ministack_child.py")
_HEALTH = "/_ministack/health"


def _print_error(sentence: str) -> None:
    print(f"fireside: {sentence}", file=sys.stderr, flush=True)


class EmbeddedAws:
    """The embedded AWS of `state_dir`, reachable at `.endpoint` from `start()` to `stop()`; also a context manager.

    Every write that has been answered survives a stop, a kill of the child or of this process, and a power cut. A
    state that cannot be read completely is refused and left as it is. `say` is called with sentences for the user, such
    as that the disk is full. `port` 0 means the previous port if it is free, so that stored queue URLs stay valid, else
    any. Clients must sign with `.keys`, which belong to the directory; `local.embedded.gate` says what is let through.
    Raises ConfigError if ministack is not installed, ChildProcessError if it does not start.
    """

    def __init__(
        self,
        state_dir: Path,
        *,
        port: int = 0,
        python: Path = PYTHON,
        take_over_s: float = TAKE_OVER_S,
        say: Callable[[str], None] = _print_error,
    ) -> None:
        self.state_dir = state_dir.resolve()
        self.endpoint = ""
        self._port = port
        self._python = python
        self._take_over_s = take_over_s
        self._say = say
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def keys(self) -> Keys:
        """The keys of this state directory, made at its first start. Raises ConfigError before that."""
        keys = read_keys(self.state_dir)
        if keys is None:
            raise ConfigError(f"{self.state_dir} has no keys yet: start its AWS first.")
        return keys

    @property
    def environment(self) -> dict[str, str]:
        """Environment variables that point every AWS SDK at this AWS while it runs."""
        return aws_environment(self.endpoint, self.keys)

    @property
    def log_file(self) -> Path:
        """The file that gets the child's warnings and errors."""
        return self.state_dir / "ministack.log"

    @property
    def pid(self) -> int | None:
        """The child's process id, or None when it does not run."""
        return self._process.pid if self._process else None

    def start(self) -> Self:
        """Start the child and return once it answers."""
        if not self._python.exists():
            raise ConfigError(
                f"The embedded AWS is not installed: {self._python} is missing. `make setup` installs it."
            )
        try:
            self._start()
        except OSError as error:
            if isinstance(error, ChildProcessError):
                raise
            self.stop()
            raise ChildProcessError(f"{self.state_dir} cannot be used: {error.strerror or error}.") from None
        return self

    def _start(self) -> None:
        own(self.state_dir)
        (self.state_dir / "s3").mkdir(exist_ok=True)
        kept_keys(self.state_dir)
        with (
            sole_use(self.state_dir, self._take_over_s) as lock_fd,
            listen(self._port or addresses.last_port(self.state_dir), only=bool(self._port)) as listener,
        ):
            port = int(listener.getsockname()[1])
            with self.log_file.open("ab") as log:
                self._process = subprocess.Popen(
                    [self._python, "-I", _CHILD, str(listener.fileno()), str(port), self.state_dir],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    pass_fds=[listener.fileno(), lock_fd],
                    env=_child_environment(self.state_dir),
                    cwd=self.state_dir,
                    start_new_session=True,  # Ctrl-C must not reach it: the state is saved after the workers have ended
                    umask=0o077,  # stories and hashes of tokens are for this user alone
                )
        self.endpoint = f"http://127.0.0.1:{port}"
        sentences = Sentences(self._process.stdout)
        # The socket already listens, so this one request waits in its backlog for the child: no polling needed.
        if not _answers(self.endpoint, START_S):
            status = _ended(self._process)
            self.stop()
            reason = f"no answer in {START_S:.0f} s" if status is None else f"it ended with status {status}"
            message = " ".join(sentences.all())
            raise ChildProcessError(message or f"The embedded AWS did not start: {reason}. Its log is {self.log_file}.")
        sentences.pass_on(self._say)
        addresses.record(self.state_dir, self.endpoint, self._process.pid)

    def stop(self) -> None:
        """Let the child save its state and exit; kill it after `STOP_S`. Calling this twice is harmless."""
        process, self._process = self._process, None
        if process is None:
            return
        with process:
            process.terminate()
            try:
                process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
        addresses.forget(self.state_dir, process.pid)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()


def running_endpoint(state_dir: Path) -> str | None:
    """Return the endpoint of the AWS that runs on `state_dir`, or None unless its process is alive and answers."""
    endpoint, pid = addresses.recorded(state_dir)
    if endpoint is None or pid is None:
        return None
    try:
        os.kill(pid, 0)
    except OSError:
        return None
    return endpoint if _answers(endpoint, 2.0) else None  # the process id may be another's by now


def keys_for(endpoint: str, state_dir: Path) -> Keys | None:
    """Return the keys of the embedded AWS of `state_dir` if `endpoint` is its last known address, else None."""
    recorded = addresses.recorded(state_dir)[0]
    return read_keys(state_dir) if recorded and _same_place(recorded, endpoint) else None


def aws_environment(endpoint: str, keys: Keys | None = None) -> dict[str, str]:
    """Return environment variables that point every AWS SDK at `endpoint` and away from any real account or profile.

    Without `keys` the credentials are test/test, which stand-ins for AWS accept.
    """
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": keys.access_key_id if keys else "test",
        "AWS_SECRET_ACCESS_KEY": keys.secret_access_key if keys else "test",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def _child_environment(state_dir: Path) -> dict[str, str]:
    """Return the child's environment: search path, locale and ministack's switches; no keys, no profile."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL", "TMPDIR", "TZ") if name in os.environ}
    return kept | {"S3_PERSIST": "1", "S3_DATA_DIR": str(state_dir / "s3"), "LOG_LEVEL": "WARNING"}


def _ended(process: "subprocess.Popen[bytes]") -> int | None:
    """Return the exit status of a process, or None if it is still running after a second."""
    try:
        return process.wait(1.0)
    except subprocess.TimeoutExpired:
        return None


def _same_place(one: str, other: str) -> bool:
    """Return whether two URLs lead to the same port of this machine."""
    a, b = urlsplit(one), urlsplit(other)
    local = {"127.0.0.1", "localhost"}
    return a.port == b.port and {a.hostname, b.hostname} <= local


def _answers(endpoint: str, timeout_s: float) -> bool:
    address = urlsplit(endpoint)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=timeout_s)
    try:
        connection.request("GET", _HEALTH)
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
