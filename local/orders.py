"""The stories that `run` has begun: the same order again finds the story that was begun for it."""

import hashlib
import json
import os
import secrets
import shlex
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import msgspec

from local.arguments import Order
from local.files import write_whole


class Begun(msgspec.Struct, frozen=True):
    """A story that was begun for an order; `key` is the Idempotency-Key of its requests.

    The key is stored before the first request is sent, so that a crash in between does not begin a second story.
    """

    key: str
    story_id: str | None = None


class Orders:
    """The stories begun, one file per order in `folder`.

    `world` is what else a story depends on: the stage, the AWS and the defaults.
    """

    def __init__(self, folder: Path, world: Mapping[str, object]) -> None:
        self._folder = folder
        self._world = world

    def begun(self, order: Order) -> Begun:
        """Return the story begun for the order; a new one if there is none, or if the order asks for a new one."""
        path = self._path(order)
        with suppress(OSError, msgspec.DecodeError):
            if not order.new:
                return msgspec.json.decode(path.read_bytes(), type=Begun)
        return self.keep(order, Begun(secrets.token_hex(16)))

    def keep(self, order: Order, begun: Begun) -> Begun:
        """Store `begun` for the order and return it."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_whole(self._path(order), msgspec.json.encode(begun))
        return begun

    def forget(self, order: Order) -> None:
        """Forget the story of an order because it no longer exists."""
        self._path(order).unlink(missing_ok=True)

    def _path(self, order: Order) -> Path:
        named = json.dumps([order.prompt, order.chapters, dict(self._world)], sort_keys=True)
        return self._folder / f"{hashlib.sha256(named.encode()).hexdigest()[:32]}.json"


def command_of(order: Order, environment: Mapping[str, str] = os.environ, *, new: bool = False) -> str:
    """Return the shell command that repeats the order; a `make` command if `make` was used."""
    state = environment.get("FIRESIDE_STATE")
    real = environment.get("FIRESIDE_VOICES") == "real"
    words = [f"FIRESIDE_STATE={shlex.quote(state)}"] if state else []
    if environment.get("FIRESIDE_CALLED_BY") == "make":
        # make expands `$` in the values of its command line; `$$` stands for one dollar sign.
        prompt = shlex.quote(order.prompt.replace("$", "$$"))
        words += ["make run", f"PROMPT={prompt}", f"CHAPTERS={order.chapters}"]
        words += [*(["VOICES=real"] if real else []), *(["NEW=1"] if new else [])]
    else:
        words += [f".venv/bin/python -m local{'.kokoro' if real else ''} run", f"--prompt={shlex.quote(order.prompt)}"]
        words += [f"--chapters {order.chapters}"]
        words += [f"--out {shlex.quote(str(order.out))}"] if order.out != Path("out") else []
        words += ["--new"] if new else []
    return " ".join(words)
