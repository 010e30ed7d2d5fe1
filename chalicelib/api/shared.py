"""What a share opens: one story's narrated chapters, for those who have the secret, and nothing else of the library.

Everything is looked up anew at each request, by a consistent read, so that what was revoked is gone at once.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from chalicelib.api.covers import cover_of
from chalicelib.api.feed_xml import RSS, Episode, Feed, write_rss
from chalicelib.api.reading import StoryReader
from chalicelib.api.scenes import chapters_json
from chalicelib.api.signatures import Content, Redirect
from chalicelib.api.web import PRIVATE
from chalicelib.clock import timestamp
from chalicelib.domain.chapter import VTT, ChapterHeader
from chalicelib.domain.digest import digest, text_digest
from chalicelib.domain.share import Shares
from chalicelib.domain.story import UNTITLED, Story
from chalicelib.errors import NotFound
from chalicelib.pipeline.ports import ChapterRepository, StoryRepository
from chalicelib.pipeline.sounds import HttpMethod, SoundStore
from chalicelib.story.frame import ai_sentence

NOTHING = "There is nothing at this address, or no longer."
"""What is said of a secret that is unknown, revoked or expired, of a story that is gone, and of a file that is not
there: nobody learns which."""

_FOR_PLAYERS: Mapping[str, str | list[str]] = {**PRIVATE, "Access-Control-Allow-Origin": "*"}
"""Podcast players on the web read transcripts and chapters from their own pages, and know the secret already."""

COVER = "cover.jpg"
_CHAPTER_FILE = re.compile(r"([1-9][0-9]?)\.(mp3|vtt|json)")


class SharedChapter(msgspec.Struct, frozen=True):
    """A narrated chapter as the shared page shows it; its files are `<number>.mp3` and `<number>.vtt`."""

    number: int
    title: str
    duration: float


class SharedStory(msgspec.Struct, frozen=True):
    """`GET /feeds/{secret}/story.json`: what the shared page shows. `id` names the feed and does not reveal its secret.

    `chapters_to_come` is how many are not narrated yet.
    """

    id: str
    title: str
    language: str
    notice: str
    cover: str
    chapters: list[SharedChapter]
    chapters_to_come: int


class SharedStories:
    """What is answered to those who have a share's secret."""

    def __init__(
        self,
        *,
        shares: Shares,
        stories: StoryRepository,
        chapters: ChapterRepository,
        sounds: SoundStore,
        reader: StoryReader,
    ) -> None:
        self._shares = shares
        self._stories = stories
        self._chapters = chapters
        self._sounds = sounds
        self._reader = reader

    def open(self, secret: str) -> Story:
        """Return the story that a secret opens; raise NotFound, whatever the reason."""
        shared = self._shares.find(secret)
        if shared is None:
            raise NotFound(NOTHING)
        try:
            return self._stories.get(shared.user_id, shared.story_id)
        except NotFound:
            raise NotFound(NOTHING) from None

    def feed(self, secret: str, base: str, known: str) -> Content:
        """Return the story as a podcast feed; 304 if `known`, the value of If-None-Match, has its ETag.

        `base` is where the API lies, such as `https://.../api/`. Raises NotFound.
        """
        story = self.open(secret)
        text = write_rss(self._feed(story, f"{base}feeds/{secret}", f"{base}listen/{secret}"))
        # Weak: API Gateway compresses the text on its way, and a strong one would claim that both have the same bytes
        # (RFC 9110, 8.8.3.3). If-None-Match compares weakly in any case.
        tag = f'W/"{text_digest(text)[:32]}"'
        headers = {**PRIVATE, "ETag": tag}
        if is_known(tag, known):
            return Content("", f"{RSS}; charset=utf-8", headers, status=304)
        return Content(text, f"{RSS}; charset=utf-8", headers)

    def file(self, secret: str, name: str, method: HttpMethod) -> Content | Redirect:
        """Return a file of the story: `1.mp3`, `1.vtt`, `1.json`, `cover.jpg` or `story.json`; raise NotFound.

        Sound and cover are a redirection to a URL that is signed for `method` alone.
        """
        story = self.open(secret)
        if name == "story.json":
            return Content(msgspec.json.encode(self._page(story)).decode(), "application/json", PRIVATE)
        if name == COVER and story.book:
            return _redirect(self._reader.book_url(story, "jpg", method))
        found = _CHAPTER_FILE.fullmatch(name)
        if found is None or int(found[1]) > len(story.chapter_titles()):
            raise NotFound(NOTHING)
        return self._chapter_file(story, int(found[1]), found[2], method)

    def _chapter_file(self, story: Story, number: int, kind: str, method: HttpMethod) -> Content | Redirect:
        chapter = self._chapters.get(story.story_id, number)
        if chapter is None or not chapter.sound_version:
            raise NotFound(NOTHING)
        title = story.chapter_titles()[number - 1]
        if kind == "mp3":
            url = self._reader.url(story, number, title, chapter.sound_version, method)
            return _redirect(url)
        captions = self._sounds.captions(story.story_id, number, chapter.sound_version)
        if captions is None:
            raise NotFound(NOTHING)
        if kind == "vtt":
            return Content(captions, VTT, _FOR_PLAYERS)
        return Content(chapters_json(chapter, title, captions), "application/json", _FOR_PLAYERS)

    def _page(self, story: Story) -> SharedStory:
        chapters = [
            SharedChapter(chapter.number, title, chapter.duration_s or 0.0) for chapter, title in self._narrated(story)
        ]
        return SharedStory(
            # Of the story, not of the share: a listener who gets a new link goes on where they were.
            id=digest("shared story", story.story_id)[:32],
            title=_title(story),
            language=story.language,
            notice=ai_sentence(story),
            cover=cover_of(story.story_id, _title(story), story.language),
            chapters=chapters,
            chapters_to_come=story.num_chapters - len(chapters),
        )

    def _feed(self, story: Story, url: str, page: str) -> Feed:
        episodes = list(_episodes(story, url, self._narrated(story)))
        return Feed(
            url=url,
            page=page,
            title=_title(story),
            language=story.language,
            description=ai_sentence(story),
            # There is one as soon as there is a book.
            image=f"{url}/{COVER}" if story.book else "",
            built=max([timestamp(story.created_at), *(episode.published for episode in episodes)]),
            episodes=episodes,
        )

    def _narrated(self, story: Story) -> Iterator[tuple[ChapterHeader, str]]:
        """Yield the narrated chapters of a story with their titles, in order."""
        titles = story.chapter_titles()
        for chapter in self._chapters.headers(story.story_id):
            if chapter.sound_version and chapter.number <= len(titles):
                yield chapter, titles[chapter.number - 1]


def _episodes(story: Story, url: str, narrated: Iterator[tuple[ChapterHeader, str]]) -> Iterator[Episode]:
    # Players sort by date: each chapter is published a second after the one before it at the earliest, whichever of
    # them was narrated first.
    published = timestamp(story.created_at)
    for chapter, title in narrated:
        published = max(published + 1, timestamp(chapter.narrated_at) if chapter.narrated_at else 0)
        yield Episode(
            number=chapter.number,
            title=title,
            # Whatever becomes of title and sound, and in every feed of the story: players know a chapter by this.
            guid=digest("episode", story.story_id, str(chapter.number))[:32],
            published=published,
            duration_s=chapter.duration_s or 0.0,
            size_bytes=chapter.size_bytes or 0,
            files=f"{url}/{chapter.number}",
        )


def _redirect(url: str) -> Redirect:
    return Redirect(url, {**PRIVATE, "Cache-Control": "no-store"})


def _title(story: Story) -> str:
    """Return the title; never how the prompt begins, which stands for it in the library."""
    return story.title or UNTITLED


def is_known(tag: str, known: str) -> bool:
    """Return whether the value of an If-None-Match header names an ETag, compared weakly, or is `*`."""
    tags: Sequence[str] = re.findall(r'(?:W/)?"[^"]*"|\*', known)
    return "*" in tags or tag.removeprefix("W/") in {one.removeprefix("W/") for one in tags}
