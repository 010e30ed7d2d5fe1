"""What is read before and after a chapter: heard, shown in the captions, paid for, and out of date with its title."""

import json
import re
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
import pytest

from chalicelib.audio.ports import SpeechRequest, SpeechResult
from chalicelib.errors import ProviderFault
from chalicelib.story.framing import DEFAULT, SILENT, Frame
from tests.support.clock import ManualClock
from tests.support.providers import MemoryNarrator
from tests.support.questions import short_chapters
from tests.support.stage import s3, settings
from tests.support.testapp import TestApp, one_line_at_a_time

AI = "This story was written and narrated by artificial intelligence."
CLOSING = "You have been listening to “The Lamp”."


def framed(frame: Frame = DEFAULT, **more: Any) -> TestApp:
    config = one_line_at_a_time(msgspec.structs.replace(short_chapters(words=60), frame=frame))
    return TestApp(config=config, **more)


@pytest.fixture
def testapp(memory_aws: None) -> TestApp:
    return framed()


@pytest.fixture
def told(testapp: TestApp) -> str:
    """Make a narrated story of three chapters; return its id."""
    story_id = testapp.create(num_chapters=3)
    testapp.generate(story_id)
    testapp.run()
    return story_id


def chapter(testapp: TestApp, story_id: str, number: int) -> Any:
    return testapp.request("GET", f"/stories/{story_id}/chapters/{number}").json_body


def out_of_date(testapp: TestApp, story_id: str) -> list[bool]:
    chapters = testapp.request("GET", f"/stories/{story_id}").json_body["chapters"]
    return [one["audio"]["out_of_date"] for one in chapters]


def cues(testapp: TestApp, story_id: str, number: int) -> dict[str, str]:
    """Return the words of a chapter's captions by line."""
    vtt = testapp.request("GET", f"/stories/{story_id}/chapters/{number}/captions").body.decode()
    found: dict[str, str] = {}
    for cue in vtt.strip().split("\n\n")[1:]:
        name, _, *rows = cue.split("\n")
        words = re.sub(r"<v [^>]*>|</v>", "", " ".join(rows))
        line = name.partition(".")[0]
        found[line] = f"{found[line]} {words}" if line in found else words
    return found


def spoken(testapp: TestApp) -> Counter[str]:
    """Return how often each text was bought."""
    return Counter(text for text, _ in testapp.narrator.bought.elements())


def narrate(testapp: TestApp, story_id: str) -> Counter[str]:
    """Narrate what is out of date; return what was bought."""
    before = spoken(testapp)
    testapp.request("POST", f"/stories/{story_id}/audio", {})
    testapp.run()
    return spoken(testapp) - before


def test_a_book_begins_with_its_title_and_ends_with_who_made_it(testapp: TestApp, told: str) -> None:
    first, second, third = (cues(testapp, told, number) for number in (1, 2, 3))
    assert list(first.items())[:3] == [("title", "The Lamp."), ("opening", AI), ("chapter", "Chapter One. Part 1.")]
    assert next(iter(second.items())) == ("chapter", "Chapter Two. Part 2.")
    assert not {"title", "opening", "closing"} & second.keys()
    assert list(third.items())[-2:] == [("closing", CLOSING), ("closing-2", AI)]
    script = chapter(testapp, told, 1)["script"]["lines"]
    assert [line["line_id"] for line in script] == [line for line in first if line[0] == "0"]
    assert spoken(testapp)[AI] == spoken(testapp)["Chapter Two. Part two."] == 1


def test_what_is_read_is_quoted_held_and_counted_like_any_line(testapp: TestApp) -> None:
    story_id = testapp.create(num_chapters=3)
    path = f"/stories/{story_id}/estimate"
    body = {"audio": True}
    planned = testapp.request("POST", path, body).json_body["characters"]
    silent = framed(SILENT)
    assert planned - silent.request("POST", path, body).json_body["characters"] > len(AI) + len(CLOSING)
    testapp.renew()
    testapp.generate(story_id, audio=False)
    testapp.run()
    extra = ["The Lamp.", AI, "Chapter One. Part one.", "Chapter Two. Part two.", "Chapter Three. Part three.", CLOSING]
    silent.renew()
    bare = silent.request("POST", path, body).json_body["characters"]
    testapp.renew()
    quoted = testapp.request("POST", path, body).json_body["characters"]
    # Of those lines each text is counted once.
    assert quoted == bare + sum(map(len, extra))
    assert narrate(testapp, story_id).total() == len(set(extra)) + 10
    usage = testapp.request("GET", "/usage?month=2026-11").json_body["total"]
    assert usage["characters"] == quoted
    assert testapp.request("POST", path, body).json_body["characters"] == 0


def test_another_title_of_the_book_makes_its_first_and_last_chapter_out_of_date(testapp: TestApp, told: str) -> None:
    path = f"/stories/{told}"
    assert testapp.request("PATCH", path, {"title": "The Moth"}).status_code == 200
    assert out_of_date(testapp, told) == [True, False, True]
    assert testapp.request("PATCH", path, {"title": "The Lamp"}).status_code == 200
    assert out_of_date(testapp, told) == [False, False, False]
    testapp.request("PATCH", path, {"title": "The Moth"})
    assert narrate(testapp, told) == {"The Moth.": 1, "You have been listening to “The Moth”.": 1}
    assert out_of_date(testapp, told) == [False, False, False]
    assert cues(testapp, told, 1)["title"] == "The Moth."


def test_another_title_of_a_chapter_makes_that_one_out_of_date(testapp: TestApp, told: str) -> None:
    renamed = testapp.request("PATCH", f"/stories/{told}/chapters/2", {"title": "The Stairs"})
    assert (renamed.status_code, renamed.json_body["title"]) == (200, "The Stairs")
    assert renamed.json_body["audio"]["out_of_date"] is True
    assert out_of_date(testapp, told) == [False, True, False]
    path = f"/stories/{told}/estimate"
    quoted = testapp.request("POST", path, {"audio": True}).json_body["characters"]
    assert quoted == len("Chapter Two. The Stairs.")
    assert narrate(testapp, told) == {"Chapter Two. The Stairs.": 1}
    assert out_of_date(testapp, told) == [False, False, False]


def test_titles_that_are_not_read_may_change(memory_aws: None) -> None:
    testapp = framed(SILENT)
    story_id = testapp.create(num_chapters=2)
    testapp.generate(story_id)
    testapp.run()
    testapp.request("PATCH", f"/stories/{story_id}", {"title": "The Moth"})
    testapp.request("PATCH", f"/stories/{story_id}/chapters/2", {"title": "The Stairs"})
    assert out_of_date(testapp, story_id) == [False, False]


def test_a_chapter_of_an_earlier_version_stays_up_to_date_until_it_is_changed(memory_aws: None) -> None:
    earlier = framed(SILENT)
    story_id = earlier.create(num_chapters=2)
    earlier.generate(story_id)
    earlier.run()
    testapp = framed()
    assert out_of_date(testapp, story_id) == [False, False]
    assert narrate(testapp, story_id) == {}
    lines = chapter(testapp, story_id, 2)["script"]["lines"]
    lines[0]["text"] = "Something else."
    testapp.request("PUT", f"/stories/{story_id}/chapters/2/script", {"lines": lines})
    assert out_of_date(testapp, story_id) == [False, True]
    assert narrate(testapp, story_id) == {"Something else.": 1, "Chapter Two. Part two.": 1, CLOSING: 1, AI: 1}


def test_a_word_in_a_title_is_said_as_a_person_says_it_is(testapp: TestApp, told: str) -> None:
    testapp.request("PATCH", f"/stories/{told}", {"pronunciations": {"Lamp": "Lahmp"}})
    assert out_of_date(testapp, told) == [True, False, True]
    assert narrate(testapp, told).keys() >= {"The Lahmp."}
    assert cues(testapp, told, 1)["title"] == "The Lamp."


def test_a_text_of_a_person_is_framed_and_its_headings_are_read_once(testapp: TestApp) -> None:
    text = 'Chapter 1\n\nIt rained, and "come in," said Ada.\n\nChapter 2\n\nIt snowed on the roof.'
    story_id = testapp.request("POST", "/stories", {"text": text, "title": "39 Drops"}).json_body["story_id"]
    testapp.generate(story_id)
    testapp.run()
    bought = spoken(testapp)
    assert bought["Thirty-nine Drops."] == 1
    assert bought["This story was narrated by artificial intelligence."]
    assert not any("written" in text for text in bought)
    assert sum("hapter one" in text.casefold() for text in bought) <= 1
    first = cues(testapp, story_id, 1)
    assert first["title"] == "39 Drops."
    assert "chapter" not in first or "Chapter" not in first["001"]


def test_a_chapter_whose_heading_failed_buys_nothing_twice(memory_aws: None) -> None:
    clock = ManualClock()
    refused = [ProviderFault("ElevenLabs", "status", status=503, code="", retry_after_s=0)] * 2

    def fails(text: str) -> BaseException | None:
        return refused.pop() if refused and text.startswith("Chapter One. Part") else None

    testapp = framed(clock=clock, narrator=MemoryNarrator(clock, fails=fails))
    story_id = testapp.create(num_chapters=2)
    task = testapp.generate(story_id)
    testapp.run()
    assert testapp.task(task)["status"] == "completed"
    assert not refused
    assert max(testapp.narrator.bought.values()) == 1


def test_an_odd_heading_is_noticed_at_no_line(memory_aws: None) -> None:
    class Mute(MemoryNarrator):
        def speak(self, request: SpeechRequest) -> SpeechResult:
            result = super().speak(request)
            return SpeechResult(silence(), result.characters) if request.text.startswith("Chapter Two") else result

    clock = ManualClock()
    testapp = framed(clock=clock, narrator=Mute(clock))
    story_id = testapp.create(num_chapters=2)
    testapp.generate(story_id)
    testapp.run()
    [notice] = [one for one in chapter(testapp, story_id, 2)["notices"] if one["code"] == "odd_sound"]
    assert notice["line_id"] is None
    assert notice["message"].startswith("“Chapter Two. Part two.”: Nothing can be heard")


def silence() -> bytes:
    source = "anullsrc=r=44100:cl=mono"
    command = ["ffmpeg", "-v", "error", "-f", "lavfi", "-t", "1", "-i", source, "-f", "mp3", "pipe:1"]
    return subprocess.run(command, capture_output=True, check=True).stdout


def test_the_file_says_who_made_it_to_people_and_to_machines(testapp: TestApp, told: str, tmp_path: Path) -> None:
    keys = [item["Key"] for item in s3().list_objects_v2(Bucket=settings.bucket)["Contents"]]
    [key] = [key for key in keys if told in key and re.search(r"chapters/0*1[^0-9].*\.mp3$", key)]
    file = tmp_path / "chapter.mp3"
    file.write_bytes(s3().get_object(Bucket=settings.bucket, Key=key)["Body"].read())
    command = ["ffprobe", "-v", "error", "-of", "json", "-show_format", str(file)]
    tags = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)["format"]["tags"]
    assert tags["comment"] == AI
    assert tags["DigitalSourceType"].endswith("/trainedAlgorithmicMedia")
