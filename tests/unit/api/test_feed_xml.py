"""The feed: valid, complete and steady, whatever a story's texts hold."""

import re
import uuid
from typing import Any
from xml.etree import ElementTree

import feedparser
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.api.feed_xml import ATOM, ITUNES, PODCAST, Episode, Feed, feed_guid, write_rss
from chalicelib.domain.texts import whole, xml_characters

URL = "https://abc.execute-api.eu-central-1.amazonaws.com/api/feeds/c2VjcmV0"


def episode(number: int, **fields: Any) -> Episode:
    usual = {
        "number": number,
        "title": f"Chapter the {number}.",
        "guid": f"guid{number}",
        "published": 1_764_000_000.0 + number,
        "duration_s": 61.5,
        "size_bytes": 1_234_567,
        "files": f"{URL}/{number}",
    }
    return Episode(**{**usual, **fields})


FEED = Feed(
    url=URL,
    page=URL.replace("/feeds/", "/listen/"),
    title="The Lamp & the <Sea>",
    language="en",
    description="Written and narrated by machines.",
    image=f"{URL}/cover.jpg",
    built=1_764_000_002.0,
    episodes=[episode(1), episode(2)],
)


def read(feed: Feed) -> Any:
    found = feedparser.parse(write_rss(feed).encode())
    assert not found.bozo, found.get("bozo_exception")
    return found


def parsed(feed: Feed) -> ElementTree.Element:
    return ElementTree.fromstring(write_rss(feed).encode())[0]  # noqa: S314 # our own


def test_a_podcast_player_reads_all_of_it() -> None:
    found = read(FEED)
    assert found.version == "rss20"
    channel = found.feed
    assert (channel.title, channel.link, channel.language) == (FEED.title, FEED.page, "en")
    assert (channel.subtitle, channel.author) == (FEED.description, "Fireside")
    assert (channel.itunes_type, channel.itunes_block) == ("serial", 1)
    assert channel.image.href == FEED.image
    assert {"rel": "self", "href": URL, "type": "application/rss+xml"} in channel.links
    one, two = found.entries
    assert (one.title, one.id, one.guidislink) == ("Chapter the 1.", "guid1", False)
    assert (one.itunes_season, one.itunes_episode, one.itunes_episodetype) == ("1", "1", "full")
    assert (one.itunes_duration, two.itunes_episode) == ("62", "2")
    [sound] = one.enclosures
    assert (sound.href, sound.length, sound.type) == (f"{URL}/1.mp3", "1234567", "audio/mpeg")
    assert one.published_parsed < two.published_parsed


def test_podcasting_2_0_finds_transcript_chapters_and_guid() -> None:
    channel = parsed(FEED)
    said = {tag: channel.findtext(f"{{{PODCAST}}}{tag}") for tag in ("guid", "locked", "block", "medium")}
    assert said == {"guid": feed_guid(URL), "locked": "yes", "block": "yes", "medium": "audiobook"}
    item = channel.find("item")
    assert item is not None
    transcript, chapters = item.find(f"{{{PODCAST}}}transcript"), item.find(f"{{{PODCAST}}}chapters")
    assert transcript is not None
    assert chapters is not None
    assert (transcript.get("url"), transcript.get("type")) == (f"{URL}/1.vtt", "text/vtt")
    assert (chapters.get("url"), chapters.get("type")) == (f"{URL}/1.json", "application/json+chapters")


@pytest.mark.parametrize(
    ("url", "guid"),
    [
        # The examples of the specification: https://podcasting2.org/docs/podcast-namespace/tags/guid
        ("https://mp3s.nashownotes.com/pc20rss.xml", "917393e3-1b1e-5cef-ace4-edaa54e1f810"),
        ("http://podnews.net/rss/", "9b024349-ccf0-5f69-a609-6b82873eab3c"),
    ],
)
def test_the_guid_of_a_feed_follows_from_its_address(url: str, guid: str) -> None:
    assert feed_guid(url) == guid
    assert uuid.UUID(guid).version == 5


def test_without_a_cover_and_without_chapters_it_is_valid_too() -> None:
    text = write_rss(msgspec.structs.replace(FEED, image="", episodes=[]))
    assert "image" not in text
    assert not feedparser.parse(text.encode()).bozo


def test_it_names_its_own_encoding_and_its_namespaces_by_their_usual_prefixes() -> None:
    text = write_rss(FEED)
    assert text.startswith('<?xml version="1.0" encoding="UTF-8"?>\n<rss ')
    for prefix, name in (("itunes", ITUNES), ("podcast", PODCAST), ("atom", ATOM)):
        assert f'xmlns:{prefix}="{name}"' in text
    assert write_rss(FEED) == text


@given(st.text(st.characters(codec=None), max_size=60))
def test_no_title_breaks_it(title: str) -> None:
    feed = msgspec.structs.replace(FEED, title=title, episodes=[episode(1, title=title)])
    channel = parsed(feed)
    # What an XML parser gives back has one kind of line end.
    kept = re.sub("\r\n?", "\n", xml_characters(whole(title)))
    assert (channel.findtext("title") or "") == kept
    assert (channel.findtext("item/title") or "") == kept
