"""The stand-ins of one machine for providers without a key."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager


@contextmanager
def missing_providers() -> Iterator[list[str]]:
    """Start a stand-in for every provider without a key, and name it in the environment. Gives a sentence for each."""
    said: list[str] = []
    with ExitStack() as stack:
        if not (os.environ.get("OPENAI_API_KEY") or os.environ.get("OPENAI_BASE_URL")):
            from local.author import AuthorServer  # noqa: PLC0415

            author = stack.enter_context(AuthorServer())
            os.environ |= {"OPENAI_BASE_URL": author.base_url, "OPENAI_API_KEY": "stand-in"}
            said.append("OPENAI_API_KEY is not set: the stories are written by Fireside's own stand-in author.")
        if not (os.environ.get("ELEVENLABS_API_KEY") or os.environ.get("ELEVENLABS_BASE_URL")):
            from local.narrator import NarratorServer  # noqa: PLC0415

            narrator = stack.enter_context(NarratorServer())
            os.environ |= {"ELEVENLABS_BASE_URL": narrator.url, "ELEVENLABS_API_KEY": "stand-in"}
            said.append("ELEVENLABS_API_KEY is not set: the lines are spoken by Fireside's own stand-in narrator.")
        for name in ("OPENAI_API_KEY", "ELEVENLABS_API_KEY"):
            os.environ.setdefault(name, "none")  # a server of one's own that asks for no key
        yield said
