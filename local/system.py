"""Puts the parts of one machine's Fireside together, and takes them apart again in order.

Importing the program reads the environment, so everything here that needs `app` imports it late: first the
environment is prepared, then the program is loaded into it.
"""

import os
import secrets
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from local.aws import EmbeddedAws, aws_environment, keys_for, running_endpoint
from local.tools import put_on_path

if TYPE_CHECKING:
    from chalicelib.bootstrap import Services
    from local.events import EventSources
    from local.gateway import Gateway

ROOT = Path(__file__).resolve().parent.parent
STATE = Path(os.environ.get("FIRESIDE_STATE", ROOT / ".fireside")).resolve()
"""Where the embedded AWS keeps users' work between runs of `make serve`; FIRESIDE_STATE moves it."""

USER = "local"
"""The user whose token LOCAL_TOKEN is: who works on this machine."""

LOOPBACK = ("127.0.0.1", "localhost")

STOP_S = 5.0
"""How long running steps may go on when the workers are asked to stop; what is left is taken up next time."""

Say = Callable[[str], None]

_loaded = False


class System:
    """A running Fireside; use it as a context manager. `say` is told what a person should know."""

    def __init__(self, say: Say = print) -> None:
        self._say = say
        self._stack = ExitStack()

    def __enter__(self) -> "System":
        return self

    def __exit__(self, *_exc: object) -> None:
        self._stack.close()

    def with_aws(self, state: Path = STATE) -> "System":
        """Use AWS_ENDPOINT_URL's AWS, or start the embedded one with its state in `state`."""
        endpoint = os.environ.get("AWS_ENDPOINT_URL")
        if endpoint is None:
            endpoint = self._embedded(state)
        prepare_aws(endpoint, state)
        return self

    def _embedded(self, state: Path) -> str:
        try:
            return self._stack.enter_context(EmbeddedAws(state, say=self._say)).endpoint
        except ChildProcessError:
            endpoint = running_endpoint(state)
            if endpoint is None:
                raise
            self._say("Fireside runs here already: its stories and queues are shared, and end when it is stopped.")
            return endpoint

    def with_providers(self) -> "System":
        """Put ffmpeg on PATH and start the project's own stand-in for every provider without a key."""
        put_on_path(STATE / "bin")
        if not (os.environ.get("OPENAI_API_KEY") or os.environ.get("OPENAI_BASE_URL")):
            from local.author import AuthorServer  # noqa: PLC0415

            author = self._stack.enter_context(AuthorServer())
            os.environ |= {"OPENAI_BASE_URL": author.base_url, "OPENAI_API_KEY": "stand-in"}
            self._say("OPENAI_API_KEY is not set: the stories are written by Fireside's own stand-in author.")
        if not (os.environ.get("ELEVENLABS_API_KEY") or os.environ.get("ELEVENLABS_BASE_URL")):
            from local.narrator import NarratorServer  # noqa: PLC0415

            narrator = self._stack.enter_context(NarratorServer())
            os.environ |= {"ELEVENLABS_BASE_URL": narrator.url, "ELEVENLABS_API_KEY": "stand-in"}
            self._say("ELEVENLABS_API_KEY is not set: the lines are spoken by Fireside's own stand-in narrator.")
        for name in ("OPENAI_API_KEY", "ELEVENLABS_API_KEY"):
            os.environ.setdefault(name, "none")  # a server of one's own that asks for no key
        return self

    def with_workers(self) -> "EventSources":
        """Start the functions' event sources: both queues, the dead letters and the sweeper."""
        # Both SDKs now, in this thread: two seconds of import that the first step need not wait for; and the openai SDK
        # looks whether httpx is loaded, and trips over one that another thread is loading just then.
        from elevenlabs import ElevenLabs, VoiceSettings  # noqa: F401, PLC0415
        from openai import OpenAI  # noqa: F401, PLC0415

        import app  # noqa: PLC0415
        from chalicelib.settings import settings  # noqa: PLC0415
        from chalicelib.store.aws import sqs  # noqa: PLC0415
        from chalicelib.timing import FUNCTION_S  # noqa: PLC0415
        from local.events import EventSources  # noqa: PLC0415

        load()
        sources = EventSources(
            app.app,
            sqs=sqs(),
            queue_url_of=lambda name: sqs().get_queue_url(QueueName=name)["QueueUrl"],
            timeouts=FUNCTION_S,
            clock_scale=clock_scale(),
            region=settings.region,
        )
        sources.start()
        self._stack.callback(sources.stop, STOP_S)
        return sources

    def with_api(self, host: str, port: int, *, open_door: bool = False) -> "Gateway":
        """Start the HTTP API; a taken port is replaced by a free one.

        With `open_door` the page lets a browser on this machine in without signing in, as the user `local`.
        """
        import app  # noqa: PLC0415
        from local.gateway import Gateway  # noqa: PLC0415

        services = load()
        if token := os.environ.get("LOCAL_TOKEN"):
            services.tokens.accept(token, USER)
        if open_door and host in LOOPBACK:
            services.door = token or _kept_token(STATE / "door")
            services.tokens.accept(services.door, USER)
        gateway = Gateway.bind(app.app, host, port)
        gateway.start()
        self._stack.callback(gateway.stop)
        return gateway


def _kept_token(path: Path) -> str:
    """The token in the file `path`, which its owner alone can read; made, whole or not at all, if there is none."""
    if not (path.exists() and path.read_text(encoding="ascii").strip()):
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False, encoding="ascii") as file:  # mode 0600
            file.write(secrets.token_urlsafe(32))
        Path(file.name).replace(path)
    return path.read_text(encoding="ascii").strip()


def clock_scale() -> float:
    """LOCAL_CLOCK_SCALE: what local waiting times are divided by."""
    from chalicelib.errors import ConfigError  # noqa: PLC0415

    text = os.environ.get("LOCAL_CLOCK_SCALE", "1")
    try:
        scale = float(text)
    except ValueError:
        scale = 0.0
    if not 1 <= scale <= 100_000:
        raise ConfigError(f"LOCAL_CLOCK_SCALE must be a number from 1 to 100000; it is {text!r}.")
    return scale


def prepare_aws(endpoint: str, state: Path = STATE) -> None:
    """Point every AWS client of this process at `endpoint`; a region and credentials of the user's own stay.

    The embedded AWS of the state directory takes its own keys alone, so there they replace the user's.
    """
    keys = keys_for(endpoint, state)
    ours = {"AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"} if keys else {"AWS_ENDPOINT_URL"}
    for name, value in aws_environment(endpoint, keys).items():
        if name in ours or name not in os.environ:
            os.environ[name] = value
    if keys:
        os.environ.pop("AWS_SESSION_TOKEN", None)


def load() -> "Services":
    """The program in this environment, with local waiting times, and its tables, queues and bucket made."""
    import app  # noqa: PLC0415
    from chalicelib.bootstrap import Services  # noqa: PLC0415
    from chalicelib.settings import settings  # noqa: PLC0415
    from chalicelib.store.aws import s3, sqs  # noqa: PLC0415
    from chalicelib.timing import Timing  # noqa: PLC0415
    from local.resources import create_missing  # noqa: PLC0415
    from local.tokens import LocalTokens  # noqa: PLC0415

    global _loaded  # noqa: PLW0603 # the program is one module per process, and is prepared once
    if not _loaded:
        app.services = Services(timing=Timing().scaled(clock_scale()))
        app.services.tokens = LocalTokens(app.services.clock)
        create_missing(settings, app.services.timing, sqs(), s3())
        _loaded = True
    return app.services


@contextmanager
def same_aws() -> Iterator[None]:
    """The AWS a running `local serve` uses: AWS_ENDPOINT_URL's, the embedded one that runs, or one started now."""
    if "AWS_ENDPOINT_URL" in os.environ:
        prepare_aws(os.environ["AWS_ENDPOINT_URL"])
        yield
    elif endpoint := running_endpoint(STATE):
        prepare_aws(endpoint)
        yield
    else:
        with EmbeddedAws(STATE) as aws:
            prepare_aws(aws.endpoint)
            yield
