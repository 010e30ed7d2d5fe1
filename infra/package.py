"""The project as `chalice` needs it: a directory with the stage's parameters filled in and the dependencies in vendor/.

The dependencies are installed here and not by Chalice, so that botocore stays out (the runtime has it), only wheels of
the stage's architecture get in, and what the API imports is shipped as byte code. Lambda's file system is read-only, so
otherwise every cold start would compile it again. The SDKs are not compiled: that would make the archive a quarter
larger, to save a second of a worker's minutes.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from chalicelib.naming import encode_tables
from infra.chalice_config import expanded, stage_settings
from infra.errors import Stopped
from infra.page import bundle
from infra.places import put_in_place
from infra.stage_parameters import ANYWHERE, PROJECT, StageParameters

_GLIBC = {"3.11": 26, "3.12": 34, "3.13": 34}
"""Minor version of glibc 2, by Lambda's Python: 3.11 runs on Amazon Linux 2, later ones on Amazon Linux 2023.
https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html"""

_MACHINES = {"x86_64": "x86_64", "arm64": "aarch64"}

_LONG_AGO = 315_619_200
"""2 January 1980, about the earliest time a ZIP file can hold. Every file gets it, so that the same tree always gives
the same archive."""

_IMPORTED = """
import sys
sys.path.insert(0, sys.argv[1])
import app
from chalicelib.observing import Observer
Observer("any")
app.services.story_service, app.services.sweeper, app.services.tokens, app.services.queues, app.services.objects
for module in list(sys.modules.values()):
    print(getattr(module, "__file__", None) or "")
"""

_COMPILED = """
import compileall, json, py_compile, sys
unchecked = py_compile.PycInvalidationMode.UNCHECKED_HASH
for file, base in json.load(sys.stdin):
    compileall.compile_file(file, stripdir=base, quiet=1, invalidation_mode=unchecked)
"""


def architecture(stage: str) -> str:
    """Return the stage's architecture, `arm64` or `x86_64`, from .chalice/config.json."""
    return str(stage_settings(stage)["lambda_architecture"])


def api_stage(stage: str) -> str:
    """Return the name of API Gateway's stage: the last part of the API's URL."""
    return str(stage_settings(stage)["api_gateway_stage"])


def python(stage: str) -> str:
    """Return the stage's Python, such as 3.11, as pinned in .chalice/config.json."""
    return str(stage_settings(stage)["python"])


def check_python(pinned: str, running: tuple[int, int] = sys.version_info[:2]) -> None:
    """Raise Stopped unless this interpreter is the pinned Python.

    Chalice deploys with the runtime of the interpreter that runs it, and byte code and wheels are of that version too:
    on another machine a stage would change its Python without anybody having asked for it.
    """
    this = ".".join(str(part) for part in running)
    if pinned not in _GLIBC:
        raise Stopped(f"python in .chalice/config.json must be one of {', '.join(_GLIBC)}; it is {pinned}.")
    if this != pinned:
        raise Stopped(
            f"The stage runs on Python {pinned}, and this is {this}: run `make clean`, then"
            f" `make setup PYTHON=python{pinned}`, or change the stage's python in .chalice/config.json."
        )


def platforms(pinned: str, arch: str) -> list[str]:
    """Return the wheel platform tags that run on Lambda's Python `pinned`, the best first."""
    machine = _MACHINES[arch]
    # The oldest glibc that wheels name: manylinux1 has 2.5, and arm64 begins with manylinux2014, which has 2.17.
    oldest = 17 if arch == "arm64" else 5
    tags = [f"manylinux_2_{minor}_{machine}" for minor in range(_GLIBC[pinned], oldest - 1, -1)]
    legacy = {"manylinux2014": 17, "manylinux2010": 12, "manylinux1": 5}  # PEP 600
    return tags + [f"{name}_{machine}" for name, minor in legacy.items() if minor >= oldest]


def assemble(
    directory: Path,
    stage_parameters: StageParameters,
    arch: str,
    roles: Mapping[str, str] | None = None,
    *,
    bundled: bool = True,
) -> Path:
    """Make `directory` a Chalice project of the stage and return it; what Chalice stores in .chalice/deployments stays.

    `roles` are the ARNs of the functions' roles, by function. Without them Chalice creates roles of its own.
    Unless `bundled`, the page stays as modules: destroying a stage uploads none of it and must not need Node.
    Raises Stopped where the page cannot be bundled.
    """
    _write_config(directory / ".chalice", stage_parameters, arch, roles or {})
    (directory / "requirements.txt").write_text("# Installed in vendor/ already.\n", encoding="utf-8")
    _copy_program(directory, _dependencies(arch))
    if bundled:
        bundle(directory / "chalicelib" / "web")
    _compile(directory)
    for root, _, files in os.walk(directory):
        for file in files:
            os.utime(Path(root) / file, (_LONG_AGO, _LONG_AGO))
    return directory


def _write_config(chalice: Path, stage_parameters: StageParameters, arch: str, roles: Mapping[str, str]) -> None:
    """Fill the stage's parameters, architecture and `roles` in, and write Chalice's configuration to `chalice`."""
    chalice.mkdir(parents=True, exist_ok=True)
    for source in sorted((PROJECT / ".chalice").glob("*.json")):
        (chalice / source.name).write_text(
            stage_parameters.fill_in(source.read_text(encoding="utf-8")), encoding="utf-8"
        )
    config = expanded(json.loads((chalice / "config.json").read_text(encoding="utf-8")))
    for settings in config["stages"].values():
        settings.pop("python")  # a key of ours that Chalice does not know
        settings.pop("tables", None)
    stage = config["stages"][stage_parameters.stage]
    if stage_parameters.tables:
        stage["environment_variables"]["FIRESIDE_TABLES"] = encode_tables(stage_parameters.tables)
    stage["lambda_architecture"] = arch
    for name, arn in roles.items():
        stage["lambda_functions"][name] |= {"manage_iam_role": False, "iam_role_arn": arn}
    (chalice / "config.json").write_text(json.dumps(config, indent=2), encoding="utf-8")


def _copy_program(directory: Path, dependencies: Path) -> None:
    """Replace what an earlier run left of the program and its dependencies in `directory`."""
    _copy(PROJECT / "app.py", directory / "app.py")
    parts = {
        "chalicelib": PROJECT / "chalicelib",
        "configs": PROJECT / "configs",  # for chalice, which imports app.py from this directory
        "vendor": dependencies,
        "vendor/configs": PROJECT / "configs",  # for Lambda: Chalice ships none of the project's other directories
    }
    for name, source in parts.items():
        # Removed first: a module that was deleted from the project must not be deployed again.
        shutil.rmtree(directory / name, ignore_errors=True)
        shutil.copytree(source, directory / name, ignore=shutil.ignore_patterns("__pycache__"))


_UNUSED = (
    "*.dist-info/RECORD",
    "*.dist-info/sboms/*",
    "**/*.pyi",
    "aws_lambda_powertools/event_handler/**/*",
    "aws_lambda_powertools/utilities/auth_alpha/**/*",
    "aws_lambda_powertools/utilities/batch/**/*",
    "aws_lambda_powertools/utilities/circuit_breaker/**/*",
    "aws_lambda_powertools/utilities/data_classes/**/*",
    "aws_lambda_powertools/utilities/data_masking/**/*",
    "aws_lambda_powertools/utilities/feature_flags/**/*",
    "aws_lambda_powertools/utilities/idempotency/**/*",
    "aws_lambda_powertools/utilities/kafka/**/*",
    "aws_lambda_powertools/utilities/parser/**/*",
    "aws_lambda_powertools/utilities/streaming/**/*",
    "aws_lambda_powertools/utilities/validation/**/*",
    "dateutil/zoneinfo/*.tar.gz",
    "elevenlabs/conversational_ai/**/*",
    "elevenlabs/dubbing/**/*",
    "elevenlabs/studio/**/*",
    "elevenlabs/workspace/**/*",
    "langcodes/data/*",
    "langcodes/tests/*",
)
"""Files of the dependencies that no function reads: a megabyte of the archive, beside Swagger UI's 440 KB. Our times
are in UTC, langcodes reads its registry only when it is built, and ElevenLabs' SDK imports each part of its API when
that is first used."""


def _dependencies(arch: str) -> Path:
    """Return a directory with requirements.txt installed for `arch` and this Python, cached in build/."""
    requirements = PROJECT / "requirements.txt"
    python = f"{sys.version_info.major}.{sys.version_info.minor}"  # the pinned one: `check_python`
    digest = hashlib.sha256(requirements.read_bytes() + "\n".join(_UNUSED).encode()).hexdigest()[:12]
    ready = PROJECT / "build" / "dependencies" / f"{digest}-{python}-{arch}"
    if ready.exists():
        return ready
    # Built beside and moved: an interrupted install must not pass for a complete one.
    being_made = ready.with_suffix(f".{os.getpid()}")
    wheels = [word for platform in platforms(python, arch) for word in ("--platform", platform)]
    command = [sys.executable, "-m", "pip", "install", "-qq", "--disable-pip-version-check", "--require-hashes",
               "--no-deps", "--no-compile", "--only-binary", ":all:", "--implementation", "cp",
               "--python-version", python, *wheels, "--target", str(being_made), "-r", str(requirements)]  # fmt: skip
    subprocess.run(command, check=True)
    shutil.rmtree(being_made / "bin", ignore_errors=True)
    # RECORD also lists the bin/ that was just removed, and type stubs are never imported.
    for unused in (file for pattern in _UNUSED for file in list(being_made.glob(pattern)) if file.is_file()):
        unused.unlink()
    put_in_place(being_made, ready)
    return ready


def _compile(directory: Path) -> None:
    """Write byte code beside what the API imports, unchecked against its source: both come in one archive."""
    project, vendor = directory, directory / "vendor"
    environment = {**os.environ, "AWS_DEFAULT_REGION": ANYWHERE, "PYTHONDONTWRITEBYTECODE": "1"}
    printed = subprocess.run([sys.executable, "-c", _IMPORTED, str(PROJECT)], check=True, capture_output=True,
                             text=True, cwd=PROJECT, env=environment).stdout  # fmt: skip
    # The path without the directory goes into the byte code: tracebacks, and digests, are the same on every machine.
    places = [(file, vendor) for file in _shipped(printed.splitlines(), vendor)]
    places += [(file, project) for file in sorted((project / "chalicelib").rglob("*.py"))]
    # In a new process with a fixed seed: byte code depends on the order of sets and on what is interned in the process.
    subprocess.run(
        [sys.executable, "-c", _COMPILED], check=True, text=True, input=json.dumps(places, default=str),
        env={**environment, "PYTHONHASHSEED": "0"},
    )  # fmt: skip


def _shipped(imported: Iterable[str], vendor: Path) -> Iterable[Path]:
    """Yield the files in `vendor` that correspond to imported modules of site-packages."""
    for file in imported:
        _, found, inside = file.rpartition("/site-packages/")
        if found and inside.endswith(".py") and (vendor / inside).is_file():
            yield vendor / inside


def _copy(source: Path, target: Path) -> None:
    target.write_bytes(source.read_bytes())


def chalice(directory: Path, region: str, *arguments: str) -> None:
    """Run the `chalice` command in the assembled project; raises Stopped if it fails, after Chalice's own output."""
    # PROJECT comes last, for `infra` alone: everything else is found in the assembled directory first.
    program = f"import sys; sys.path.append({str(PROJECT)!r}); from infra.chalice_main import main; sys.exit(main())"
    command = [sys.executable, "-c", program, *arguments]
    environment = {**os.environ, "AWS_DEFAULT_REGION": region, "AWS_REGION": region}
    if subprocess.run(command, cwd=directory, check=False, env=environment).returncode:
        raise Stopped(
            f"chalice {arguments[0]} failed, for the reason above; run the same command again to continue from there."
        )
