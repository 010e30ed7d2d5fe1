"""Cold starts: the CPU time that a function's process takes before its first work, measured in a fresh process."""

import os
import subprocess
import sys
import tempfile

from bench.cost.functions import children_s
from bench.measure import ROOT

_REGION = "app.settings.region"
_CLIENTS = f"from chalicelib.store import aws, connections; connections.connection().client; aws.sqs({_REGION})"
_WORKER = f"import app; {_CLIENTS}; app.services.worker"
FIRST = {
    "api_handler": f"import app; {_CLIENTS}; aws.s3(app.settings.region); app.services.story_service",
    "bearer": "import app; from chalicelib.store.connections import connection as c; c().client; app.services.tokens",
    "write_chapter": f"{_WORKER}; from openai import OpenAI; app.services.writing",
    "narrate_chapter": f"{_WORKER}; from elevenlabs import ElevenLabs; aws.s3({_REGION}); app.services.narration",
}
"""What each function has loaded and created when its first invocation starts to work."""

COMPILED = {"api_handler"}
"""Functions whose modules are all shipped compiled; the others compile as they import."""


def cold_start_s(function: str) -> float:
    """Return the CPU seconds of a cold start of `function`; needs a provider and ffmpeg in the environment."""
    with tempfile.TemporaryDirectory() as empty:
        cache = {} if function in COMPILED else {"PYTHONPYCACHEPREFIX": empty}
        env = {**os.environ, **cache, "AWS_LAMBDA_FUNCTION_NAME": function, "PYTHONPATH": str(ROOT)}
        before = children_s()
        subprocess.run([sys.executable, "-c", FIRST[function]], env=env, check=True, stdout=subprocess.DEVNULL)
        return children_s() - before
