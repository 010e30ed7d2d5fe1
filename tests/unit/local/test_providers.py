"""Which stand-ins run on this machine, and what is said of those that do not."""

import os
from collections.abc import Iterator

import pytest

from local.providers import missing_providers

PROVIDERS = "OPENAI", "ELEVENLABS", "SPEECH"
NAMES = ["FIRESIDE_DEMONSTRATION", *(f"{name}_{what}" for name in PROVIDERS for what in ("API_KEY", "BASE_URL"))]


@pytest.fixture(autouse=True)
def environment() -> Iterator[None]:
    """Give the environment back as it was: the function under test writes to it."""
    before = dict(os.environ)
    yield
    for name in NAMES:
        os.environ.pop(name, None)
    os.environ |= {name: value for name, value in before.items() if name in NAMES}


def test_without_keys_both_stand_ins_run() -> None:
    with missing_providers() as sentences:
        named = [sentence.partition(" ")[0] for sentence in sentences]
        assert named == ["OPENAI_API_KEY", "ELEVENLABS_API_KEY", "Nothing", "Directions"]
        assert os.environ["FIRESIDE_DEMONSTRATION"] == "author narrator"
        assert os.environ["ELEVENLABS_BASE_URL"].startswith("http://127.0.0.1:")
        assert "SPEECH_BASE_URL" not in os.environ


@pytest.mark.parametrize(
    ("base_url", "host"),
    [
        ("http://127.0.0.1:8880/v1", "127.0.0.1:8880"),
        ("https://me:secret@speech.example.com/v1", "speech.example.com"),  # pragma: allowlist secret
    ],
)
def test_a_speech_server_stands_in_for_the_stand_in_narrator(base_url: str, host: str) -> None:
    os.environ |= {"OPENAI_API_KEY": "test", "SPEECH_BASE_URL": base_url}
    with missing_providers() as sentences:
        *_, plain = sentences
        assert plain == (
            "Directions for the voices are left out, and not paid for: eleven_multilingual_v2 performs none."
        )
        assert sentences[:-1] == [f"SPEECH_BASE_URL is set: the lines are spoken by the server at {host}."]
        assert "ELEVENLABS_BASE_URL" not in os.environ
        assert os.environ["SPEECH_API_KEY"] == "none"
