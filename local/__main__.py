"""`python -m local serve | api | worker | token NAME | run`: Fireside on this machine. See README."""

import argparse
import logging
import os
import signal
import sys
import threading
from collections.abc import Sequence

from chalicelib.errors import FiresideError
from local.aws import running_endpoint
from local.system import STATE, System, load, same_aws


def main(arguments: Sequence[str]) -> int:
    """Run a command; the process's exit status."""
    parser = argparse.ArgumentParser(prog="python -m local", description="Fireside on this machine.")
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser("serve", help="API and workers in one process")
    api = commands.add_parser("api", help="the API alone, against AWS_ENDPOINT_URL")
    for command in (serve, api):
        command.add_argument("--host", default="127.0.0.1")
        command.add_argument("--port", type=int, default=8000)
    commands.add_parser("worker", help="the workers alone, against AWS_ENDPOINT_URL")
    token = commands.add_parser("token", help="print a bearer token for a user")
    token.add_argument("name")
    run = commands.add_parser("run", help="make one story from a prompt")
    run.add_argument("--prompt", required=True)
    run.add_argument("--chapters", type=int, default=3)
    run.add_argument("--out", default="out")
    options = parser.parse_args(arguments)
    # HTTP libraries log signed URLs at INFO; those are as good as a key while they last.
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr)
    if options.command != "run":  # there a progress bar says what happens
        logging.getLogger("fireside").setLevel(logging.INFO)
    try:
        return _command(options)
    except FiresideError as error:
        print(f"fireside: {error}", file=sys.stderr)
        return 2
    except ChildProcessError as error:
        print(f"fireside: {error}", file=sys.stderr)
        return 1


def _command(options: argparse.Namespace) -> int:
    if options.command == "run":
        from local.run import run  # noqa: PLC0415

        return run(options.prompt, options.chapters, options.out)
    if options.command == "token":
        with same_aws():
            print(load().tokens.issue(options.name))
        return 0
    if options.command in {"api", "worker"} and "AWS_ENDPOINT_URL" not in os.environ:
        endpoint = running_endpoint(STATE)
        if endpoint is None:
            raise FiresideError(
                f"`{options.command}` needs AWS_ENDPOINT_URL, or a `serve` that runs with the same FIRESIDE_STATE; "
                "`serve` brings an AWS of its own."
            )
        os.environ["AWS_ENDPOINT_URL"] = endpoint
    return _until_stopped(options)


def _until_stopped(options: argparse.Namespace) -> int:
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    with System(lambda text: print(text, flush=True)) as system:
        system.with_aws()
        if options.command != "api":
            system.with_providers()
            system.with_workers()
            print("Workers are waiting for steps.", flush=True)
        if options.command != "worker":
            serving = options.command == "serve"
            gateway = system.with_api(options.host, options.port, open_door=serving)
            if gateway.port != options.port:
                print(f"Port {options.port} is taken.", flush=True)
            print(f"Fireside is listening on {gateway.url}", flush=True)
            print("Open it in a browser; a token for other programs: .venv/bin/python -m local token NAME", flush=True)
        stopping.wait()
        print("Stopping.", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
