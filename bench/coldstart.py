"""`make coldstart`: how long the deployed functions take to their first request, beside the least that is possible.

The archive that would be deployed is unpacked, and each program runs in a new process that sees it, what Lambda's
runtime provides, and nothing else. Two columns: without any byte code, and as deployed, where what the API imports is
compiled in the archive.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.measure import ROOT

RUNS = 9
WANTED = 1.15
MOST_BYTES = 12_000_000
RUNTIME = ("boto3", "botocore", "s3transfer")
"""What Lambda's runtime provides and the archive lacks."""

_CLIENTS = 'boto3.client("dynamodb"); boto3.client("s3"); boto3.client("sqs")'
FLOOR = f"import chalice, boto3\nfrom aws_lambda_powertools import Logger\nLogger(service='floor')\n{_CLIENTS}"
API = "import app\napp.services.story_service, app.services.tokens, app.services.queues, app.services.objects"
WORKER = "import app\napp.services.worker\n"
PROGRAMS = {
    "floor: chalice, three clients of boto3, Powertools Logger": FLOOR,
    "api_handler, bearer": API,
    "write_chapter, with the openai SDK": WORKER + "import openai\napp.services.writing",
    "narrate_chapter, with the elevenlabs SDK": WORKER + "import elevenlabs\nfrom elevenlabs import ElevenLabs",
}
"""Each program runs until the first request could be answered: clients are made, since a request needs them."""

_TIMED = """
import json, sys, time
began = time.perf_counter()
{program}
print(json.dumps({{"seconds": time.perf_counter() - began, "modules": sorted(sys.modules)}}))
"""
HEAVY = ("openai", "elevenlabs", "pydantic", "httpx", "httpx2", "requests")
"""What the API function must never import."""


def main() -> None:
    """Measure, print, and exit with status 1 where a limit is exceeded."""
    console = Console(width=110)
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        size = _unpack(root)
        compiled = _measure(root)
        _without_byte_code(root / "task")
        plain = _measure(root)
    table = Table("median of 9, interleaved", "no byte code", "x floor", "as deployed", "x floor")
    floor = next(iter(PROGRAMS))
    for name in PROGRAMS:
        table.add_row(name, _ms(plain[name]), _of(plain, name, floor), _ms(compiled[name]), _of(compiled, name, floor))
    console.print(table)
    ratio = plain["api_handler, bearer"] / plain[floor]
    console.print(f"API {ratio:.2f} x its floor (target {WANTED}); archive {size / 1e6:.1f} MB (target 12)")
    raise SystemExit(ratio > WANTED or size > MOST_BYTES)


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"


def _of(times: dict[str, float], name: str, floor: str) -> str:
    return f"{times[name] / times[floor]:.2f}"


def _unpack(root: Path) -> int:
    """Unpack the archive to root/task and the runtime's libraries to root/runtime; return the archive's bytes."""
    arch = "arm64" if os.uname().machine in {"arm64", "aarch64"} else "x86_64"
    command = [sys.executable, "-m", "infra", "package", "--stage", "dev", "--arch", arch, "--out", str(root)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    with zipfile.ZipFile(root / "deployment.zip") as archive:
        archive.extractall(root / "task")
    for name in RUNTIME:
        spec = find_spec(name)
        if spec is None or spec.origin is None:
            raise RuntimeError(f"{name} is not installed")
        cached = shutil.ignore_patterns("__pycache__")
        shutil.copytree(Path(spec.origin).parent, root / "runtime" / name, ignore=cached)
    return (root / "deployment.zip").stat().st_size


def _without_byte_code(task: Path) -> None:
    for compiled in list(task.rglob("__pycache__")):
        shutil.rmtree(compiled)


def _measure(root: Path) -> dict[str, float]:
    """Return the median seconds of each program. They take turns, so that a busy moment affects all of them."""
    seconds: dict[str, list[float]] = {name: [] for name in PROGRAMS}
    for _ in range(RUNS):
        for name, program in PROGRAMS.items():
            took, modules = _run(root, program)
            seconds[name].append(took)
            if program is API and (loaded := _heavy(modules)):
                raise RuntimeError(f"the API function imports {', '.join(loaded)}")
    return {name: statistics.median(times) for name, times in seconds.items()}


def _heavy(modules: Iterable[str]) -> list[str]:
    return sorted({module.partition(".")[0] for module in modules} & set(HEAVY))


def _run(root: Path, program: str) -> tuple[float, list[str]]:
    env = {
        "PYTHONPATH": os.pathsep.join([str(root / "task"), str(root / "runtime")]),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PATH": os.environ["PATH"],
        "AWS_LAMBDA_FUNCTION_NAME": "fireside-dev",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "FIRESIDE_STAGE": "dev",
        "OPENAI_API_KEY": "none",
        "ELEVENLABS_API_KEY": "none",
    }
    interpreter = getattr(sys, "_base_executable", sys.executable)  # outside the virtual environment
    command = [interpreter, "-S", "-s", "-c", _TIMED.format(program=program)]
    done = subprocess.run(command, cwd=root / "task", env=env, check=True, capture_output=True, text=True)
    answer = json.loads(done.stdout.splitlines()[-1])
    return float(answer["seconds"]), list(answer["modules"])


if __name__ == "__main__":
    main()
