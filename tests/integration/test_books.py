"""The book of a story: its files made when all is narrated, made again when something changed, and fetched."""

import io
import json
import shutil
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tinytag import TinyTag

from chalicelib.audio.m4b import PACKET, encode_aac, packets_of
from chalicelib.audio.tools import SAMPLE_RATE, Completed, Ffmpeg, Run
from chalicelib.domain.message import NARRATION
from chalicelib.domain.steps import Step
from chalicelib.pipeline.binding import draw_cover
from chalicelib.pipeline.flow import message_of
from chalicelib.store.book_files import book_key
from chalicelib.store.objects import chapter_key, m4a_key
from chalicelib.timing import MARGIN_S, MASTERING_S
from tests.support.pictures import SMALL_JPEG
from tests.support.testapp import USER, TestApp


def narrated(testapp: TestApp, chapters: int = 2) -> str:
    """Return the id of a story of which every chapter is narrated."""
    story_id = testapp.create(num_chapters=chapters)
    testapp.generate(story_id)
    testapp.run()
    return story_id


def story_of(testapp: TestApp, story_id: str) -> Any:
    return testapp.request("GET", f"/stories/{story_id}").json_body


def kept(testapp: TestApp, story_id: str, kind: Any) -> bytes:
    """Return a file of the story's book as it is stored."""
    book = testapp.services.stories.get(USER, story_id).book
    assert book is not None
    found = testapp.services.objects.get(book_key(story_id, book.version, kind))
    assert found is not None
    return found.data


def keys(testapp: TestApp, story_id: str) -> list[str]:
    return sorted(testapp.services.objects.keys(f"stories/{story_id}/book/"))


def bind(testapp: TestApp, story_id: str, status: int = 202) -> Any:
    """Ask for the story's book and have it made; return the answer to the request."""
    answer = testapp.request("POST", f"/stories/{story_id}/book", {})
    assert answer.status_code == status, answer.body
    testapp.run()
    return answer.json_body


def show(ffmpeg: Ffmpeg, path: Path) -> Any:
    asked = ["-v", "error", "-show_chapters", "-show_format", "-show_streams", "-of", "json", str(path)]
    return json.loads(ffmpeg.inspect(asked).stdout)


def test_ten_chapters_are_one_file_whose_marks_are_where_the_chapters_begin(
    testapp: TestApp, ffmpeg: Ffmpeg, tmp_path: Path
) -> None:
    story_id = narrated(testapp, 10)
    story = story_of(testapp, story_id)
    assert story["book"]["out_of_date"] is False
    path = tmp_path / "book.m4b"
    path.write_bytes(kept(testapp, story_id, "m4b"))
    assert story["book"]["m4b"]["bytes"] == path.stat().st_size
    shown = show(ffmpeg, path)
    position, worst = 0.0, 0.0
    for chapter, mark in zip(story["chapters"], shown["chapters"], strict=True):
        assert mark["tags"]["title"] == chapter["title"]
        assert abs(float(mark["start_time"]) - position) <= 0.020, chapter["number"]
        worst = max(worst, abs(float(mark["start_time"]) - position))
        position += chapter["audio"]["duration"]
        assert abs(float(mark["end_time"]) - position) <= 0.020, chapter["number"]
    assert abs(float(shown["format"]["duration"]) - story["book"]["m4b"]["duration"]) < 0.002
    assert story["book"]["m4b"]["duration"] == pytest.approx(position, abs=0.010)
    assert worst <= 0.006  # half a millisecond of rounding a chapter, and nothing that grows with their lengths
    assert [stream["codec_name"] for stream in shown["streams"] if stream["codec_type"] == "audio"] == ["aac"]


def test_another_library_reads_back_tags_and_cover(testapp: TestApp, tmp_path: Path) -> None:
    story_id = narrated(testapp)
    story = story_of(testapp, story_id)
    path = tmp_path / "book.m4b"
    path.write_bytes(kept(testapp, story_id, "m4b"))
    read = TinyTag.get(path, image=True)
    assert (read.title, read.album, read.artist, read.albumartist) == (
        story["title"],
        story["title"],
        "Fireside",
        "Fireside",
    )
    assert (read.genre, read.year) == ("Audiobook", story["created_at"][:4])
    narrator = testapp.services.voices.name_of(story["voices"]["Narrator"])
    assert narrator and (read.composer or "").startswith(narrator)
    assert "artificial intelligence" in (read.comment or "")
    picture = read.images.front_cover
    assert picture is not None
    assert (picture.mime_type, picture.data) == ("image/jpeg", SMALL_JPEG)
    # Moov before mdat: a player can begin before it has the whole file. 2 in stik is an audiobook.
    data = path.read_bytes()
    assert data[4:12] == b"ftypM4B "
    assert data.index(b"moov") < data.index(b"mdat")
    assert b"stik" in data[: data.index(b"mdat")]


def test_the_drawn_cover_is_a_picture_that_every_player_shows(testapp: TestApp, ffmpeg: Ffmpeg, tmp_path: Path) -> None:
    testapp = TestApp(clock=testapp.clock, draw_cover=draw_cover)
    story_id = narrated(testapp, 1)
    jpeg = kept(testapp, story_id, "jpg")
    path = tmp_path / "book.m4b"
    path.write_bytes(kept(testapp, story_id, "m4b"))
    picture = TinyTag.get(path, image=True).images.front_cover
    assert picture is not None and picture.data == jpeg
    (tmp_path / "cover.jpg").write_bytes(jpeg)
    (stream,) = show(ffmpeg, tmp_path / "cover.jpg")["streams"]
    assert (stream["codec_name"], stream["width"], stream["height"]) == ("mjpeg", 2400, 2400)


def test_the_sound_in_the_book_is_that_of_the_chapters_to_the_sample(
    testapp: TestApp, ffmpeg: Ffmpeg, tmp_path: Path
) -> None:
    story_id = narrated(testapp)
    chapters = [chapter["number"] for chapter in story_of(testapp, story_id)["chapters"]]
    headers = {one.number: one for one in testapp.services.chapters.headers(story_id)}
    joined = b""
    for number in chapters:
        found = testapp.services.objects.get(chapter_key(story_id, number, headers[number].sound_version or ""))
        assert found is not None
        joined += pcm(ffmpeg, found.data, tmp_path / f"{number}.mp3")
    whole = pcm(ffmpeg, kept(testapp, story_id, "m4b"), tmp_path / "book.m4b")
    # Each chapter fills whole packets of AAC, so neither format adds or loses a sample.
    assert len(whole) == len(joined)
    assert len(joined) % (2 * PACKET) == 0


def pcm(ffmpeg: Ffmpeg, data: bytes, path: Path) -> bytes:
    path.write_bytes(data)
    return ffmpeg.convert(["-i", str(path), "-map", "0:a", "-ar", str(SAMPLE_RATE), "-f", "s16le", "pipe:1"]).stdout


def test_the_epub_holds_the_sound_of_every_chapter(testapp: TestApp) -> None:
    story_id = narrated(testapp)
    data = kept(testapp, story_id, "epub")
    assert story_of(testapp, story_id)["book"]["epub"]["bytes"] == len(data)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None  # reads every entry against its CRC-32, which was stored beside the sound
        sizes = [entry.file_size for entry in archive.infolist() if entry.filename.endswith(".m4a")]
    find = testapp.services.book_files.m4a
    stored = [find(story_id, one.number, one.sound_version or "") for one in _headers(testapp, story_id)]
    assert sizes == [file.size for file in stored if file]
    assert len(sizes) == 2


def _headers(testapp: TestApp, story_id: str) -> Iterator[Any]:
    return testapp.services.chapters.headers(story_id)


@pytest.mark.parametrize(
    ("name", "media", "ending"),
    [
        ("book.m4b", "audio/mp4", "m4b"),
        ("book.epub", "application/epub+zip", "epub"),
        ("cover.jpg", "image/jpeg", "jpg"),
    ],
)
def test_a_file_is_fetched_by_a_fresh_address_once_it_is_there(
    testapp: TestApp, name: str, media: str, ending: str
) -> None:
    story_id = testapp.create(num_chapters=1)
    assert testapp.request("GET", f"/stories/{story_id}/{name}").status_code == 404
    testapp.generate(story_id)
    testapp.run()
    answer = testapp.request("GET", f"/stories/{story_id}/{name}")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (302, "no-store")
    assert f"response-content-type={media.replace('/', '%2F').replace('+', '%2B')}" in answer.headers["Location"]
    assert f".{ending}%22" in answer.headers["Location"]
    assert testapp.request("GET", f"/stories/{story_id}/{name}", user="bob").status_code == 404


def test_what_changes_puts_the_book_out_of_date_and_it_is_made_again_on_request(testapp: TestApp) -> None:
    story_id = narrated(testapp)
    before = keys(testapp, story_id)
    assert len(before) == 3
    assert testapp.request("PATCH", f"/stories/{story_id}", {"title": "The Other Lamp"}).status_code == 200
    assert story_of(testapp, story_id)["book"]["out_of_date"] is True
    listed = testapp.request("GET", "/stories").json_body["stories"][0]
    assert listed["book"]["out_of_date"] is True
    # Until it is made again, the old one can be fetched.
    assert testapp.request("GET", f"/stories/{story_id}/book.m4b").status_code == 302
    assert keys(testapp, story_id) == before
    spent = sum(testapp.author.bought.values()) + sum(testapp.narrator.bought.values())
    task = bind(testapp, story_id)
    assert (task["kind"], task["status"]) == ("book", "queued")
    ended = testapp.task(task["task_id"])
    assert (ended["status"], ended["progress"]) == ("completed", 100)
    story = story_of(testapp, story_id)
    assert (story["book"]["out_of_date"], story["status"]) == (False, "completed")
    after = keys(testapp, story_id)
    assert len(after) == 3
    assert not {*after} & {*before}
    assert sum(testapp.author.bought.values()) + sum(testapp.narrator.bought.values()) == spent


def test_a_chapter_that_is_narrated_again_brings_a_new_book_with_its_task(testapp: TestApp) -> None:
    story_id = narrated(testapp)
    before = story_of(testapp, story_id)["book"]
    line = {"line_id": "001", "speaker": "Ada", "text": "Otherwise, and at some length, so that it can be heard."}
    assert testapp.request("PUT", f"/stories/{story_id}/chapters/2/script", {"lines": [line]}).status_code == 200
    assert story_of(testapp, story_id)["book"]["out_of_date"] is True
    refused = bind(testapp, story_id, 409)
    assert refused["Message"].startswith("Chapter 2 is narrated, but has changed since; narrate it first")
    assert testapp.request("POST", f"/stories/{story_id}/audio", {"chapters": [2]}).status_code == 202
    testapp.run()
    after = story_of(testapp, story_id)["book"]
    assert after["out_of_date"] is False
    assert after["m4b"]["duration"] != before["m4b"]["duration"]


def test_without_every_chapter_there_is_no_book_and_a_clear_refusal(testapp: TestApp) -> None:
    story_id = testapp.create(num_chapters=2)
    assert bind(testapp, story_id, 409)["Message"].startswith("Chapter 1 is not narrated yet; narrate it first")
    testapp.generate(story_id, audio=False)
    assert "is running on this story" in testapp.request("POST", f"/stories/{story_id}/book", {}).json_body["Message"]
    testapp.run()
    assert testapp.request("POST", f"/stories/{story_id}/audio", {"chapters": [1]}).status_code == 202
    testapp.run()
    story = story_of(testapp, story_id)
    assert (story["book"], story["chapters"][0]["status"]) == (None, "completed")
    assert bind(testapp, story_id, 409)["Message"].startswith("Chapter 2 is not narrated yet")
    assert testapp.request("POST", f"/stories/{story_id}/book", {"again": True}).status_code == 400


def test_a_book_that_is_up_to_date_is_not_made_again(testapp: TestApp) -> None:
    story_id = narrated(testapp)
    before = keys(testapp, story_id)
    written = testapp.services.stories.get(USER, story_id).book
    headers = {"Idempotency-Key": "once"}
    first, second = (testapp.request("POST", f"/stories/{story_id}/book", {}, headers=headers) for _ in range(2))
    assert first.json_body == second.json_body
    testapp.run()
    assert testapp.task(first.json_body["task_id"])["status"] == "completed"
    assert keys(testapp, story_id) == before
    assert testapp.services.stories.get(USER, story_id).book == written


def test_chapters_of_an_earlier_version_are_encoded_one_after_the_other_as_time_allows(
    testapp: TestApp, ffmpeg: Ffmpeg
) -> None:
    story_id = narrated(testapp, 3)
    for one in _headers(testapp, story_id):
        testapp.services.objects.delete(m4a_key(story_id, one.number, one.sound_version or ""))
    assert testapp.request("PATCH", f"/stories/{story_id}", {"title": "An Older One"}).status_code == 200
    slow = TestApp(clock=testapp.clock, queues=testapp.queues, ffmpeg=replace(ffmpeg, run=taking(testapp, ffmpeg)))
    task_id = slow.request("POST", f"/stories/{story_id}/book", {}).json_body["task_id"]
    aac: list[int] = []
    while message := slow.queues.receive():
        # Time for one thing: each delivery goes on where the last one stopped.
        slow.deliver(message, remaining_s=MASTERING_S + MARGIN_S + 1)
        aac.append(sum(key.endswith(".m4a") for key in slow.services.objects.keys(f"stories/{story_id}/chapters/")))
        slow.clock.advance(slow.timing.longest_wait_s)
    assert testapp.task(task_id)["status"] == "completed", testapp.task(task_id)
    assert aac == [1, 2, 3, 3, 3]  # then the M4B, and then the EPUB
    assert story_of(testapp, story_id)["book"]["out_of_date"] is False
    durations = [chapter["audio"]["duration"] for chapter in story_of(testapp, story_id)["chapters"]]
    assert story_of(testapp, story_id)["book"]["m4b"]["duration"] == pytest.approx(sum(durations), abs=0.05)


def taking(testapp: TestApp, ffmpeg: Ffmpeg) -> Run:
    """Return a way to run ffmpeg that takes ten seconds of the test's clock for each file it writes."""

    def run(command: list[str], stdin: Iterable[bytes], timeout_s: float) -> Completed:
        testapp.clock.advance(10 if command[-1].endswith((".m4a", ".m4b")) else 0)
        return ffmpeg.run(command, stdin, timeout_s)

    return run


def test_a_book_that_cannot_be_made_fails_no_chapter(testapp: TestApp) -> None:
    testapp = TestApp(clock=testapp.clock, draw_cover=broken)
    story_id = testapp.create(num_chapters=1)
    task_id = testapp.generate(story_id)
    for _ in range(60):
        testapp.run()
        if testapp.task(task_id)["status"] == "completed":
            break
        testapp.fail_dead_letter()
        testapp.clock.advance(testapp.timing.silence_s + 1)
        testapp.services.sweeper.sweep()
    task, story = testapp.task(task_id), story_of(testapp, story_id)
    assert (task["status"], task["progress"], task["error"]) == ("completed", 100, None)
    assert task["message"].endswith("the book's files could not be made: ask for the book again.")
    assert (story["status"], story["book"]) == ("completed", None)
    assert story["chapters"][0]["status"] == "completed"
    # Then it can be.
    mended = TestApp(clock=testapp.clock)
    assert bind(mended, story_id)["kind"] == "book"
    assert story_of(mended, story_id)["book"]["out_of_date"] is False


def broken(_story: object) -> bytes:
    raise RuntimeError("a bug")


def test_two_workers_that_end_the_last_narrations_together_send_the_book_once(testapp: TestApp) -> None:
    story_id = testapp.create(num_chapters=2)
    task_id = testapp.generate(story_id)
    flow, tasks = testapp.services.flow, testapp.services.tasks
    task = tasks.get(task_id)
    assert task is not None
    testapp.queues.messages.clear()
    for step in sorted(task.plan - {Step("book"), Step("narrate", 1), Step("narrate", 2)}):
        assert tasks.complete_step(task, step)
    # Both read the task before either of them marked its step.
    flow.complete_step(task, Step("narrate", 1))
    assert [one.body for one in testapp.queues.messages if one.queue == NARRATION] == []
    flow.complete_step(task, Step("narrate", 2))
    (sent,) = [one for one in testapp.queues.messages if one.queue == NARRATION]
    assert '"b"' in sent.body
    # A narration that is delivered once more sends it again, which does no harm.
    testapp.queues.send(NARRATION, message_of(task, "n2"))
    testapp.run()
    assert testapp.task(task_id)["status"] == "completed"


@pytest.mark.parametrize("kind", ["audiobook", "book"])
def test_a_book_whose_workers_all_die_without_a_word_is_given_up_alone(testapp: TestApp, kind: str) -> None:
    story_id = testapp.create(num_chapters=1)
    task_id = testapp.generate(story_id)
    if kind == "book":
        testapp.run()
        testapp.request("PATCH", f"/stories/{story_id}", {"title": "Another"})
        task_id = testapp.request("POST", f"/stories/{story_id}/book", {}).json_body["task_id"]
    for _ in range(200):
        message = testapp.queues.receive()
        if message is not None and '"b"' in message.body:
            testapp.queues.messages.remove(message)  # as if it had been lost
        elif message is not None:
            testapp.deliver(message)
        elif testapp.task(task_id)["status"] in {"completed", "failed"}:
            break
        else:
            testapp.clock.advance(testapp.timing.silence_s + 1)
            testapp.services.sweeper.sweep()
    task = testapp.task(task_id)
    ended = {"audiobook": ("completed", None), "book": ("failed", "internal")}
    assert (task["status"], task["error_code"]) == ended[kind]
    assert story_of(testapp, story_id)["error"] is None
    assert story_of(testapp, story_id)["status"] == "completed"
    assert bind(testapp, story_id)["kind"] == "book"
    assert story_of(testapp, story_id)["book"]["out_of_date"] is False


def test_a_book_without_room_on_the_disk_says_how_long_it_is(testapp: TestApp, monkeypatch: pytest.MonkeyPatch) -> None:
    story_id = narrated(testapp, 1)
    testapp.request("PATCH", f"/stories/{story_id}", {"title": "Another"})
    usage = shutil.disk_usage("/")._replace(free=1_000_000)
    monkeypatch.setattr("chalicelib.pipeline.binding.shutil.disk_usage", lambda _path: usage)
    task = testapp.task(bind(testapp, story_id)["task_id"])
    assert (task["status"], task["error_code"]) == ("failed", "invalid_output")
    assert "and there is room for 1 MB where they are made. Its chapters can be heard one by one." in task["error"]
    # The book that there was is there still.
    assert testapp.request("GET", f"/stories/{story_id}/book.m4b").status_code == 302


def test_a_deleted_story_leaves_no_file_of_its_book(testapp: TestApp) -> None:
    story_id = narrated(testapp, 1)
    assert testapp.request("DELETE", f"/stories/{story_id}").status_code == 204
    testapp.run()
    assert list(testapp.services.objects.keys(f"stories/{story_id}/")) == []


def test_aac_made_from_an_mp3_is_as_long_as_it_has_to_be(ffmpeg: Ffmpeg, tmp_path: Path) -> None:
    mp3 = tmp_path / "in.mp3"
    ffmpeg.convert(["-f", "lavfi", "-i", "sine=f=300:d=3.21:r=44100", "-ac", "1", "-b:a", "128k", str(mp3)])
    for packets in (packets_of(3.21), packets_of(3.21) + 2):
        encode_aac(ffmpeg, [mp3.read_bytes()], packets, tmp_path / "out.m4a", 30.0)
        seconds = float(show(ffmpeg, tmp_path / "out.m4a")["format"]["duration"])
        assert seconds == pytest.approx(packets * PACKET / SAMPLE_RATE, abs=0.001)
