"""Composition of a local Fireside: its parts are started, and stopped again in reverse order.

Importing `app` reads the environment, so it is imported late, after the environment has been prepared.
"""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from chalicelib.errors import FiresideError
from local.arguments import clock_scale, unusable
from local.aws import START_S, EmbeddedAws, aws_environment, keys_for, running_endpoint
from local.loading import load
from local.ownership import Ownership, WorkersAlive
from local.providers import missing_providers
from local.scratch import own_scratch
from local.stopping import Stopping
from local.tools import put_on_path

if TYPE_CHECKING:
    from local.events import EventSources
    from local.gateway import Gateway

ROOT = Path(__file__).resolve().parent.parent
STATE = Path(os.environ.get("FIRESIDE_STATE", ROOT / ".fireside")).resolve()
"""The directory in which the embedded AWS stores users' work; FIRESIDE_STATE moves it."""

USER = "local"
"""The user of this machine, whose bearer token LOCAL_TOKEN is."""

LOOPBACK = ("127.0.0.1", "localhost")

QUIET_S = 0.5
"""Seconds the workers may take to stop before the user is told why it takes longer."""

LOOK_S = 0.2
"""Seconds between two checks, by a process that has joined another one's AWS, whether that process has ended."""

Say = Callable[[str], None]


class System:
    """A running Fireside; use it as a context manager. `say` is called with sentences for the user.

    One process runs the AWS and the workers of a state directory. A second process on the same directory joins it: its
    stories are made by the first one's workers, with the first one's keys. When the first ends, the second takes over.
    """

    def __init__(self, say: Say = print, command: str = "serve", stopping: Stopping | None = None) -> None:
        self._say = say
        self._command = command
        self._stopping = stopping
        self._stack = ExitStack()
        self._closing = threading.Event()
        self._owner: Ownership | None = None
        self._state: Path | None = None
        self._taking_over: threading.Thread | None = None

    def __enter__(self) -> "System":
        return self

    def __exit__(self, *_exc: object) -> None:
        self._closing.set()
        if self._taking_over is not None and self._taking_over.ident is not None:
            self._taking_over.join()  # it must not start anything while the rest is being stopped
        self._stack.close()

    def with_aws(self, state: Path = STATE) -> "System":
        """Use the AWS at AWS_ENDPOINT_URL, or else the embedded one of `state`: start it, or join one that runs."""
        endpoint = os.environ.get("AWS_ENDPOINT_URL")
        if endpoint is None:
            self._state = state
            endpoint = self._embedded(state)
        elif keys_for(endpoint, STATE) is not None:
            self._state = STATE
        prepare_aws(endpoint, state)
        return self

    @property
    def embedded(self) -> bool:
        """Whether its AWS is the embedded one of a state directory."""
        return self._owner is not None

    def _embedded(self, state: Path) -> str:
        self._owner = Ownership(state, self._command)  # before the AWS: of two processes one runs it, one joins
        self._stack.callback(self._owner.release)
        deadline = time.monotonic() + START_S
        while not self._owner.take():
            if endpoint := running_endpoint(state):
                self._taking_over = threading.Thread(
                    target=self._take_over, args=(self._owner, state, endpoint), name="take over"
                )
                return endpoint
            if time.monotonic() > deadline:
                raise ChildProcessError(f"{self._owner.holder()} uses {state}, and its AWS does not answer.")
            self._closing.wait(LOOK_S)  # the owner is still starting its AWS
        return self._stack.enter_context(EmbeddedAws(state, say=self._say)).endpoint

    def with_engine(self) -> "System":
        """Start providers and workers, or, after joining another process, leave the work to it until it ends."""
        if self._taking_over is None or self._owner is None:
            self.with_providers().with_workers()
            return self
        self._say(f"Fireside runs here already ({self._owner.holder()}): its workers make the stories, with its keys.")
        self._taking_over.start()
        return self

    def _take_over(self, owner: Ownership, state: Path, endpoint: str) -> None:
        while not owner.take():
            if self._closing.wait(LOOK_S):
                return
        try:
            # On the same address: this process's clients know no other.
            self._stack.enter_context(EmbeddedAws(state, port=urlsplit(endpoint).port or 0, say=self._say))
            self._say("The other Fireside has ended; this one continues.")
            self.with_providers().with_workers()
        except (FiresideError, OSError) as error:  # last resort of a thread
            self._say(f"The other Fireside has ended, and this one could not continue: {error}")

    def with_providers(self) -> "System":
        """Put ffmpeg on PATH and start Fireside's own stand-in for every provider without a key."""
        put_on_path(STATE / "bin")
        for sentence in self._stack.enter_context(missing_providers()):
            self._say(sentence)
        return self

    def with_workers(self) -> "EventSources":
        """Start the functions' event sources: both queues, the dead-letter queue and the sweeper."""
        # Import both SDKs now, in this thread: the first step then does not wait two seconds for them, and the openai
        # SDK checks whether httpx is loaded and fails if another thread is just loading it.
        from elevenlabs import ElevenLabs, VoiceSettings  # noqa: F401, PLC0415
        from openai import OpenAI  # noqa: F401, PLC0415

        import app  # noqa: PLC0415
        from chalicelib.store import aws  # noqa: PLC0415
        from chalicelib.timing import FUNCTION_S  # noqa: PLC0415
        from local.events import EventSources  # noqa: PLC0415
        from local.queue_source import SqsAccess  # noqa: PLC0415
        from local.revival import revive  # noqa: PLC0415
        from local.voices import at_start  # noqa: PLC0415

        services = load()
        for sentence in at_start(services):
            self._say(sentence)
        region = services.settings.region
        sqs = aws.sqs(region)
        self._stack.enter_context(own_scratch())
        if self._state is not None:
            self._stack.enter_context(WorkersAlive(self._state).held(alone=lambda: revive(services)))
        sources = EventSources(
            app.app,
            sqs=SqsAccess(sqs, lambda name: sqs.get_queue_url(QueueName=name)["QueueUrl"], region),
            timeouts=FUNCTION_S,
            clock_scale=clock_scale(),
        )
        sources.start()
        if self._stopping is not None:
            # In a thread: from the signal on nothing more is bought, even if the main thread is busy.
            self._stopping.then(lambda: sources.stop(0.0))
        self._stack.callback(self._stop_workers, sources)
        return sources

    def _stop_workers(self, sources: "EventSources") -> None:
        from chalicelib.timing import AUTHOR_CALL_S, MARGIN_S  # noqa: PLC0415

        if not sources.stop(QUIET_S) and sources.busy:
            self._say("Calls that are being paid for may end, so that they are kept. Ctrl-C again stops at once.")
        sources.stop(AUTHOR_CALL_S + MARGIN_S)

    def with_api(self, host: str, port: int, *, open_door: bool = False) -> "Gateway":
        """Start the HTTP API on `port`, or on a free one if that is taken.

        With `open_door` a browser on this machine is signed in as the user `local` without a token.
        """
        import app  # noqa: PLC0415
        from local.first_tale import first_tale  # noqa: PLC0415
        from local.gateway import Gateway  # noqa: PLC0415
        from local.summing import start_summing  # noqa: PLC0415
        from local.tokens import kept_token  # noqa: PLC0415

        services = load()
        if token := os.environ.get("LOCAL_TOKEN"):
            services.tokens.accept(token, USER)
        if open_door and host in LOOPBACK:
            services.local_login = token or kept_token(STATE / "door")
            services.tokens.accept(services.local_login, USER)
        gateway = Gateway.bind(app.app, host, port)
        if port and gateway.port != port:
            self._say(f"Port {port} is {unusable(host, port)}; {gateway.port} is used instead.")
        gateway.start()
        self._stack.callback(gateway.stop)
        if open_door and self._state is not None:
            services.first_tale = first_tale(services, gateway.url, USER, self._state)
        self._stack.callback(start_summing(services, USER))
        return gateway


def prepare_aws(endpoint: str, state: Path = STATE) -> None:
    """Point every AWS client of this process at `endpoint`; the user's own region and credentials stay.

    The embedded AWS of the state directory accepts only its own keys, so there they replace the user's.
    """
    keys = keys_for(endpoint, state)
    ours = {"AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"} if keys else {"AWS_ENDPOINT_URL"}
    for name, value in aws_environment(endpoint, keys).items():
        if name in ours or name not in os.environ:
            os.environ[name] = value
    if keys:
        os.environ.pop("AWS_SESSION_TOKEN", None)


@contextmanager
def same_aws() -> Iterator[None]:
    """Use the same AWS as `serve`: the one at AWS_ENDPOINT_URL, the embedded one that runs, or one started now."""
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
