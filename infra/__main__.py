"""The command line behind the Makefile's AWS targets: `python -m infra deploy|destroy|smoke|rollback|...`."""

import argparse
import os
import shutil
import sys
from collections.abc import Callable
from typing import NoReturn

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.errors import StoreUnavailable
from infra import package
from infra.arguments import parser
from infra.chalice_config import stages
from infra.errors import Stopped
from infra.program import services_of
from infra.stage_parameters import ANYWHERE, PROJECT, StageParameters

_CAREFUL = "prod"
"""The stage whose name must be typed in full before it is destroyed."""


def main(arguments: list[str]) -> None:
    """Parse the command line and run one command; exit with status 1 and a sentence on stderr where it fails."""
    chosen = parser(__doc__).parse_args(arguments)
    if chosen.stage not in (known := stages()):
        _stop(f"There is no stage {chosen.stage!r} in .chalice/config.json; there are {', '.join(known)}.")
    try:
        _COMMANDS[chosen.command](chosen)
    except Stopped as stopped:
        _stop(str(stopped))
    except (BotoCoreError, ClientError, StoreUnavailable) as error:
        _stop(_refusal(error))


def _refusal(error: Exception) -> str:
    origin = (error.__cause__ if isinstance(error, StoreUnavailable) else None) or error
    origin = getattr(origin, "cause", None) or origin  # PynamoDB wraps what botocore raised
    if isinstance(origin, ClientError):
        return f"AWS refused {origin.operation_name}: {origin.response['Error'].get('Message') or origin}"
    return f"AWS cannot be reached: {origin}"  # no credentials, or no connection


def _session(chosen: argparse.Namespace) -> boto3.Session:
    """Return a session after printing stage, account and region.

    No region is assumed, since a stage belongs to one: raises Stopped where none is configured.
    """
    region = chosen.region or os.environ.get("AWS_REGION") or boto3.Session().region_name
    if not region:
        raise Stopped("Say which region: REGION=eu-central-1, AWS_REGION, or a region in the AWS configuration.")
    os.environ |= {"AWS_REGION": region, "AWS_DEFAULT_REGION": region}  # read by chalicelib and by chalice
    session = boto3.Session(region_name=region)
    account = session.client("sts").get_caller_identity()["Account"]
    print(f"Stage {chosen.stage}, account {account}, region {region}.", file=sys.stderr, flush=True)
    return session


def _deploy(chosen: argparse.Namespace) -> None:
    from infra.deploy import deploy  # noqa: PLC0415 # imports chalice, which the other commands do not need

    given = {"Stage": chosen.stage, "AlarmEmail": chosen.email, "BudgetWarningPercent": chosen.warn}
    url = deploy(_session(chosen), chosen.stage, {key: value for key, value in given.items() if value})
    print(f"Fireside {chosen.stage}: {url}")


def _destroy(chosen: argparse.Namespace) -> None:
    from infra.deploy import destroy  # noqa: PLC0415

    stage, session = chosen.stage, _session(chosen)
    if chosen.yes is None:
        what = f"the stage's name, {stage}," if stage == _CAREFUL else "yes"
        print(f"This removes Fireside {stage} from AWS: functions, API, queues, logs. The tables and the bucket stay.")
        answer = input(f"Type {what} to continue: ").strip()
        agreed = answer == stage if stage == _CAREFUL else answer.lower() in {"y", "yes", stage}
    else:
        agreed = chosen.yes == stage
    if not agreed:
        _stop("Nothing was removed.")
    destroy(session, stage)
    print(f"Fireside {stage} is gone. Its tables and its bucket stay; the next deploy adopts them again.")


def _package(chosen: argparse.Namespace) -> None:
    """Write the archive, Chalice's template and the stack's template, as `deploy` sends them, without calling AWS."""
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
    services = services_of(_session(chosen), chosen.stage)
    from infra.people import overview  # noqa: PLC0415

    for line in overview(services, chosen.user):
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
        print(f"This permanently removes every story, all sound and the tokens of {chosen.user}.")
    if (chosen.yes or input(f"Type the user's name, {chosen.user}, to continue: ").strip()) != chosen.user:
        _stop("Nothing was removed.")
    for done in forget(services, session.client("s3"), chosen.user):
        print(done)
    print("Backups: tables can be restored for 35 days; Idempotency-Keys are gone within a day.")


def _token(chosen: argparse.Namespace) -> None:
    from chalicelib import issuing  # noqa: PLC0415
    from chalicelib.errors import Invalid  # noqa: PLC0415

    try:
        order = issuing.token_order(chosen.name, chosen.limit, chosen.days)
    except Invalid as error:
        _stop(str(error))
    services = services_of(_session(chosen), chosen.stage)
    token, said = issuing.issue(order, services.tokens, services.user_limits)
    if said:
        print(said, file=sys.stderr, flush=True)
    print(token)


def _revoke(chosen: argparse.Namespace) -> None:
    from chalicelib import issuing  # noqa: PLC0415
    from chalicelib.errors import Invalid  # noqa: PLC0415

    try:
        name = issuing.token_order(chosen.name, None, None).user_id
    except Invalid as error:
        _stop(str(error))
    print(issuing.revoke(name, services_of(_session(chosen), chosen.stage).tokens))


def _tokens(chosen: argparse.Namespace) -> None:
    services = services_of(_session(chosen), chosen.stage)
    from chalicelib import issuing  # noqa: PLC0415

    for line in issuing.listing(services.tokens, services.user_limits, services.runtime.clock):
        print(line)


def _logs(chosen: argparse.Namespace) -> None:
    from infra.logs import lines_about  # noqa: PLC0415

    for line in lines_about(_session(chosen).client("logs"), chosen.stage, chosen.about, chosen.hours):
        print(line)


def _stop(sentence: str) -> NoReturn:
    print(sentence, file=sys.stderr)
    raise SystemExit(1)


_COMMANDS: dict[str, Callable[[argparse.Namespace], None]] = {
    "deploy": _deploy,
    "destroy": _destroy,
    "package": _package,
    "secrets": _secrets,
    "smoke": _smoke,
    "rollback": _rollback,
    "token": _token,
    "revoke": _revoke,
    "tokens": _tokens,
    "logs": _logs,
    "tasks": _tasks,
    "export": _export,
    "forget": _forget,
}
"""What each command of `infra.arguments` runs."""


if __name__ == "__main__":
    main(sys.argv[1:])
