"""What becomes of an outline that the author answers: names that can be told apart, a cast that is not too large."""

import re
from collections.abc import Iterable, Sequence

import msgspec

from chalicelib.domain.outline import NARRATOR, Character, Outline, Pronunciation, ProposedVoice, Teller
from chalicelib.domain.texts import find_name, is_narrator, name_key, one_line
from chalicelib.errors import Unusable
from chalicelib.limits import LANGUAGE, MAX_LANGUAGE
from chalicelib.story.brief import Brief
from chalicelib.story.pronouncing import is_saying, is_word
from chalicelib.story.sizes import LONGEST_OUTLINE, ensure_storable


def tidy_outline(outline: Outline, brief: Brief, most: int, *, last: bool = False) -> Outline:
    """Return the outline with usable names and texts and a cast of `most`; raises Unusable where a chapter or the cast
    is missing, or where there is more than can be stored. A text that is told as it is may have no cast.

    A person who has a voice already must be in the cast: the author is asked for them once, and in its `last` reply
    they are added where they are still missing.
    """
    if len(outline.chapters) < brief.num_chapters:
        raise Unusable(f"chapters: {len(outline.chapters)} were planned; plan exactly {brief.num_chapters}.")
    cast = _cast(outline.cast, [*brief.named_speakers, *brief.known_speakers])
    named = [name for name in brief.named_speakers if not is_narrator(name)]
    missing = [name for name in named if find_name(name, cast) is None]
    if missing and not last:
        raise Unusable(f"cast: {', '.join(missing)} must be in it, by exactly that name, since they have a voice.")
    cast |= {name: Character(name, role="character") for name in missing}
    if not cast and brief.manuscript is None:
        raise Unusable("cast: there is nobody but the narrator; name the characters who speak.")
    narrator = _teller(outline.narrator, brief, cast)
    # Those that a person named and the one who tells are never too many.
    first = [name for name in cast if find_name(name, named) or name == narrator.character]
    order = [*first, *(name for name in cast if name not in first)]
    kept = set(order[: max(most, len(first))])
    chapters = [
        msgspec.structs.replace(plan, title=one_line(plan.title)[:120] or f"Chapter {number}")
        for number, plan in enumerate(outline.chapters[: brief.num_chapters], 1)
    ]
    tidy = msgspec.structs.replace(
        outline,
        title=brief.title or one_line(outline.title)[:200] or chapters[0].title,
        language=brief.language or language_tag(outline.language),
        narrator=narrator,
        cast=[character for name, character in cast.items() if name in kept],
        chapters=chapters,
        left_out=[name for name in cast if name not in kept][:50],
        voices=_proposed(outline.voices, [NARRATOR, *cast]),
        pronunciations=_pronunciations(outline.pronunciations),
    )
    largest = max(Outline.__struct_fields__, key=lambda name: len(msgspec.json.encode(getattr(tidy, name))))
    ensure_storable(largest, "an outline", tidy, LONGEST_OUTLINE)
    return tidy


def _proposed(voices: Sequence[ProposedVoice], speakers: Sequence[str]) -> list[ProposedVoice]:
    """Return the voices that are proposed for speakers there are, one for each, by the speakers' own names."""
    found: dict[str, str] = {}
    for one in voices:
        given = one_line(one.speaker)
        speaker = NARRATOR if is_narrator(given) else find_name(given, speakers)
        if speaker is not None:
            found.setdefault(speaker, one_line(one.voice_id)[:64])
    return [ProposedVoice(speaker, voice_id) for speaker, voice_id in found.items()]


MOST_PROPOSED = 24
"""Pronunciations of an outline that are kept: more is no list that a person reads."""


def _pronunciations(proposed: Sequence[Pronunciation]) -> list[Pronunciation]:
    """Return the pronunciations that a request could hold, and that change anything."""
    found: dict[str, str] = {}
    for one in proposed:
        word, say = one_line(one.word), one_line(one.say)
        if is_word(word) and is_saying(say) and word.casefold() != say.casefold():
            found.setdefault(word, say)
    return [Pronunciation(word, say) for word, say in list(found.items())[:MOST_PROPOSED]]


def language_tag(text: str) -> str:
    """Return a language tag as an author gave it, or "" if it is none."""
    tag = one_line(text)
    return tag if len(tag) <= MAX_LANGUAGE and re.fullmatch(LANGUAGE, tag) else ""


def _teller(narrator: Teller, brief: Brief, cast: Iterable[str]) -> Teller:
    """Return who tells the story, in the person that was wished for; "I" must be somebody of the cast."""
    names = list(cast)
    person = brief.point_of_view or narrator.person
    if person == "third" or not names:
        person = "third"
        return msgspec.structs.replace(narrator, person=person, character="")
    # The first of the cast is whom the story is about.
    return msgspec.structs.replace(narrator, person=person, character=find_name(narrator.character, names) or names[0])


def _cast(cast: Sequence[Character], named: Sequence[str]) -> dict[str, Character]:
    """Return a cast by names that can be told apart, spelt as the person spelt those that they named."""
    names = [one_line(character.name)[:60].strip() for character in cast]
    theirs = {find_name(name, names): name for name in named}
    found: dict[str, Character] = {}
    taken = {""}
    for character, given in zip(cast, names, strict=True):
        name = theirs.get(given, given)
        # The first of two with one name stays: lines name their speaker, so a second one could never be told apart.
        if (key := name_key(name)) not in taken and not is_narrator(name):
            taken.add(key)
            found[name] = msgspec.structs.replace(character, name=name)
    return found
