"""Stand-ins, on this machine, for providers that have no key."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager


@contextmanager
def missing_providers() -> Iterator[list[str]]:
    """Run a stand-in for every provider without a key, put its address in the environment, and give a sentence each."""
    sentences: list[str] = []
    with ExitStack() as stack:
        if not (os.environ.get("OPENAI_API_KEY") or os.environ.get("OPENAI_BASE_URL")):
            from local.author import AuthorServer  # noqa: PLC0415

            author = stack.enter_context(AuthorServer())
            os.environ |= {"OPENAI_BASE_URL": author.base_url, "OPENAI_API_KEY": "stand-in"}
            sentences.append("OPENAI_API_KEY is not set: the stories are written by Fireside's own stand-in author.")
        if not (os.environ.get("ELEVENLABS_API_KEY") or os.environ.get("ELEVENLABS_BASE_URL")):
            from local.narrator import NarratorServer  # noqa: PLC0415

            narrator = stack.enter_context(NarratorServer())
            os.environ |= {"ELEVENLABS_BASE_URL": narrator.url, "ELEVENLABS_API_KEY": "stand-in"}
            sentences.append("ELEVENLABS_API_KEY is not set: the lines are spoken by Fireside's own stand-in narrator.")
        for name in ("OPENAI_API_KEY", "ELEVENLABS_API_KEY"):
            os.environ.setdefault(name, "none")  # for a server of the user's own that asks for no key
        yield sentences
