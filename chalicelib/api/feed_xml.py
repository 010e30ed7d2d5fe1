"""A story as a podcast: RSS 2.0 with the namespaces of Apple Podcasts and of Podcasting 2.0.

https://www.rssboard.org/rss-specification
https://help.apple.com/itc/podcasts_connect/#/itcb54353390
https://podcasting2.org/docs/podcast-namespace
"""

import uuid
from collections.abc import Mapping, Sequence
from email.utils import formatdate
from xml.etree.ElementTree import Element, SubElement, indent, register_namespace, tostring

import msgspec

from chalicelib.domain.chapter import MP3
from chalicelib.domain.texts import whole, xml_characters

ITUNES = "http://www.itunes.com/dtds/podcast-1.0.dtd"
PODCAST = "https://podcastindex.org/namespace/1.0"
ATOM = "http://www.w3.org/2005/Atom"
RSS = "application/rss+xml"
CHAPTERS = "application/json+chapters"

_GUIDS = uuid.UUID("ead4c236-bf58-58c6-a2c6-a6b28d128cb6")
"""The namespace of podcast:guid: https://podcasting2.org/docs/podcast-namespace/tags/guid."""

for _prefix, _name in (("itunes", ITUNES), ("podcast", PODCAST), ("atom", ATOM)):
    register_namespace(_prefix, _name)


class Episode(msgspec.Struct, frozen=True):
    """A narrated chapter. `published` is in seconds since the epoch; `files` is where its files begin, such as
    `https://.../feeds/<secret>/1` for `1.mp3`."""

    number: int
    title: str
    guid: str
    published: float
    duration_s: float
    size_bytes: int
    files: str


class Feed(msgspec.Struct, frozen=True):
    """A story with its narrated chapters, first to last. `image` is the address of its cover, or ""."""

    url: str
    page: str
    title: str
    language: str
    description: str
    image: str
    built: float
    episodes: Sequence[Episode]


def feed_guid(url: str) -> str:
    """Return the podcast:guid of a feed, which its URL determines: without its scheme, and slashes at its end."""
    return str(uuid.uuid5(_GUIDS, url.partition("://")[2].rstrip("/")))


def write_rss(feed: Feed) -> str:
    """Return the feed as RSS. The same feed always gives the same text."""
    rss = Element("rss", {"version": "2.0"})
    channel = SubElement(rss, "channel")
    _add(channel, "title", feed.title)
    _add(channel, "link", feed.page)
    _add(channel, "description", feed.description)
    _add(channel, "language", feed.language)
    _add(channel, "lastBuildDate", formatdate(feed.built, usegmt=True))
    _add(channel, "generator", "Fireside")
    _add(channel, _atom("link"), attributes={"href": feed.url, "rel": "self", "type": RSS})
    _add(channel, _itunes("author"), "Fireside")
    _add(channel, _itunes("type"), "serial")
    _add(channel, _itunes("explicit"), "false")
    _add(channel, _itunes("block"), "Yes")  # in no directory: it is one listener's
    _add(channel, _itunes("category"), attributes={"text": "Fiction"})
    if feed.image:
        _add(channel, _itunes("image"), attributes={"href": feed.image})
    _add(channel, _podcast("guid"), feed_guid(feed.url))
    _add(channel, _podcast("locked"), "yes")
    _add(channel, _podcast("block"), "yes")
    _add(channel, _podcast("medium"), "audiobook")
    for episode in feed.episodes:
        _add_episode(channel, feed, episode)
    indent(rss)
    # Not by ElementTree itself: for text it names the encoding of the machine.
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(rss, encoding="unicode")}\n'


def _add_episode(channel: Element, feed: Feed, episode: Episode) -> None:
    item = SubElement(channel, "item")
    _add(item, "title", episode.title)
    _add(item, "description", feed.description)
    sound = {"url": f"{episode.files}.mp3", "length": str(episode.size_bytes), "type": MP3}
    _add(item, "enclosure", attributes=sound)
    _add(item, "guid", episode.guid, {"isPermaLink": "false"})
    _add(item, "pubDate", formatdate(episode.published, usegmt=True))
    _add(item, _itunes("title"), episode.title)
    _add(item, _itunes("duration"), str(round(episode.duration_s)))
    _add(item, _itunes("season"), "1")
    _add(item, _itunes("episode"), str(episode.number))
    _add(item, _itunes("episodeType"), "full")
    _add(item, _itunes("explicit"), "false")
    _add(item, _podcast("episode"), str(episode.number))
    captions = {"url": f"{episode.files}.vtt", "type": "text/vtt", "language": feed.language, "rel": "captions"}
    _add(item, _podcast("transcript"), attributes=captions)
    _add(item, _podcast("chapters"), attributes={"url": f"{episode.files}.json", "type": CHAPTERS})


def _add(parent: Element, name: str, text: str = "", attributes: Mapping[str, str] | None = None) -> None:
    node = SubElement(parent, name, {key: _text(value) for key, value in (attributes or {}).items()})
    if text:
        node.text = _text(text)


def _text(text: str) -> str:
    return xml_characters(whole(text))


def _itunes(name: str) -> str:
    return f"{{{ITUNES}}}{name}"


def _podcast(name: str) -> str:
    return f"{{{PODCAST}}}{name}"


def _atom(name: str) -> str:
    return f"{{{ATOM}}}{name}"
