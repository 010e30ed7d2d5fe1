"""The podcast feed of a story over the API: it grows, stays the same while nothing changes, and answers 304."""

import calendar
from typing import Any

import feedparser
import pytest

from chalicelib.clock import timestamp
from chalicelib.domain.chapter import VTT
from chalicelib.store.tables import ChapterItem
from tests.support.testapp import TestApp


@pytest.fixture
def secret(testapp: TestApp) -> str:
    """Share a story of three chapters, of which the second one alone is narrated; return the secret."""
    story_id = testapp.create()
    testapp.generate(story_id, audio=False)
    testapp.run()
    narrate(testapp, story_id, 2)
    made = testapp.request("POST", f"/stories/{story_id}/shares", {}, headers={"Host": "127.0.0.1:8000"}).json_body
    return str(made["url"].rpartition("/")[2])


def narrate(testapp: TestApp, story_id: str, number: int) -> None:
    assert testapp.request("POST", f"/stories/{story_id}/audio", {"chapters": [number]}).status_code == 202
    testapp.run()


def story_of(testapp: TestApp) -> Any:
    [head] = testapp.request("GET", "/stories").json_body["stories"]
    return testapp.request("GET", f"/stories/{head['story_id']}").json_body


def fetch(testapp: TestApp, secret: str, **headers: str) -> Any:
    named = {"Host": "127.0.0.1:8000", **{name.replace("_", "-"): value for name, value in headers.items()}}
    return testapp.request("GET", f"/feeds/{secret}", user=None, headers=named)


def read(testapp: TestApp, secret: str) -> Any:
    answer = fetch(testapp, secret)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/rss+xml; charset=utf-8"
    found = feedparser.parse(answer.body)
    assert not found.bozo, found.get("bozo_exception")
    return found


def test_it_grows_in_order_while_chapters_are_narrated(testapp: TestApp, secret: str) -> None:
    story = story_of(testapp)
    numbers: list[list[str]] = []
    guids: dict[str, str] = {}
    for narrated in (None, 3, 1):
        if narrated:
            testapp.clock.advance(3600)
            narrate(testapp, story["story_id"], narrated)
        found = read(testapp, secret)
        numbers.append([entry.itunes_episode for entry in found.entries])
        dates = [entry.published_parsed for entry in found.entries]
        assert dates == sorted(dates)
        assert len({*dates}) == len(dates)
        for entry in found.entries:
            assert guids.setdefault(entry.itunes_episode, entry.id) == entry.id
    assert numbers == [["2"], ["2", "3"], ["1", "2", "3"]]
    assert len({*guids.values()}) == 3
    assert found.feed.title == story["title"]
    assert [entry.title for entry in found.entries] == [chapter["title"] for chapter in story["chapters"]]


def test_lengths_and_addresses_are_those_of_the_files(testapp: TestApp, secret: str) -> None:
    [entry] = read(testapp, secret).entries
    sound = story_of(testapp)["chapters"][1]["audio"]
    assert [(one.href, int(one.length), one.type) for one in entry.enclosures] == [
        (f"http://127.0.0.1:8000/feeds/{secret}/2.mp3", sound["bytes"], "audio/mpeg")
    ]
    assert int(entry.itunes_duration) == round(sound["duration"])


def test_it_says_in_the_story_s_language_that_artificial_intelligence_made_it(testapp: TestApp) -> None:
    story_id = testapp.create(language="de", prompt="Ein Leuchtturm")
    made = testapp.request("POST", f"/stories/{story_id}/shares", {}).json_body
    secret = str(made["url"].rpartition("/")[2])
    told = testapp.request("GET", f"/feeds/{secret}/story.json", user=None).json_body
    assert "künstlicher Intelligenz" in told["notice"]
    assert read(testapp, secret).feed.subtitle == told["notice"]


def test_the_same_feed_is_not_sent_twice(testapp: TestApp, secret: str) -> None:
    first = fetch(testapp, secret)
    tag = first.headers["ETag"]
    assert first.headers["Cache-Control"] == "private, no-cache"
    testapp.clock.advance(3600)
    strong = tag.removeprefix("W/")
    for known in (tag, strong, f'"other", {tag}', f'{strong}, W/"x"', "*"):
        answer = fetch(testapp, secret, If_None_Match=known)
        assert (answer.status_code, answer.body, answer.headers["ETag"]) == (304, b"", tag), known
    for unknown in ("", '"other"', strong.strip('"'), f"x{strong[1:]}"):
        assert fetch(testapp, secret, If_None_Match=unknown).status_code == 200, unknown
    narrate(testapp, story_of(testapp)["story_id"], 3)
    grown = fetch(testapp, secret, If_None_Match=tag)
    assert (grown.status_code, grown.headers["ETag"] == tag) == (200, False)


def test_a_chapter_that_is_narrated_again_stays_the_same_episode(testapp: TestApp, secret: str) -> None:
    story_id = story_of(testapp)["story_id"]
    [before] = read(testapp, secret).entries
    testapp.clock.advance(86_400)
    lines = testapp.request("GET", f"/stories/{story_id}/chapters/2").json_body["script"]["lines"]
    fewer = {"lines": lines[:-1]}
    assert testapp.request("PUT", f"/stories/{story_id}/chapters/2/script", fewer).status_code == 200
    narrate(testapp, story_id, 2)
    [after] = read(testapp, secret).entries
    assert (after.id, after.published) == (before.id, before.published)
    assert after.enclosures[0].length != before.enclosures[0].length


def test_a_chapter_of_a_version_that_noted_no_moment_has_one_all_the_same(testapp: TestApp, secret: str) -> None:
    story = story_of(testapp)
    item = ChapterItem(story["story_id"], 2)
    item.update([ChapterItem.narrated_at.remove()])
    [entry] = read(testapp, secret).entries
    assert calendar.timegm(entry.published_parsed) == int(timestamp(story["created_at"])) + 1


def test_transcripts_and_scenes_come_with_each_chapter(testapp: TestApp, secret: str) -> None:
    captions = testapp.request("GET", f"/feeds/{secret}/2.vtt", user=None)
    assert (captions.status_code, captions.headers["Content-Type"]) == (200, VTT)
    assert captions.body.startswith(b"WEBVTT")
    scenes = testapp.request("GET", f"/feeds/{secret}/2.json", user=None)
    assert scenes.json_body["chapters"][0] == {"startTime": 0.0, "title": story_of(testapp)["chapters"][1]["title"]}
    for answer in (captions, scenes):
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert answer.headers["Cache-Control"] == "private, no-cache"
    for name in ("1.vtt", "3.json", "4.vtt", "1.mp3"):
        assert testapp.request("GET", f"/feeds/{secret}/{name}", user=None).status_code == 404


def test_a_finished_story_has_its_cover(testapp: TestApp) -> None:
    story_id = testapp.create(num_chapters=1)
    testapp.generate(story_id)
    testapp.run()
    made = testapp.request("POST", f"/stories/{story_id}/shares", {}, headers={"Host": "127.0.0.1:8000"}).json_body
    secret = str(made["url"].rpartition("/")[2])
    assert read(testapp, secret).feed.image.href == f"{made['feed_url']}/cover.jpg"
    page = testapp.request("GET", f"/feeds/{secret}/story.json", user=None).json_body
    assert page["cover"].startswith("<svg")
    found = {}
    for method in ("GET", "HEAD"):
        answer = testapp.request(method, f"/feeds/{secret}/cover.jpg", user=None)
        assert (answer.status_code, ".jpg" in answer.headers["Location"]) == (302, True)
        found[method] = answer.headers["Location"]
    assert found["GET"] != found["HEAD"]
