"""Stand-ins, on this machine, for providers that have no key, and what is to be said of the others."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from urllib.parse import urlsplit


def _looked_at(base_url: str | None) -> bool:
    """Return whether stories are rated, or asked about, with the author at this address."""
    from chalicelib.providers.author import provider_at  # noqa: PLC0415 # with the configuration, which may be unusable
    from chalicelib.story.config import load_config  # noqa: PLC0415

    config = load_config()
    return config.safety.mode_with(provider_at(base_url, config.author)) != "off"


def _performs_no_directions() -> str | None:
    """Return the narrator's model if stories are to be directed and it performs no directions."""
    from chalicelib.audio.voices import load_voices  # noqa: PLC0415
    from chalicelib.story.config import load_config  # noqa: PLC0415

    voices = load_voices()
    return voices.model if load_config().defaults.enhance and not voices.directs else None


@contextmanager
def missing_providers() -> Iterator[list[str]]:
    """Run a stand-in for every provider without a key, put its address in the environment, and give a sentence each."""
    sentences, shown = list[str](), list[str]()
    with ExitStack() as stack:
        if not (os.environ.get("OPENAI_API_KEY") or os.environ.get("OPENAI_BASE_URL")):
            from local.author import AuthorServer  # noqa: PLC0415

            author = stack.enter_context(AuthorServer())
            os.environ |= {"OPENAI_BASE_URL": author.base_url, "OPENAI_API_KEY": "stand-in"}
            shown.append("author")
            sentences.append(
                "OPENAI_API_KEY is not set, so this is a demonstration: you hear one of the stories that Fireside "
                "ships with, the one that suits your idea best. It is not made from your idea."
            )
        elif not _looked_at(os.environ.get("OPENAI_BASE_URL")):
            sentences.append("Nobody checks what the stories are about: safety in configs/story_config.json is off.")
        if os.environ.get("FIRESIDE_VOICES") == "real":  # set by local.kokoro
            from local.kokoro.speech_server import real_voices  # noqa: PLC0415

            sentences += stack.enter_context(real_voices())
        elif base_url := os.environ.get("SPEECH_BASE_URL"):
            # The host alone: an address may hold a password.
            parts = urlsplit(base_url)
            host = f"{parts.hostname}:{parts.port}" if parts.port else parts.hostname
            sentences.append(f"SPEECH_BASE_URL is set: the lines are spoken by the server at {host}.")
        elif not (os.environ.get("ELEVENLABS_API_KEY") or os.environ.get("ELEVENLABS_BASE_URL")):
            from local.narrator import NarratorServer  # noqa: PLC0415

            narrator = stack.enter_context(NarratorServer())
            os.environ |= {"ELEVENLABS_BASE_URL": narrator.url, "ELEVENLABS_API_KEY": "stand-in"}
            shown.append("narrator")
            sentences.append(
                "ELEVENLABS_API_KEY is not set: demonstration voices speak. They are computed on this machine, and "
                "read every language as if it were English."
            )
        os.environ["FIRESIDE_DEMONSTRATION"] = " ".join(shown)
        if set(shown) == {"author", "narrator"}:
            sentences.append("Nothing is charged. Set your keys to have your own story: see docs/guide.md.")
        if (plain := _performs_no_directions()) is not None:
            sentences.append(f"Directions for the voices are left out, and not paid for: {plain} performs none.")
        for name in ("OPENAI_API_KEY", "ELEVENLABS_API_KEY", "SPEECH_API_KEY"):
            os.environ.setdefault(name, "none")  # for a server of the user's own that asks for no key
        yield sentences
