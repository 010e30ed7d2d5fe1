"""The casting of a story: from which voices, with what the author proposed, and who stands in for whom."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from chalicelib.audio.casting import CastVoices, cast_voices
from chalicelib.audio.voices import VoicesConfig
from chalicelib.domain.outline import NARRATOR, Character, Outline
from chalicelib.domain.story import Story
from chalicelib.domain.voice import Casting, Roster, Substitute, Voice
from chalicelib.pipeline.rosters import BEFORE_A_STORY_S, VoiceRoster, castable
from chalicelib.story.brief import Prequel


class CastingDirector:
    """Gives the speakers of stories their voices."""

    def __init__(self, voices: VoicesConfig, roster: VoiceRoster) -> None:
        self._voices = voices
        self._roster = roster

    def shown(self) -> list[dict[str, Any]]:
        """Return the voices that the author may choose from, as it is shown them. The account is asked before."""
        return [_shown(voice) for voice in self._available(self._roster.fresh(BEFORE_A_STORY_S))]

    def cast(self, story: Story, outline: Outline, prequel: Prequel | None) -> Casting:
        """Return the voices of everybody in a story that is planned."""
        kept = _kept_voices(prequel, outline) if prequel else {}
        return self._cast(story, outline, kept, {one.speaker: one.voice_id for one in outline.voices})

    def join(self, story: Story, outline: Outline) -> Casting:
        """Return the voices of a cast that others have joined; nobody's changes, and nobody's reason does."""
        made = self._cast(story, outline, story.voices or {}, {})
        return Casting(made.voices, {**made.reasons, **story.voice_reasons}, {**made.substitutes, **story.substitutes})

    def _available(self, roster: Roster) -> list[Voice]:
        return castable(self._voices, roster)

    def _cast(self, story: Story, outline: Outline, kept: Mapping[str, str], proposed: Mapping[str, str]) -> Casting:
        roster, configured = self._roster.known(), self._voices.voices
        usable = self._available(roster)

        def casting(voices: Sequence[Voice]) -> CastVoices:
            return cast_voices(
                outline.cast,
                voices,
                self._voices.narrator,
                teller=outline.narrator,
                chosen=story.chosen_voices,
                kept=kept,
                proposed=proposed,
                language=outline.language or story.language,
                scenes=scenes_of(outline),
            )

        made = casting(usable)
        lost = [voice for voice in configured if roster.available(voice.voice_id) is False]
        # With a few voices missing, the cast is the configured one with others in their place, and says so. With most
        # of them missing it is another account's, and there is nothing to compare it with.
        if not lost or 2 * len(lost) > len(configured):
            return Casting(made.voices, made.reasons)
        meant = casting([*usable, *lost])
        stand_ins = {
            speaker: Substitute(made.voices[speaker], voice_id, roster.why_not(voice_id))
            for speaker, voice_id in meant.voices.items()
            if roster.available(voice_id) is False and roster.available(made.voices[speaker]) is not False
        }
        return Casting(
            {speaker: meant.voices[speaker] if speaker in stand_ins else id_ for speaker, id_ in made.voices.items()},
            made.reasons,
            stand_ins,
        )


def scenes_of(outline: Outline) -> list[set[str]]:
    """Return who meets whom, as far as the plan says: the names that stand in one beat, and all with the Narrator.

    Who is in no beat, such as one who joined later, may meet anybody.
    """
    names = {character.name: re.compile(rf"(?<!\w){re.escape(character.name)}(?!\w)") for character in outline.cast}
    beats = [beat for chapter in outline.chapters for beat in chapter.beats]
    scenes = [{NARRATOR, *(name for name, pattern in names.items() if pattern.search(beat))} for beat in beats]
    unseen = names.keys() - set().union(*scenes)
    return [*scenes, *({one, other} for one in unseen for other in names if other != one)]


def _shown(voice: Voice) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "voice_id": voice.voice_id,
        "name": voice.name,
        "gender": voice.gender,
        "age": voice.age,
        "accent": voice.accent,
        "description": voice.description,
    }
    return shown | ({"languages": voice.languages} if voice.languages else {})


def _kept_voices(prequel: Prequel, outline: Outline) -> dict[str, str]:
    """Return the voices that listeners know from the book before: of those who return, and of whoever still tells."""
    names = [character.name for character in outline.cast]
    kept = {name: voice for name, voice in prequel.voices.items() if name in names}
    before, now = prequel.outline.narrator, outline.narrator
    if (before.person, before.character) == (now.person, now.character) and NARRATOR in prequel.voices:
        kept[NARRATOR] = prequel.voices[NARRATOR]
    return kept


def with_newcomers(outline: Outline, newcomers: Sequence[Character]) -> Outline:
    """Return the outline with further members of its cast."""
    return msgspec.structs.replace(outline, cast=[*outline.cast, *newcomers])
