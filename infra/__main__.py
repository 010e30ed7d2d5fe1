"""`python -m infra deploy|destroy|package|secrets|token|logs`: what the Makefile's targets of the same names run."""

import argparse
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import boto3

from infra import package
from infra.facts import PROJECT, Facts

_CAREFUL = "prod"
"""The stage whose name must be typed before it is taken down."""


def main(arguments: list[str]) -> None:
    """Carry out one command."""
    parser = argparse.ArgumentParser(prog="python -m infra", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)

    def command(name: str, run: Callable[[argparse.Namespace], None], says: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=says)
        sub.add_argument("--stage", default="dev")
        sub.set_defaults(run=run)
        return sub

    deploying = command("deploy", _deploy, "infrastructure, layer, then Chalice")
    deploying.add_argument("--email", help="who is told of alarms")
    deploying.add_argument("--spend", help="estimated provider cost of a day, in dollars, above which an alarm rings")
    destroying = command("destroy", _destroy, "everything but tables and bucket, gone")
    destroying.add_argument("--yes", help="the stage's name again, instead of being asked for it")
    packaging = command("package", _package, "the deployment archive and its template, without AWS")
    packaging.add_argument("--out", type=Path, default=None)
    packaging.add_argument("--arch", choices=["arm64", "x86_64"], default=None)
    command("secrets", _secrets, "asks for the providers' keys and keeps them in Parameter Store")
    letting = command("token", _token, "prints a bearer token for a user; it cannot be read again")
    letting.add_argument("--name", required=True)
    logging = command("logs", _logs, "one task's log lines, across functions")
    logging.add_argument("--task", required=True)
    logging.add_argument("--hours", type=float, default=24.0)
    chosen = parser.parse_args(arguments)
    if chosen.stage not in package.stages():
        _stop(f"There is no stage {chosen.stage!r} in .chalice/config.json; there are {', '.join(package.stages())}.")
    chosen.run(chosen)


def _deploy(chosen: argparse.Namespace) -> None:
    from infra.deploy import deploy  # noqa: PLC0415 # chalice, which the other commands do without

    given = {"Stage": chosen.stage, "AlarmEmail": chosen.email, "DailySpendLimit": chosen.spend}
    url = deploy(boto3.Session(), chosen.stage, {key: value for key, value in given.items() if value})
    print(f"Fireside {chosen.stage}: {url}")


def _destroy(chosen: argparse.Namespace) -> None:
    from infra.deploy import destroy  # noqa: PLC0415

    stage = chosen.stage
    if chosen.yes is None:
        what = f"the stage's name, {stage}," if stage == _CAREFUL else "yes"
        print(f"This removes Fireside {stage} from AWS: functions, API, queues, logs. Tables and bucket stay.")
        answer = input(f"Type {what} to go on: ").strip()
        agreed = answer == stage if stage == _CAREFUL else answer.lower() in {"y", "yes", stage}
    else:
        agreed = chosen.yes == stage
    if not agreed:
        _stop("Nothing was removed.")
    destroy(boto3.Session(), stage)
    print(f"Fireside {stage} is gone. Its tables and its bucket stay; the next deploy takes them back in.")


def _package(chosen: argparse.Namespace) -> None:
    session = boto3.Session()
    out = (chosen.out or PROJECT / "build" / chosen.stage).resolve()
    arch = chosen.arch or package.architecture(chosen.stage)
    region = session.region_name or "us-east-1"
    facts = Facts.unknown(chosen.stage, region)
    project = package.assemble(PROJECT / "build" / f"package-{chosen.stage}-{arch}", facts, arch)
    made = project / "package"
    shutil.rmtree(made, ignore_errors=True)
    package.chalice(project, region, "package", "--stage", chosen.stage, str(made))
    out.mkdir(parents=True, exist_ok=True)
    for file in made.iterdir():
        shutil.copyfile(file, out / file.name)


def _secrets(chosen: argparse.Namespace) -> None:
    from infra.secrets import ask  # noqa: PLC0415

    for name in ask(boto3.Session().client("ssm"), chosen.stage):
        print(f"{name}: kept. The functions use it within five minutes.")


def _token(chosen: argparse.Namespace) -> None:
    os.environ["FIRESIDE_STAGE"] = chosen.stage  # the program's tables are named when it is imported
    from chalicelib.bootstrap import Services  # noqa: PLC0415
    from chalicelib.errors import Invalid  # noqa: PLC0415

    try:
        print(Services().tokens.issue(chosen.name))
    except Invalid as error:
        _stop(str(error))


def _logs(chosen: argparse.Namespace) -> None:
    from infra.logs import of_task  # noqa: PLC0415

    for line in of_task(boto3.Session().client("logs"), chosen.stage, chosen.task, chosen.hours):
        print(line)


def _stop(sentence: str) -> NoReturn:
    print(sentence, file=sys.stderr)
    raise SystemExit(1)


if __name__ == "__main__":
    main(sys.argv[1:])
