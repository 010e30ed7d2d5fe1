"""`python -m infra deploy|destroy|smoke|rollback|...`: what the Makefile's targets of the same names run."""

import argparse
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from infra import package
from infra.errors import Stopped
from infra.program import services_of
from infra.stage_parameters import ANYWHERE, NOWHERE, PROJECT, StageParameters

_CAREFUL = "prod"
"""The stage whose name must be typed before it is taken down."""


def main(arguments: list[str]) -> None:
    """Carry out one command."""
    parser = argparse.ArgumentParser(prog="python -m infra", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)

    def command(name: str, run: Callable[[argparse.Namespace], None], says: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=says)
        sub.add_argument("--stage", default="dev", help="which deployment, such as dev or prod")
        sub.add_argument("--region", default=None, help="such as eu-central-1; the AWS configuration's otherwise")
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
    packaging.add_argument("--account", default=NOWHERE, help="for the template exactly as it is sent to this account")
    command("secrets", _secrets, "keeps the providers' keys in Parameter Store; asks, or takes them from a program")
    smoking = command("smoke", _smoke, "calls what was deployed, and says what it saw")
    smoking.add_argument("--url", default=None, help="where it is called, such as a domain of its own")
    command("rollback", _rollback, "all functions run the archive before")
    letting = command("token", _token, "prints a bearer token for a user; it cannot be read again")
    letting.add_argument("--name", required=True)
    logging = command("logs", _logs, "the log lines of a task, a story or a request, across functions")
    about = logging.add_mutually_exclusive_group(required=True)
    for name in ("task", "story", "request"):
        about.add_argument(f"--{name}", dest="about", help=f"the id of a {name}")
    logging.add_argument("--hours", type=float, default=24.0)
    for name, run, says in (
        ("tasks", _tasks, "a user's stories and tasks: ids, states and times"),
        ("export", _export, "writes everything that is kept of a user into a folder"),
        ("forget", _forget, "removes a user's stories, sound and tokens, and their name from the usage"),
    ):
        command(name, run, says).add_argument("--user", required=True, help="the user's name, as in `make token`")
    commands.choices["export"].add_argument("--out", type=Path, default=None, help="the folder (build/export/<user>)")
    commands.choices["forget"].add_argument("--yes", help="the user's name again, instead of being asked for it")
    chosen = parser.parse_args(arguments)
    if chosen.stage not in package.stages():
        _stop(f"There is no stage {chosen.stage!r} in .chalice/config.json; there are {', '.join(package.stages())}.")
    try:
        chosen.run(chosen)
    except Stopped as stopped:
        _stop(str(stopped))
    except ClientError as error:
        _stop(f"AWS refused {error.operation_name}: {error.response['Error'].get('Message') or error}")
    except BotoCoreError as error:  # no credentials, no way to AWS
        _stop(f"AWS cannot be asked: {error}")


def _session(chosen: argparse.Namespace) -> boto3.Session:
    """The way to AWS, said before anything happens. No region is assumed: a stage belongs to one."""
    region = chosen.region or os.environ.get("AWS_REGION") or boto3.Session().region_name
    if not region:
        raise Stopped("Say which region: REGION=eu-central-1, AWS_REGION, or a region in the AWS configuration.")
    os.environ |= {"AWS_REGION": region, "AWS_DEFAULT_REGION": region}  # for the program and for chalice
    session = boto3.Session(region_name=region)
    account = session.client("sts").get_caller_identity()["Account"]
    print(f"Stage {chosen.stage}, account {account}, region {region}.", file=sys.stderr, flush=True)
    return session


def _deploy(chosen: argparse.Namespace) -> None:
    from infra.deploy import deploy  # noqa: PLC0415 # chalice, which the other commands do without

    given = {"Stage": chosen.stage, "AlarmEmail": chosen.email, "DailySpendLimit": chosen.spend}
    url = deploy(_session(chosen), chosen.stage, {key: value for key, value in given.items() if value})
    print(f"Fireside {chosen.stage}: {url}")


def _destroy(chosen: argparse.Namespace) -> None:
    from infra.deploy import destroy  # noqa: PLC0415

    stage, session = chosen.stage, _session(chosen)
    if chosen.yes is None:
        what = f"the stage's name, {stage}," if stage == _CAREFUL else "yes"
        print(f"This removes Fireside {stage} from AWS: functions, API, queues, logs. Tables and bucket stay.")
        answer = input(f"Type {what} to go on: ").strip()
        agreed = answer == stage if stage == _CAREFUL else answer.lower() in {"y", "yes", stage}
    else:
        agreed = chosen.yes == stage
    if not agreed:
        _stop("Nothing was removed.")
    destroy(session, stage)
    print(f"Fireside {stage} is gone. Its tables and its bucket stay; the next deploy takes them back in.")


def _package(chosen: argparse.Namespace) -> None:
    """The archive, Chalice's template, and the stack's as `deploy` sends it."""
    from infra.template import render  # noqa: PLC0415

    package.check_python(package.python(chosen.stage))
    out = (chosen.out or PROJECT / "build" / chosen.stage).resolve()
    arch = chosen.arch or package.architecture(chosen.stage)
    region = chosen.region or os.environ.get("AWS_REGION") or boto3.Session().region_name or ANYWHERE
    stage_parameters = StageParameters.of(chosen.stage, region, chosen.account)
    project = package.assemble(PROJECT / "build" / f"package-{chosen.stage}-{arch}", stage_parameters, arch)
    made = project / "package"
    shutil.rmtree(made, ignore_errors=True)
    package.chalice(project, region, "package", "--stage", chosen.stage, str(made))
    out.mkdir(parents=True, exist_ok=True)
    for file in made.iterdir():
        shutil.copyfile(file, out / file.name)
    partition = boto3.Session().get_partition_for_region(region)
    (out / "stack.json").write_text(render(stage_parameters, partition), encoding="utf-8")
    print(f"{out}: archive and templates of stage {chosen.stage} for account {chosen.account}, region {region}.")


def _secrets(chosen: argparse.Namespace) -> None:
    from infra.secrets import given, keep  # noqa: PLC0415

    for line in keep(_session(chosen).client("ssm"), chosen.stage, given()):
        print(line)


def _smoke(chosen: argparse.Namespace) -> None:
    from infra.reconcile import find_api  # noqa: PLC0415
    from infra.smoke import smoke  # noqa: PLC0415

    session = _session(chosen)
    url = chosen.url
    if url is None:
        found = find_api(session, chosen.stage, package.api_stage(chosen.stage))
        if found is None:
            raise Stopped(f"The stage {chosen.stage} has no API in {session.region_name}: deploy it first.")
        url = found["rest_api_url"]
    tokens = services_of(session, chosen.stage).tokens
    token = tokens.issue("smoke")
    failed = False
    try:
        for check in smoke(url, token):
            failed |= not check.ok
            print(f"{'ok    ' if check.ok else 'FAILED'} {check.name} ({check.saw})", flush=True)
    finally:
        tokens.revoke(token)
    print(f"ok     token made and revoked ({url})")
    if failed:
        _stop(f"The stage {chosen.stage} does not work as it should.")


def _rollback(chosen: argparse.Namespace) -> None:
    from infra.archives import rollback  # noqa: PLC0415
    from infra.stack import StageStack  # noqa: PLC0415

    session = _session(chosen)
    outputs = StageStack(session.client("cloudformation"), chosen.stage).outputs()
    if "Bucket" not in outputs:
        raise Stopped(f"There is no stage {chosen.stage} in {session.region_name}: deploy it first.")
    rollback(session, chosen.stage, outputs["Bucket"], print)


def _tasks(chosen: argparse.Namespace) -> None:
    services_of(_session(chosen), chosen.stage)
    from infra.people import overview  # noqa: PLC0415

    for line in overview(chosen.user):
        print(line)


def _export(chosen: argparse.Namespace) -> None:
    services = services_of(_session(chosen), chosen.stage)
    from infra.people import export  # noqa: PLC0415

    out = (chosen.out or PROJECT / "build" / "export" / chosen.user).resolve()
    for written in export(services, chosen.user, out):
        print(written)


def _forget(chosen: argparse.Namespace) -> None:
    session = _session(chosen)
    services = services_of(session, chosen.stage)
    from infra.people import forget  # noqa: PLC0415

    if chosen.yes is None:
        print(f"This removes every story, all sound and the tokens of {chosen.user} for good.")
    if (chosen.yes or input(f"Type the user's name, {chosen.user}, to go on: ").strip()) != chosen.user:
        _stop("Nothing was removed.")
    for done in forget(services, session.client("s3"), chosen.user):
        print(done)
    print("Backups: tables can be restored for 35 days; Idempotency-Keys are gone within a day.")


def _token(chosen: argparse.Namespace) -> None:
    tokens = services_of(_session(chosen), chosen.stage).tokens
    from chalicelib.errors import Invalid  # noqa: PLC0415

    try:
        print(tokens.issue(chosen.name))
    except Invalid as error:
        _stop(str(error))


def _logs(chosen: argparse.Namespace) -> None:
    from infra.logs import lines_about  # noqa: PLC0415

    for line in lines_about(_session(chosen).client("logs"), chosen.stage, chosen.about, chosen.hours):
        print(line)


def _stop(sentence: str) -> NoReturn:
    print(sentence, file=sys.stderr)
    raise SystemExit(1)


if __name__ == "__main__":
    main(sys.argv[1:])
