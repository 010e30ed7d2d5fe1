"""The command line of `python -m infra`: its commands and their arguments."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from infra.stage_parameters import NOWHERE

if TYPE_CHECKING:
    _Commands = argparse._SubParsersAction[argparse.ArgumentParser]  # argparse has no public name for it


def parser(description: str | None) -> argparse.ArgumentParser:
    """Return the parser: of the `command`, its `stage` and `region`, and the arguments of its own."""
    made = argparse.ArgumentParser(prog="python -m infra", description=description)
    commands = made.add_subparsers(dest="command", required=True)
    _add_stage_commands(commands)
    _add_people_commands(commands)
    return made


def _add_stage_commands(commands: "_Commands") -> None:
    deploying = _command(commands, "deploy", "infrastructure, layer, then Chalice")
    deploying.add_argument("--email", help="the address that alarms are sent to")
    deploying.add_argument("--warn", help="the share of the day's budget, in percent, that raises an alarm (80)")
    destroying = _command(commands, "destroy", "remove everything except the tables and the bucket")
    destroying.add_argument("--yes", help="the stage's name again, instead of being asked to confirm")
    packaging = _command(commands, "package", "the deployment archive and its template, without AWS")
    packaging.add_argument("--out", type=Path, default=None)
    packaging.add_argument("--arch", choices=["arm64", "x86_64"], default=None)
    packaging.add_argument("--account", default=NOWHERE, help="render the template as it is sent to this account")
    _command(commands, "secrets", "store the providers' keys in Parameter Store; asks, or reads them from a program")
    smoking = _command(commands, "smoke", "call the deployed API and report what was seen")
    smoking.add_argument("--url", default=None, help="the address to call, such as a custom domain")
    _command(commands, "rollback", "switch all functions back to the previous archive")
    logging = _command(commands, "logs", "the log lines of a task, a story or a request, across functions")
    about = logging.add_mutually_exclusive_group(required=True)
    for name in ("task", "story", "request"):
        about.add_argument(f"--{name}", dest="about", help=f"the id of a {name}")
    logging.add_argument("--hours", type=float, default=24.0)


def _add_people_commands(commands: "_Commands") -> None:
    letting = _command(commands, "token", "print a new bearer token for a user; it cannot be read again")
    letting.add_argument("--name", required=True)
    letting.add_argument("--limit", help="dollars that the user may spend in a month; `none` takes the limit away")
    letting.add_argument("--days", help="how many days the token is valid (for ever)")
    revoking = _command(commands, "revoke", "end all tokens of a user")
    revoking.add_argument("--name", required=True)
    _command(commands, "tokens", "who has access: names, limits, and the day each token was last used")
    listing = _command(commands, "tasks", "a user's stories and tasks: ids, states and times")
    exporting = _command(commands, "export", "write everything that is stored about a user into a folder")
    forgetting = _command(
        commands, "forget", "remove a user's stories, sound and tokens, and their name from the usage"
    )
    for about_a_user in (listing, exporting, forgetting):
        about_a_user.add_argument("--user", required=True, help="the user's name, as in `make token`")
    exporting.add_argument("--out", type=Path, default=None, help="the folder (build/export/<user>)")
    forgetting.add_argument("--yes", help="the user's name again, instead of being asked to confirm")


def _command(commands: "_Commands", name: str, says: str) -> argparse.ArgumentParser:
    """Add a command about one stage and return its parser."""
    command = commands.add_parser(name, help=says)
    command.add_argument("--stage", default="dev", help="which deployment, such as dev or prod")
    command.add_argument("--region", default=None, help="such as eu-central-1; default: the AWS configuration's region")
    return command
