"""The providers' keys in Parameter Store. They are never echoed, and stored nowhere else."""

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from getpass import getpass
from typing import TYPE_CHECKING, TextIO

from infra.errors import Stopped

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

NEEDED = ("OPENAI_API_KEY", "ELEVENLABS_API_KEY")
NAMES = (*NEEDED, "SPEECH_API_KEY", "WEBHOOK_SECRET")
"""All that can be kept: also the key of a server at SPEECH_BASE_URL, for which few of these ask, and the secret that
webhooks are signed with, where there are any."""


def parameter(stage: str, name: str) -> str:
    """Return the name of a key in Parameter Store."""
    return f"/fireside/{stage}/{name}"


def needed(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Return the names of the keys that a stage with these environment variables needs."""
    return NEEDED[:1] if environment.get("SPEECH_BASE_URL") else NEEDED


def missing(ssm: "SSMClient", stage: str, names: Sequence[str] = NEEDED) -> list[str]:
    """Return the names of the keys that are not in Parameter Store, without decrypting any."""
    # Without decryption: to see whether a key exists needs no right to read it.
    absent = ssm.get_parameters(Names=[parameter(stage, name) for name in names])["InvalidParameters"]
    return [name for name in names if parameter(stage, name) in absent]


def keep(ssm: "SSMClient", stage: str, given: Mapping[str, str]) -> Iterator[str]:
    """Store the given keys; yields for each key what was done with it."""
    for name in NAMES:
        value = given.get(name, "").strip()
        if value:
            ssm.put_parameter(Name=parameter(stage, name), Value=value, Type="SecureString", Overwrite=True)
            yield f"{name}: kept. The functions use it within five minutes."
        elif missing(ssm, stage).count(name):
            yield f"{name}: not given, and not in Parameter Store."
        elif name in NEEDED:
            yield f"{name}: left as it is."


def given(
    stdin: TextIO = sys.stdin, environment: Mapping[str, str] = os.environ, prompt: Callable[[str], str] = getpass
) -> dict[str, str]:
    """Return the keys by name: asked for at a terminal; else from the environment; else from lines NAME=value on stdin.

    An empty value leaves a key as it is. Raises Stopped where there is no terminal and nothing was given.
    """
    # At a terminal a key is typed without an echo; in the command line it would be in the shell's history.
    if stdin.isatty():
        return {name: prompt(f"{name} (empty: leave as it is): ") for name in NAMES}
    # Where a name is in the environment, standard input is not read: it may be a pipe that is never closed.
    named = {name: environment[name] for name in NAMES if environment.get(name, "").strip()}
    if named:
        return named
    lines = dict(_line(number, line) for number, line in enumerate(stdin, 1) if line.strip())
    if not lines:
        raise Stopped(
            f"There is no keyboard to ask for the keys: set {' and '.join(NEEDED)} in the environment, or write lines"
            f" such as {NAMES[0]}=... to standard input."
        )
    return lines


def _line(number: int, line: str) -> tuple[str, str]:
    """Parse one line NAME=value. Raises Stopped with the line's number, not its text: it may hold the key itself."""
    name, found, value = line.strip().partition("=")
    if not found or name.strip() not in NAMES:
        raise Stopped(f"Line {number} of standard input must be {' or '.join(f'{name}=...' for name in NAMES)}.")
    return name.strip(), value.strip()
