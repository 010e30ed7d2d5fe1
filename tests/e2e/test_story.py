"""A whole story in this process: real SDKs, the two stand-ins over HTTP, real ffmpeg, moto below."""

import json
import logging
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from bench.author import FillingAuthor
from chalicelib.audio.probing import probe
from chalicelib.audio.tools import Ffmpeg
from chalicelib.providers.author import OpenAIAuthor
from chalicelib.providers.narrator import ElevenLabsNarrator
from local.author import AuthorServer
from local.narrator import NarratorServer
from tests.support.questions import short_chapters
from tests.support.stage import s3
from tests.support.testapp import TestApp, one_line_at_a_time

PROMPT = "A zookeeper with a grudge finds an umbrella that remembers every storm"


@pytest.fixture
def author() -> Iterator[AuthorServer]:
    with FillingAuthor(lines=8) as server:
        yield server


@pytest.fixture
def narrator() -> Iterator[NarratorServer]:
    with NarratorServer() as server:
        yield server


@pytest.fixture
def real_app(memory_aws: None, author: AuthorServer, narrator: NarratorServer) -> Iterator[TestApp]:
    """Yield a Fireside whose providers are reached through their own SDKs."""
    with (
        closing(OpenAIAuthor(lambda: "sk-secret-author", author.base_url, 20)) as openai,
        closing(ElevenLabsNarrator(lambda: "xi-secret-narrator", narrator.url, 20)) as elevenlabs,
    ):
        yield TestApp(author=openai, narrator=elevenlabs, config=one_line_at_a_time(short_chapters(words=500)))


def test_a_prompt_becomes_narrated_chapters(
    real_app: TestApp,
    author: AuthorServer,
    narrator: NarratorServer,
    ffmpeg: Ffmpeg,
    tmp_path: Any,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, logger="fireside")
    testapp = real_app
    story_id = testapp.create(prompt=PROMPT, num_chapters=2)
    task_id = testapp.generate(story_id)
    testapp.run()
    task = testapp.task(task_id)
    assert (task["status"], task["progress"]) == ("completed", 100), task

    story = testapp.request("GET", f"/stories/{story_id}").json_body
    chapters = [testapp.request("GET", f"/stories/{story_id}/chapters/{n}").json_body for n in (1, 2)]
    for chapter in chapters:
        script, enhanced = chapter["script"]["lines"], chapter["enhanced"]["lines"]
        assert [line["text"] for line in enhanced] == [line["text"] for line in script]
        assert len({line["speaker"] for line in script}) >= 3
        assert any(line["tags"] for line in enhanced)
        sound = tmp_path / f"{chapter['number']}.mp3"
        [key] = testapp.services.objects.keys(
            f"stories/{story_id}/chapters/{chapter['number']:03d}-{chapter['version']}.mp3"
        )
        s3().download_file(testapp.services.settings.bucket, key, sound)
        facts = probe(ffmpeg, sound)
        assert abs(facts.duration_s - chapter["audio"]["duration"]) < 0.05
        assert sound.stat().st_size == chapter["audio"]["bytes"]

    directed = [line for chapter in chapters for line in chapter["enhanced"]["lines"]]
    texts = ["".join(f"[{tag}] " for tag in line["tags"]) + line["text"] for line in directed]
    lines = [(text, story["voices"][line["speaker"]]) for text, line in zip(texts, directed, strict=True)]
    assert Counter((call["text"], call["voice_id"]) for call in narrator.ledger.calls) == Counter(set(lines))
    assert [call["name"] for call in author.ledger.calls].count("outline") == 1
    assert len(author.ledger.calls) == 5  # outline, two chapters, two enhancements

    usage = testapp.request("GET", "/usage").json_body["total"]
    assert usage["calls"] == len(author.ledger.calls) + len(narrator.ledger.calls)
    assert usage["characters"] == sum(call["characters"] for call in narrator.ledger.calls)

    logged = "\n".join(record.getMessage() for record in caplog.records)
    assert task_id in logged
    secrets = ["sk-secret-author", "xi-secret-narrator", PROMPT, story["title"]]
    texts = [line["text"] for chapter in chapters for line in chapter["script"]["lines"]]
    assert not [text for text in secrets + texts if text in logged]
    assert all(json.loads(record.getMessage()) for record in caplog.records if record.name == "fireside")
