"""A person's changes to who speaks in which voice, and to how words are said: what they make out of date."""

from collections.abc import Callable, Iterator, Mapping

import msgspec

from chalicelib.domain.chapter import Chapter, ChapterHeader, Spoken
from chalicelib.domain.digest import digest
from chalicelib.domain.outline import NARRATOR, Teller
from chalicelib.domain.story import Story
from chalicelib.domain.texts import find_name
from chalicelib.domain.voice import VoiceReason
from chalicelib.errors import Invalid
from chalicelib.pipeline.ports import ChapterRepository, Write
from chalicelib.pipeline.speaking import spoken_lines
from chalicelib.story.framing import Frame


def recast(story: Story, voices: Mapping[str, str], pronunciations: Mapping[str, str] | None) -> Story:
    """Return a planned story with other `voices` for the speakers that these name, and with these pronunciations.

    None leaves the pronunciations as they are. Raises Invalid for a speaker that the story does not have.
    """
    speakers = story.speakers()
    named: dict[str, str] = {}
    for given, voice_id in voices.items():
        if (speaker := find_name(given, speakers)) is None:
            raise Invalid(f"voices: {given} is not in the cast; it has {', '.join(speakers)}.")
        named[speaker] = voice_id
    named |= _of_teller(story, named)
    reasons: dict[str, VoiceReason] = dict.fromkeys(named, "person")
    return msgspec.structs.replace(
        story,
        voices={**(story.voices or {}), **named},
        chosen_voices={**story.chosen_voices, **named},
        voice_reasons={**story.voice_reasons, **reasons},
        # Who chooses a voice again that had died wants to hear it.
        substitutes={name: one for name, one in story.substitutes.items() if name not in named},
        pronunciations=story.pronunciations if pronunciations is None else pronunciations,
    )


def _of_teller(story: Story, named: Mapping[str, str]) -> dict[str, str]:
    """Return the voice of the narrator and of the one who says "I", who are one, where either gets another."""
    teller = story.outline.narrator if story.outline else Teller()
    if teller.person != "first" or not teller.character:
        return {}
    own = named.get(teller.character) or named.get(NARRATOR)
    return {NARRATOR: named.get(NARRATOR, own), teller.character: own} if own else {}


def spoken_otherwise(
    before: Story,
    after: Story,
    headers: Iterator[ChapterHeader],
    chapter_of: Callable[[int], Chapter | None],
    frame: Frame,
) -> Iterator[tuple[Chapter, Spoken]]:
    """Yield the written chapters that sound otherwise after a change of voices, pronunciations or titles, and how."""
    if _heard_of(before) == _heard_of(after):
        return
    for header in headers:
        chapter = chapter_of(header.number) if header.script_version else None
        if chapter is None or chapter.script is None:
            continue
        was, now = _digest(before, chapter, frame), _digest(after, chapter, frame)
        if was != now:
            # The first such digest stays: a change that is taken back leaves the sound as up to date as it was.
            yield chapter, Spoken(chapter.spoken.was if chapter.spoken else was, now)


def marked(
    before: Story, after: Story, chapters: ChapterRepository, frame: Frame, only: int | None = None
) -> list[Write]:
    """Return the writes that mark the chapters, or `only` one, whose sound is out of date after a change."""
    headers = (one for one in chapters.headers(before.story_id) if only in {None, one.number})
    otherwise = spoken_otherwise(before, after, headers, lambda number: chapters.get(before.story_id, number), frame)
    return [
        chapters.order_voices(before.story_id, chapter.number, spoken, if_version=chapter.script_version or "")
        for chapter, spoken in otherwise
    ]


def _heard_of(story: Story) -> tuple[object, ...]:
    """Return what of a story itself is heard in its chapters."""
    return story.voices, story.stand_ins, story.pronunciations, story.name, story.chapter_titles()


def _digest(story: Story, chapter: Chapter, frame: Frame) -> str:
    voices = story.voices or {}
    voiced = {speaker: f"{voice_id} {story.stand_ins.get(speaker, '')}" for speaker, voice_id in voices.items()}
    said = [part for line in spoken_lines(story, chapter, frame) for part in (voiced.get(line.speaker, ""), line.text)]
    return digest(*said)[:16]
