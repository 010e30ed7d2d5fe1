"""`python -m local.narrator --port 8002`: the stand-in narrator by itself."""

from local.narrator import NarratorServer
from local.standin.command import serve
from local.system import STATE
from local.tools import put_on_path

if __name__ == "__main__":
    put_on_path(STATE / "bin")
    serve("python -m local.narrator", __doc__, NarratorServer, lambda server: f"ELEVENLABS_BASE_URL={server.url}")
