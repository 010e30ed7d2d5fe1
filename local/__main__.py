"""`python -m local COMMAND`: Fireside on this machine. `--help` lists the commands; README explains the first two."""

import argparse
import logging
import os
import sys
from collections.abc import Sequence

from chalicelib.errors import FiresideError, StoreUnavailable
from local.arguments import check_environment, check_writable, order_of, parsed, port_of
from local.aws import running_endpoint
from local.console_log import log_form, log_to_console
from local.loading import load
from local.stopping import StopNow, Stopping
from local.system import STATE, System, same_aws

ACCESS = {"token", "revoke", "tokens"}
"""Commands about who has access; they print what was asked for, and no log."""


def main(arguments: Sequence[str]) -> int:
    """Run a command and return the exit status of the process."""
    options = parsed(arguments)
    try:
        check_environment(os.environ)
        form = log_form(getattr(options, "log", None), os.environ)
        # `run` shows its own progress, so it logs to the console only on request.
        quiet = options.command in {*ACCESS, "voices"} or (options.command == "run" and form is None)
        log_to_console(form or "text", logging.WARNING if quiet else logging.INFO)
        return _command(options)
    except StoreUnavailable as error:
        return _no_aws(error.fault)
    except FiresideError as error:
        return _failed(error, 2)
    except ChildProcessError as error:
        return _failed(error, 1)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        return _failed(f"{where}{error.strerror or error}.", 1)
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        if not isinstance(error, _aws_errors()):
            raise
        return _no_aws(type(error).__name__)


def _command(options: argparse.Namespace) -> int:
    if options.command == "run":
        order = order_of(options)
        check_writable("OUT", order.out)
        check_writable("FIRESIDE_STATE", STATE)
        from local.run import run  # noqa: PLC0415 # only this command needs it

        return run(order, Stopping("Stopping: no further call is paid for.").listen())
    if options.command in ACCESS:
        return _access(options)
    if options.command == "voices":
        return _voices(write=not options.list)
    if options.command in {"api", "worker"} and "AWS_ENDPOINT_URL" not in os.environ:
        endpoint = running_endpoint(STATE)
        if endpoint is None:
            raise FiresideError(
                f"`{options.command}` needs AWS_ENDPOINT_URL, or a `serve` that runs with the same FIRESIDE_STATE; "
                "`serve` brings an AWS of its own."
            )
        os.environ["AWS_ENDPOINT_URL"] = endpoint
    return _until_stopped(options)


def _access(options: argparse.Namespace) -> int:
    """Issue, revoke or list tokens."""
    from chalicelib import issuing  # noqa: PLC0415

    name = getattr(options, "name", None)
    order = None if name is None else issuing.token_order(name, *_terms(options))
    if "AWS_ENDPOINT_URL" not in os.environ:
        check_writable("FIRESIDE_STATE", STATE)
    with same_aws():
        services = load()
        if order is None:
            for line in issuing.listing(services.tokens, services.user_limits, services.runtime.clock):
                print(line)
        elif options.command == "revoke":
            print(issuing.revoke(order.user_id, services.tokens))
        else:
            token, said = issuing.issue(order, services.tokens, services.user_limits)
            if said:
                print(said, file=sys.stderr, flush=True)  # the token alone is the output
            print(token)
    return 0


def _voices(*, write: bool) -> int:
    """List the account's voices, and make a configuration of them where configured ones are missing."""
    from rich.console import Console  # noqa: PLC0415

    from local.providers import missing_providers  # noqa: PLC0415
    from local.voices import voices  # noqa: PLC0415

    check_writable("FIRESIDE_STATE", STATE)
    with same_aws(), missing_providers() as sentences:
        for sentence in sentences:
            if "ELEVENLABS" in sentence or "SPEECH" in sentence:
                print(sentence, flush=True)
        return voices(load(), Console(highlight=False, markup=False, emoji=False, soft_wrap=True), write=write)


def _terms(options: argparse.Namespace) -> tuple[str | None, str | None]:
    return getattr(options, "limit", None), getattr(options, "days", None)


def _until_stopped(options: argparse.Namespace) -> int:
    port = port_of(options) if options.command != "worker" else 0
    check_writable("FIRESIDE_STATE", STATE)
    stopping = Stopping().listen()
    with System(lambda text: print(text, flush=True), options.command, stopping) as system:
        system.with_aws()
        if options.command != "api":
            system.with_engine()
            print("Workers are waiting for steps.", flush=True)
        if options.command != "worker":
            gateway = system.with_api(options.host, port, open_door=options.command == "serve")
            print(f"Fireside is listening on {gateway.url}", flush=True)
            print("Open it in a browser; a token for other programs: .venv/bin/python -m local token NAME", flush=True)
        stopping.wait()
    return 0


def _aws_errors() -> tuple[type[Exception], ...]:
    """Return the exceptions of the AWS clients that this package uses itself; empty if they have not been loaded.

    A client that has not been loaded cannot have raised anything.
    """
    if "chalicelib.store.outage" not in sys.modules:
        return ()
    from chalicelib.store.outage import STORE_ERRORS  # noqa: PLC0415

    return STORE_ERRORS


def _no_aws(fault: str) -> int:
    endpoint = os.environ.get("AWS_ENDPOINT_URL", "AWS")
    return _failed(f"{endpoint} does not answer as AWS does ({fault}).", 1)


def _failed(error: object, status: int) -> int:
    print(f"fireside: {error}", file=sys.stderr)
    return status


if __name__ == "__main__":
    try:
        status = main(sys.argv[1:])
    except StopNow as now:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(now.status)  # a normal exit would wait for threads, which may wait a minute for a provider
    sys.exit(status)
