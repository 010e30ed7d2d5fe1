"""Lambda functions from the deployment archive: real processes of AWS's own runtime client (awslambdaric).

A process sees the unpacked archive, what Lambda's runtime provides (awslambdaric, boto3), and nothing else.
"""

import importlib.util
import json
import os
import queue
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Mapping
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NoAnswer
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

RUNTIME = ("awslambdaric", "runtime_client", "snapshot_restore_py", "simplejson", "boto3", "botocore", "s3transfer")


class FunctionFailed(Exception):
    """An invocation that ended without a result: it raised, its process died, or it timed out."""


def link_runtime(directory: Path) -> Path:
    """Return a directory with what the runtime has on its own path, linked from the installed packages."""
    directory.mkdir()
    for name in RUNTIME:
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.origin is not None:
            origin = Path(spec.origin)
            source = origin.parent if origin.name == "__init__.py" else origin
            (directory / source.name).symlink_to(source)
    return directory


class Instance:
    """One execution environment: a process, and the runtime API that it polls for work."""

    def __init__(self, handler: str, archive: Path, env: Mapping[str, str]) -> None:
        self._handler, self._archive, self._env = handler, archive, dict(env)
        self._work: queue.Queue[tuple[str, dict[str, Any], float] | None] = queue.Queue()
        self._answers: dict[str, Future[Any]] = {}
        self.output = archive.parent / f"{uuid.uuid4().hex}.log"
        instance = self

        class Api(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                work = instance._work.get()
                if work is None:  # the process that polled has been killed
                    self.close_connection = True
                    return
                request_id, event, deadline = work
                body = json.dumps(event).encode()
                self.send_response(200)
                for name, value in {
                    "Lambda-Runtime-Aws-Request-Id": request_id,
                    "Lambda-Runtime-Deadline-Ms": str(int(deadline * 1000)),
                    "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:us-east-1:000000000000:function:f",
                    "Content-Type": "application/json",
                    "Content-Length": str(len(body)),
                }.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                *_, request_id, kind = self.path.split("/")
                answer = instance._answers.get(request_id)
                if answer is not None and not answer.done():
                    if kind == "response":
                        answer.set_result(json.loads(body or b"null"))
                    else:
                        answer.set_exception(FunctionFailed(body.decode()))
                self.send_response(202)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                """Log nothing."""

        self._api = ThreadingHTTPServer(("127.0.0.1", 0), Api)
        self._api.daemon_threads = True
        threading.Thread(target=self._api.serve_forever, daemon=True).start()
        self._process: subprocess.Popen[bytes] | None = None

    def invoke(self, event: dict[str, Any], timeout_s: float, limit_s: float) -> Any:
        """Return the handler's result; raises FunctionFailed.

        The function is told that it has `timeout_s`; after `limit_s` its process is killed, as Lambda does.
        """
        if self._process is None or self._process.poll() is not None:
            self._process = self._start()
        process = self._process
        request_id, answer = str(uuid.uuid4()), Future[Any]()
        self._answers[request_id] = answer
        limit = time.time() + limit_s
        self._work.put((request_id, event, time.time() + timeout_s))
        while True:
            try:
                return answer.result(timeout=0.05)
            except NoAnswer:
                if process.poll() is not None:
                    raise FunctionFailed("the process has died") from None
                if time.time() > limit:
                    self.kill()
                    raise FunctionFailed("the invocation timed out") from None

    def kill(self) -> None:
        """Kill the process."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
            waiting, self._work = self._work, queue.Queue()
            waiting.put(None)

    def close(self) -> None:
        """Kill the process and stop the runtime API."""
        self.kill()
        self._api.shutdown()
        self._api.server_close()

    def _start(self) -> "subprocess.Popen[bytes]":
        env = {
            **self._env,
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{self._api.server_address[1]}",
            "AWS_LAMBDA_FUNCTION_NAME": f"fireside-dev-{self._handler}",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "LAMBDA_TASK_ROOT": str(self._archive),
            "PYTHONPATH": os.pathsep.join([str(self._archive), str(self._archive.parent / "runtime")]),
            "PYTHONDONTWRITEBYTECODE": "1",
            "TZ": "UTC",
        }
        command = [sys._base_executable, "-S", "-s", "-m", "awslambdaric", f"app.{self._handler}"]  # type: ignore[attr-defined]
        with self.output.open("ab") as log:
            return subprocess.Popen(command, cwd=self._archive, env=env, stdout=log, stderr=log)


class Function:
    """A deployed function: as many instances as may run concurrently."""

    def __init__(self, handler: str, archive: Path, env: Mapping[str, str], timeout_s: float, at_once: int = 1) -> None:
        self.timeout_s = timeout_s
        self.limit_s: float | None = None
        self.ended_one = threading.Event()
        self.instances = [Instance(handler, archive, env) for _ in range(at_once)]
        self._free: queue.Queue[Instance] = queue.Queue()
        for instance in self.instances:
            self._free.put(instance)

    def invoke(self, event: dict[str, Any]) -> Any:
        """Invoke a free instance; raises FunctionFailed."""
        instance = self._free.get()
        try:
            return instance.invoke(event, self.timeout_s, self.timeout_s if self.limit_s is None else self.limit_s)
        except FunctionFailed:
            self.ended_one.set()
            raise
        finally:
            self._free.put(instance)

    @property
    def output(self) -> str:
        """The output of all its processes, in whole lines."""
        printed = [one.output.read_text() for one in self.instances if one.output.exists()]
        return "".join(text[: text.rfind("\n") + 1] for text in printed)

    def close(self) -> None:
        """End all instances."""
        for instance in self.instances:
            instance.close()
