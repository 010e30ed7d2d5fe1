"""Voices that stand in for those that the narrator's account does not have: a voice that dies does not end a story."""

from collections.abc import Sequence

from chalicelib import log
from chalicelib.audio.casting import nearest_voice
from chalicelib.audio.narration import Segment
from chalicelib.audio.refusals import lost_voice, replaced_voice
from chalicelib.audio.voices import VoicesConfig
from chalicelib.domain.chapter import Notice
from chalicelib.domain.outline import NARRATOR, Character
from chalicelib.domain.script import EnhancedLine, ScriptLine
from chalicelib.domain.story import Story
from chalicelib.domain.voice import Roster, Substitute, Voice
from chalicelib.errors import LeaseLost, NotFound, Provider, ProviderFault, SpokenLine
from chalicelib.pipeline.ports import StoryRepository
from chalicelib.pipeline.rosters import BEFORE_A_CHAPTER_S, VoiceRoster, castable

Lines = Sequence[ScriptLine | EnhancedLine]


class Substitutes:
    """Finds who is heard in which voice when some cannot be had. A story keeps what was found, so that every delivery
    of every chapter finds the same, and buys nothing twice."""

    def __init__(
        self, *, stories: StoryRepository, roster: VoiceRoster, voices: VoicesConfig, provider: Provider
    ) -> None:
        self._stories = stories
        self._roster = roster
        self._voices = voices
        self._provider = provider

    def config(self) -> VoicesConfig:
        """Return the configuration with the account's other voices, which a story may have, too."""
        return self._voices.with_others(one.voice for one in self._roster.known().voices.values())

    def before(self, story: Story, lines: Lines) -> Story:
        """Return the story with a voice in place of each of these lines' that is known not to be available."""
        roster = self._roster.fresh(BEFORE_A_CHAPTER_S)
        for speaker in _speakers(lines):
            voice_id = _heard(story, speaker)
            if roster.available(voice_id) is False:
                story = self._replaced(story, lines, speaker, roster)
        return story

    def after(self, fault: ProviderFault, story: Story, lines: Lines) -> Story | None:
        """Return the story with other voices in place of one that was refused; None if that is not what the fault
        says, or there is no other."""
        code, lost = lost_voice(fault), fault.line.voice_id if fault.line else ""
        if not code or not lost:
            return None
        log.event("voice_refused", voice_id=lost, code=code)
        roster = self._roster.refuse(lost, code)
        before = story
        for speaker in _speakers(lines):
            if _heard(story, speaker) == lost:
                story = self._replaced(story, lines, speaker, roster)
        return story if story.heard_in != before.heard_in else None

    def notices(self, story: Story, script: Sequence[Segment]) -> list[Notice]:
        """Return what a person should know of the voices that stand in for others in a chapter."""
        config, found = self.config(), list[Notice]()
        heard = {(segment.speaker, segment.voice_id) for segment in script if segment.request is not None}
        for speaker, one in story.substitutes.items():
            if one.instead_of == (story.voices or {}).get(speaker) and (speaker, one.voice_id) in heard:
                line = SpokenLine(speaker, config.name_of(one.instead_of) or one.instead_of, config.model)
                name = config.name_of(one.voice_id) or one.voice_id
                found.append(
                    Notice(None, "voice_replaced", replaced_voice(self._provider, line, one.code, name)),
                )
        return found

    def _replaced(self, story: Story, lines: Lines, speaker: str, roster: Roster) -> Story:
        """Return the story with another voice for a speaker; as it is where there is none to be had."""
        own = (story.voices or {}).get(speaker)
        usable = castable(self._voices, roster)
        there = [voice for voice in usable if roster.available(voice.voice_id) is not False]
        if not there or own is None:
            return story
        like = self._like(story, speaker, own, roster)
        chosen = nearest_voice(like, there, taken=_taken(story, lines, speaker), language=story.language)
        why = roster.why_not(own) or roster.why_not(_heard(story, speaker))
        try:
            return self._stories.substitute(story, speaker, Substitute(chosen.voice_id, own, why))
        except NotFound:
            raise LeaseLost("the story was deleted") from None

    def _like(self, story: Story, speaker: str, voice_id: str, roster: Roster) -> Voice | Character:
        """Return what the voice that stands in should be like: the one that is lost, or else its character."""
        configured = next((voice for voice in self._voices.voices if voice.voice_id == voice_id), None)
        if configured is not None or voice_id in roster.voices:
            return configured or roster.voices[voice_id].voice
        cast = story.outline.cast if story.outline else []
        teller = story.outline.narrator if story.outline else None
        own = next((character for character in cast if character.name == speaker), None)
        return own or Character(speaker, gender=teller.gender if teller else "neutral", role="narrator")


def _speakers(lines: Lines) -> list[str]:
    return list(dict.fromkeys(line.speaker for line in lines))


def _heard(story: Story, speaker: str) -> str:
    heard = story.heard_in
    return heard.get(speaker) or heard[NARRATOR]


def _taken(story: Story, lines: Lines, speaker: str) -> set[str]:
    """Return the voices that the one who stands in must not have while there is another: those of everybody in the
    scenes that the speaker is in."""
    scenes: list[set[str]] = [set()]
    for line in lines:
        if line.scene_break:
            scenes.append(set())
        scenes[-1].add(line.speaker)
    met = set().union(*(scene for scene in scenes if speaker in scene)) - {speaker}
    return {_heard(story, other) for other in met}
