"""The program, loaded once into a process whose environment is prepared: importing it reads the environment."""

import os
from typing import TYPE_CHECKING

from local.arguments import clock_scale

if TYPE_CHECKING:
    from chalicelib.bootstrap import Services

_loaded = False


def load() -> "Services":
    """Load the program into this environment, once, and return its services.

    Waiting times are divided by LOCAL_CLOCK_SCALE, and missing tables, queues and buckets are created.
    """
    import app  # noqa: PLC0415
    from chalicelib.bootstrap import Adapters, Services  # noqa: PLC0415
    from chalicelib.runtime import Runtime  # noqa: PLC0415
    from chalicelib.settings import Settings  # noqa: PLC0415
    from chalicelib.store import aws  # noqa: PLC0415
    from chalicelib.timing import Timing  # noqa: PLC0415
    from local.resources import create_missing  # noqa: PLC0415
    from local.tokens import LocalTokens  # noqa: PLC0415

    global _loaded  # noqa: PLW0603 # the program is one module per process, and is prepared once
    if not _loaded:
        runtime = Runtime(timing=Timing().scaled(clock_scale()))
        settings = Settings.from_env(os.environ)
        app.use(Services(settings, runtime=runtime, adapters=Adapters(tokens=LocalTokens(runtime.clock))))
        create_missing(settings, runtime.timing, aws.sqs(settings.region), aws.s3(settings.region))
        _loaded = True
    return app.services
