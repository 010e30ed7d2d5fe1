"""The command line of `python -m local`: its options, and what is checked before anything is started."""

import argparse
import os
import socket
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from chalicelib.errors import ConfigError, Invalid
from local.console_log import log_form

MOST_CHAPTERS = 50
MOST_PROMPT = 4000
MOST_PORT = 65_535

_ENVIRONMENT = """\
environment:
  OPENAI_API_KEY, OPENAI_BASE_URL          the author; without both, Fireside's own stand-in
  ELEVENLABS_API_KEY, ELEVENLABS_BASE_URL  the narrator; without both, Fireside's own stand-in
  SPEECH_BASE_URL, SPEECH_API_KEY          another narrator: a server with OpenAI's /audio/speech, instead of ElevenLabs
  WEBHOOK_SECRET                           what webhooks are signed with (whsec_...); without it none is told
  FIRESIDE_STATE                           the state directory: stories, sound, what was paid for (.fireside)
  AWS_ENDPOINT_URL                         another AWS than the embedded one of the state directory
  LOCAL_TOKEN                              a bearer token of the user `local`, valid while it is set
  FIRESIDE_LOG                             text or json: the form of the log
  LOCAL_CLOCK_SCALE                        1 to 100000: waiting times are divided by it (1)
"""

_RUN = """\
Makes one story from PROMPT and leaves it in OUT/<story>/: 01-<title>.mp3 ... and story.json, each chapter as soon
as it is ready. The exit status is 0 only when every chapter is there.

What was paid for is kept in the state directory. Running it again with the same PROMPT and CHAPTERS continues an
unfinished story; for a finished one, files missing from OUT are written again and nothing is bought. --new begins
another story. Ctrl-C cancels, keeps what was made and says how to go on; a second Ctrl-C does not wait for running
calls.

exit status: 0 every chapter is there; 1 it could not be finished; 2 an option is wrong; 130, 143 it was stopped
"""

_VOICES = """\
Asks the narrator which voices the account has, which is free of charge, and says which configured ones it lacks. Where
some are missing, configs/voices_config.json gets voices that are there: those configured that are, the nearest in place
of each missing one, and others that may be given to characters. The file as it was stays beside it.

exit status: 0 the configured voices are there now; 1 the narrator could not be asked, or says too little of its voices
"""

_ALONE = "{} alone, on AWS_ENDPOINT_URL's AWS, or on that of a `serve` with the same FIRESIDE_STATE."


def parser() -> argparse.ArgumentParser:
    """Return the parser of all commands.

    It leaves values as text: `order_of` and `port_of` check them, so that all errors are worded alike.
    """
    main_parser = argparse.ArgumentParser(
        prog="python -m local", description="Fireside on this machine.", epilog="COMMAND --help explains its options."
    )
    commands = main_parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, summary: str, description: str) -> argparse.ArgumentParser:
        return commands.add_parser(
            name,
            help=summary,
            description=description,
            epilog=_ENVIRONMENT,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )

    run = command("run", "make one story from a prompt", _RUN)
    run.add_argument("--prompt", required=True, help=f"what the story is about: 1 to {MOST_PROMPT} characters")
    run.add_argument("--chapters", default="3", help=f"how many chapters: 1 to {MOST_CHAPTERS} (3)")
    run.add_argument("--out", default="out", help="the folder that gets a folder for the story (out)")
    run.add_argument("--new", action="store_true", help="begin another story, also where PROMPT has been used before")
    run.add_argument("--log", help="text or json: print the log as well, to standard error")
    serve = command("serve", "the page and the API, with the workers", "API, page and workers in one process.")
    api = command("api", "the API alone, on the AWS of a `serve`", _ALONE.format("API and page"))
    worker = command("worker", "the workers alone, on the AWS of a `serve`", _ALONE.format("The workers"))
    for listening in (serve, api):
        listening.add_argument("--host", default="127.0.0.1", help="the address to listen on (127.0.0.1)")
        listening.add_argument(
            "--port", default="8000", help=f"the port, 0 to {MOST_PORT}; 0, and a taken one, become a free one (8000)"
        )
    for logging in (serve, api, worker):
        logging.add_argument("--log", help="text or json: the form of the log on standard error (text)")
    voices = command("voices", "list the narrator's voices, and configure those there are", _VOICES)
    voices.add_argument("--list", action="store_true", help="only list them, and change nothing")
    token = command("token", "print a bearer token for a user", "Prints a new bearer token; it cannot be shown again.")
    token.add_argument("--limit", help="dollars that the user may spend in a month; `none` takes the limit away")
    token.add_argument("--days", help="how many days the token is valid (for ever)")
    revoke = command("revoke", "end all tokens of a user", "Ends all tokens of a user; their stories stay.")
    for naming in (token, revoke):
        naming.add_argument("name", metavar="NAME", help="the user: 1 to 64 letters, digits, hyphens and underscores")
    command("tokens", "list who has access", "Lists all tokens by user: limits, days, and when each was last used.")
    return main_parser


@dataclass(frozen=True, slots=True)
class Order:
    """The story that `run` is to make, as given on the command line."""

    prompt: str
    chapters: int
    out: Path
    new: bool = False


def order_of(options: argparse.Namespace) -> Order:
    """Return the story that `run` is asked for. Raises Invalid."""
    prompt = str(options.prompt)
    if not prompt.strip():
        raise Invalid(f"PROMPT must say what the story is about: 1 to {MOST_PROMPT} characters; it is empty.")
    if len(prompt) > MOST_PROMPT:
        raise Invalid(f"PROMPT must be 1 to {MOST_PROMPT:,} characters; it has {len(prompt):,}.")
    if any("\ud800" <= character <= "\udfff" for character in prompt):  # how Python represents undecodable arguments
        raise Invalid("PROMPT must be text in UTF-8; it holds other bytes.")
    chapters = whole_number("CHAPTERS", str(options.chapters), 1, MOST_CHAPTERS)
    if not options.out:
        raise Invalid("OUT must be a folder; it is empty.")
    return Order(prompt, chapters, Path(options.out), options.new)


def port_of(options: argparse.Namespace) -> int:
    """Return the port to listen on. Raises Invalid for a bad port, and for a host that nothing can listen on."""
    if not options.host.strip():
        raise Invalid("HOST must be an address of this machine; it is empty.")
    port = whole_number("PORT", str(options.port), 0, MOST_PORT)
    with socket.socket() as trial:
        try:
            trial.bind((options.host, 0))
        except (OSError, UnicodeError) as error:
            why = getattr(error, "strerror", None) or "no such name"
            raise Invalid(f"HOST must be an address of this machine; {options.host} is not: {why}.") from error
    return port


def whole_number(name: str, text: str, least: int, most: int) -> int:
    """Return `text` as a whole number. Raises Invalid unless it is one from `least` to `most`."""
    plain = text.strip()
    if not (plain.isascii() and plain.isdigit() and least <= int(plain[:9]) <= most and len(plain) <= 9):
        raise Invalid(f"{name} must be {least} to {most}; it is {plain or 'empty'}.")
    return int(plain)


def check_environment(environment: Mapping[str, str]) -> None:
    """Raise ConfigError if a variable has a value that no command can work with."""
    from chalicelib.settings import Settings  # noqa: PLC0415

    Settings.from_env(environment)
    log_form(None, environment)
    clock_scale(environment)
    endpoint = environment.get("AWS_ENDPOINT_URL")
    if endpoint is None:
        return
    try:
        parts = urlsplit(endpoint)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise ConfigError(f"AWS_ENDPOINT_URL must be an address such as http://127.0.0.1:4566; it is {endpoint!r}.")


def clock_scale(environment: Mapping[str, str] = os.environ) -> float:
    """Return LOCAL_CLOCK_SCALE, the factor that local waiting times are divided by. Raises ConfigError."""
    text = environment.get("LOCAL_CLOCK_SCALE", "1")
    try:
        scale = float(text)
    except ValueError:
        scale = 0.0
    if not 1 <= scale <= 100_000:
        raise ConfigError(f"LOCAL_CLOCK_SCALE must be a number from 1 to 100000; it is {text!r}.")
    return scale


def check_writable(name: str, folder: Path) -> None:
    """Create `folder` if it is missing. Raises ConfigError if no file can be created in it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise ConfigError(f"{name} must be a folder one can write to; {folder} is not: {error.strerror}.") from error


def unusable(host: str, port: int) -> str:
    """Return why nothing can listen on a port, to follow "Port N is": missing privileges, or else "taken"."""
    with socket.socket() as trial, suppress(OSError):
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, port))
        except PermissionError:
            return "not for every user to listen on"
    return "taken"


def parsed(arguments: Sequence[str]) -> argparse.Namespace:
    """Return the options of a command line. Exits with status 2 if the command line is not understood."""
    return parser().parse_args(arguments)
