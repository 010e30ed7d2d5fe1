"""Texts that no item of DynamoDB can hold: they are on S3, and nothing but the store knows."""

import json
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest
from pynamodb.exceptions import PutError, TransactWriteError

from chalicelib.domain.script import EnhancedScript, Script, ScriptLine
from chalicelib.errors import StoreUnavailable
from chalicelib.store.tables import ChapterItem, StoryItem
from chalicelib.store.texts import INLINE
from chalicelib.store.transactions import transact
from chalicelib.story import measures
from chalicelib.story.config import StoryConfig, load_config
from chalicelib.story.sizes import LONGEST_DIRECTIONS, LONGEST_OUTLINE, LONGEST_SCRIPT, LONGEST_SUMMARY
from infra.people import export, forget
from tests.support.providers import MemoryAuthor, prose
from tests.support.stage import s3
from tests.support.testapp import TestApp, one_line_at_a_time

KA = "\u0d15"
"""A letter of Malayalam, three bytes in UTF-8."""


LETTERS = 120
"""Letters of a word: so few words are written in one part, whatever bytes they have."""


def malayalam(seed: str, size: int) -> str:
    """Return so many bytes in words of LETTERS letters, always the same ones for a seed."""
    chance = Random(seed)
    words = size // (3 * LETTERS + 1)
    return " ".join("".join(chr(chance.randrange(0xD15, 0xD3A)) for _ in range(LETTERS)) for _ in range(words))


def ordering(words: int) -> StoryConfig:
    """Return a configuration that orders so many words, of an author that costs nothing: bytes are the only limit."""
    config, change = one_line_at_a_time(load_config()), msgspec.structs.replace
    free = {
        name: change(price, input=0.0, cached=0.0, output=0.0)
        for name, price in config.prices.per_million_tokens.items()
    }
    return change(
        config,
        writing=change(config.writing, words_per_chapter=words),
        prices=change(config.prices, per_million_tokens=free),
    )


@pytest.fixture
def testapp(memory_aws: None) -> TestApp:
    return TestApp(config=ordering(390))


@pytest.fixture
def hours(monkeypatch: pytest.MonkeyPatch) -> None:
    """Allow chapters of hours, so that bytes are the only limit."""
    monkeypatch.setattr(measures, "LONGEST_CHAPTER", 100 * measures.LONGEST_CHAPTER)


@pytest.fixture
def written(testapp: TestApp, hours: None) -> str:
    """Write a story of two chapters; return its id."""
    story_id = testapp.create(num_chapters=2, enhance=True)
    testapp.generate(story_id, audio=False)
    testapp.run()
    return story_id


def chapter(testapp: TestApp, story_id: str, number: int = 1) -> Any:
    return testapp.request("GET", f"/stories/{story_id}/chapters/{number}").json_body


def large(seed: str, size: int = 400_000) -> list[dict[str, str]]:
    """Return lines with so many bytes of text."""
    return [
        {"line_id": f"{n:03d}", "speaker": "Ada", "text": malayalam(f"{seed}{n}", 12_000)}
        for n in range(size // 12_000)
    ]


def edit(testapp: TestApp, story_id: str, lines: list[dict[str, str]]) -> Any:
    return testapp.request("PUT", f"/stories/{story_id}/chapters/1/script", {"lines": lines})


def moved(testapp: TestApp, story_id: str) -> list[str]:
    return sorted(key.rpartition("/")[2] for key in testapp.services.objects.keys(f"stories/{story_id}/texts/"))


def item(story_id: str, number: int = 1) -> ChapterItem:
    return ChapterItem.get(story_id, number)


def test_the_stand_in_holds_no_larger_items_than_dynamodb(memory_aws: None) -> None:
    """https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html: 400 KB, names included."""
    with pytest.raises(PutError):
        ChapterItem("s", 1, script="x" * 410_000).save()
    ChapterItem("s", 1, script="x" * 300_000).save()
    with pytest.raises(TransactWriteError):
        transact(lambda t: t.update(ChapterItem("s", 1), actions=[ChapterItem.enhanced.set(KA * 40_000)]))


def test_what_is_small_stays_in_its_item(testapp: TestApp, written: str) -> None:
    assert moved(testapp, written) == []
    assert item(written).script
    assert item(written).enhanced
    assert StoryItem.get("ann", written).outline
    assert [item(written).script_at, item(written).enhanced_at] == [None, None]
    assert 2 * INLINE + 2 * LONGEST_SUMMARY + 40_000 < 400 * 1024


@pytest.mark.parametrize("size", [360_000, 400_000, 450_000])
def test_a_script_of_three_bytes_a_letter_is_edited_read_and_written_after(
    testapp: TestApp, written: str, size: int
) -> None:
    lines = large("a", size)
    answer = edit(testapp, written, lines)
    assert answer.status_code == 200, answer.json_body
    kept = chapter(testapp, written)
    assert [line["text"] for line in kept["script"]["lines"]] == [line["text"] for line in lines]
    assert kept["version"] == answer.json_body["version"] != kept["summary"]
    assert not item(written).script
    assert item(written).script_version == kept["version"]
    assert len(moved(testapp, written)) == 2  # with its directions
    assert edit(testapp, written, lines).json_body["version"] == kept["version"]
    # What follows is written from it.
    task = testapp.request("POST", f"/stories/{written}/chapters/2/rewrite", {"remark": "Go on."}).json_body["task_id"]
    testapp.run()
    assert testapp.task(task)["status"] == "completed", testapp.task(task)
    assert not chapter(testapp, written, 2)["based_on_older"]


def test_an_older_text_stays_for_who_still_reads_its_item_and_an_undone_edit_finds_it(
    testapp: TestApp, written: str
) -> None:
    for seed in ("a", "b", "a"):
        assert edit(testapp, written, large(seed)).status_code == 200
        assert chapter(testapp, written)["script"]["lines"][0]["text"] == large(seed)[0]["text"]
    scripts = [key for key in moved(testapp, written) if key.startswith("001-script-")]
    assert len(scripts) == 2
    small = [{"line_id": "001", "speaker": "Ada", "text": "Short again."}]
    assert edit(testapp, written, small).status_code == 200
    assert item(written).script_at is None
    assert [line["text"] for line in chapter(testapp, written)["script"]["lines"]] == ["Short again."]
    assert [key for key in moved(testapp, written) if key.startswith("001-script-")] == scripts
    assert testapp.request("DELETE", f"/stories/{written}").status_code == 204
    assert moved(testapp, written) == []


def test_a_text_that_an_older_version_wrote_meanwhile_is_the_one_that_counts(testapp: TestApp, written: str) -> None:
    edit(testapp, written, large("a"))
    older = Script([ScriptLine("001", "Ada", "Written by the version before.")])
    text = msgspec.json.encode(older).decode()
    ChapterItem(written, 1).update([ChapterItem.script.set(text), ChapterItem.script_version.set("older")])
    assert [line["text"] for line in chapter(testapp, written)["script"]["lines"]] == ["Written by the version before."]
    assert chapter(testapp, written)["enhanced"] is None


def test_a_text_whose_object_is_gone_is_an_outage_and_no_empty_chapter(testapp: TestApp, written: str) -> None:
    edit(testapp, written, large("a"))
    for key in list(testapp.services.objects.keys(f"stories/{written}/texts/")):
        testapp.services.objects.delete(key)
    with pytest.raises(StoreUnavailable):
        testapp.services.chapters.get(written, 1)
    assert testapp.request("GET", f"/stories/{written}/chapters/1").status_code >= 500
    assert testapp.request("GET", f"/stories/{written}").status_code == 200


def test_a_script_beyond_the_limit_is_refused_with_its_field(testapp: TestApp, written: str) -> None:
    before = chapter(testapp, written)
    lines = large("a", LONGEST_SCRIPT + 24_000)
    body = json.dumps({"lines": lines}, ensure_ascii=False).encode()
    refused = testapp.request("PUT", f"/stories/{written}/chapters/1/script", body)
    assert refused.status_code == 400
    assert refused.json_body["Message"].startswith("lines: A script may have 600 KB at most; this one has 6")
    assert chapter(testapp, written) == before


def test_a_persons_large_texts_are_exported_and_forgotten(testapp: TestApp, written: str, tmp_path: Path) -> None:
    s3().put_bucket_versioning(Bucket=testapp.services.objects.bucket, VersioningConfiguration={"Status": "Enabled"})
    edit(testapp, written, large("a"))
    edit(testapp, written, large("b"))
    list(export(testapp.services, "ann", tmp_path))
    story = json.loads((tmp_path / written / "story.json").read_text())
    assert story["chapters"][0]["script"]["lines"][0]["text"] == large("b")[0]["text"]
    list(forget(testapp.services, s3(), "ann"))
    page = s3().list_object_versions(Bucket=testapp.services.objects.bucket)
    assert [*page.get("Versions", []), *page.get("DeleteMarkers", [])] == []


class Lavish(MemoryAuthor):
    """An author whose texts have as many bytes as they are told to."""

    outline_bytes = 0
    script_bytes = 0
    words = 0
    tag = ""

    def _reply(self, name: str, data: dict[str, Any]) -> dict[str, Any]:
        reply = super()._reply(name, data)
        if name == "outline":
            reply["setting"] = malayalam("setting", self.outline_bytes)
        if name == "chapter" and self.script_bytes:
            count = self.script_bytes // 12_000
            texts = [malayalam(f"{data['chapter']['number']}, {n}", 12_000) for n in range(count)]
            reply["lines"] = [{"speaker": "Ada", "text": text, "scene_break": False} for text in texts]
        if name == "chapter" and self.words:
            words = prose(str(data["chapter"]["number"]), self.words)
            reply["lines"] = [{"speaker": "Ada", "text": f"{word}.", "scene_break": False} for word in words]
        if name == "enhancement" and self.tag:
            reply["lines"] = [{"line_id": line["line_id"], "tags": [self.tag] * 3} for line in data["lines"]]
        return reply


@pytest.fixture
def author(testapp: TestApp, hours: None) -> Lavish:
    return Lavish(testapp.clock)


def of(testapp: TestApp, author: Lavish, words: int = 390) -> TestApp:
    return TestApp(clock=testapp.clock, author=author, config=ordering(words))


@pytest.mark.parametrize("size", [360_000, 450_000])
def test_an_author_may_write_more_than_an_item_holds(testapp: TestApp, author: Lavish, size: int) -> None:
    author.script_bytes = size
    testapp = of(testapp, author, words=size // 361)
    story_id = testapp.create(num_chapters=2, enhance=True)
    task_id = testapp.generate(story_id, audio=False)
    testapp.run()
    assert testapp.task(task_id)["status"] == "completed", testapp.task(task_id)
    assert set(author.bought.values()) == {1}
    assert len(chapter(testapp, story_id)["script"]["lines"]) == size // 12_000
    assert len(moved(testapp, story_id)) == 4  # script and directions of both
    assert item(story_id).script is None


def test_an_outline_of_400_kb_is_carried_through_the_story(testapp: TestApp, author: Lavish) -> None:
    author.outline_bytes = 400_000
    testapp = of(testapp, author)
    story_id = testapp.create(num_chapters=2)
    task_id = testapp.generate(story_id)
    testapp.run()
    assert testapp.task(task_id)["status"] == "completed", testapp.task(task_id)
    assert set(author.bought.values()) == set(testapp.narrator.bought.values()) == {1}
    assert [key.partition("-")[0] for key in moved(testapp, story_id)] == ["outline"]
    story = testapp.request("GET", f"/stories/{story_id}").json_body
    assert [one["title"] for one in story["chapters"]] == ["Part 1", "Part 2"]
    assert story["cast"] == ["Narrator", "Ada", "Bruno"]
    [listed] = testapp.request("GET", "/stories").json_body["stories"]
    assert listed["title"] == "The Lamp"
    assert testapp.request("POST", f"/stories/{story_id}/estimate", {}).json_body["cost_usd"] == 0
    assert testapp.request("DELETE", f"/stories/{story_id}").status_code == 204
    assert moved(testapp, story_id) == []


def test_three_long_tags_on_each_of_3000_lines_are_kept(testapp: TestApp, author: Lavish) -> None:
    author.words, author.tag = 3000, "x" * 40
    testapp = of(testapp, author, words=2000)
    story_id = testapp.create(num_chapters=1, enhance=True)
    task_id = testapp.generate(story_id, audio=False)
    testapp.run()
    assert testapp.task(task_id)["status"] == "completed", testapp.task(task_id)
    kept = testapp.services.chapters.get(story_id, 1) or pytest.fail("no chapter")
    assert len(msgspec.json.encode(kept.enhanced or EnhancedScript([]))) > 400 * 1024
    assert all(line["tags"] == ["x" * 40] * 3 for line in chapter(testapp, story_id)["enhanced"]["lines"])


def test_tags_that_are_too_large_are_asked_for_twice_and_left_out(testapp: TestApp, author: Lavish) -> None:
    author.words, author.tag = 3000, KA * 40
    testapp = of(testapp, author, words=2000)
    story_id = testapp.create(num_chapters=1, enhance=True)
    task_id = testapp.generate(story_id, audio=False)
    testapp.run()
    task = testapp.task(task_id)
    assert (task["status"], "no directions" in task["message"]) == ("completed", True)
    assert chapter(testapp, story_id)["enhanced"] is None
    assert sum(times for what, times in author.bought.items() if what.startswith("enhancement")) == 2


@pytest.mark.parametrize(
    ("change", "what", "says"),
    [
        ({"outline_bytes": LONGEST_OUTLINE}, "outline", "an outline may have 450 KB at most"),
        ({"script_bytes": LONGEST_SCRIPT + 12_000}, "chapter1", "a script may have 600 KB at most"),
    ],
)
def test_a_reply_beyond_the_limit_is_asked_for_twice_then_ends_with_it_and_a_retry_goes_on(
    testapp: TestApp, author: Lavish, change: dict[str, int], what: str, says: str
) -> None:
    for name, size in change.items():
        setattr(author, name, size)
    testapp = of(testapp, author, words=1_700 if "script_bytes" in change else 390)
    story_id = testapp.create(num_chapters=1, enhance=True)
    task_id = testapp.generate(story_id, audio=False)
    testapp.run()
    task = testapp.task(task_id)
    assert (task["status"], task["error_code"]) == ("failed", "invalid_output")
    assert says in task["error"]
    assert author.bought[what] == 2
    author.outline_bytes, author.script_bytes = 200_000, author.script_bytes * 9 // 10
    assert testapp.request("POST", f"/tasks/{task_id}/retry").status_code == 202
    testapp.run()
    assert testapp.task(task_id)["status"] == "completed", testapp.task(task_id)
    assert author.bought[what] == 3


def test_a_chapter_at_every_limit_fits_into_an_answer_of_lambda() -> None:
    """6 MB, and the runtime client for Python 3.11 writes `\\u0431`, six bytes, for a letter of two."""
    assert 3 * (LONGEST_SCRIPT + LONGEST_DIRECTIONS + LONGEST_SUMMARY) < 6_000_000
