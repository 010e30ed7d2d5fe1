"""From script lines to what is bought: texts in voices, each under a key made of what determines its sound."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import msgspec

from chalicelib.audio.cutting import cut, speakable
from chalicelib.audio.effects import Effect, place_of
from chalicelib.audio.ports import SpeechRequest
from chalicelib.audio.voices import NarratorModel, VoicesConfig
from chalicelib.domain.digest import text_digest
from chalicelib.domain.outline import NARRATOR
from chalicelib.domain.script import EnhancedLine, ScriptLine, without_tags


@dataclass(frozen=True, slots=True)
class Segment:
    """A line, or a part of one that is too long for a request. `request` is None where nothing can be spoken.

    `take` goes up each time a person has the line spoken again. `effect` is given to the clip once it is there.
    """

    line_id: str
    speaker: str
    voice_id: str
    scene_break: bool
    request: SpeechRequest | None
    take: int = 1
    effect: Effect | None = None

    @property
    def characters(self) -> int:
        """The number of characters that are bought for it."""
        return len(self.request.text) if self.request else 0

    @property
    def clip_key(self) -> str:
        """The key of its clip. A first take belongs to the words, and a later one to the line it was asked for."""
        return self.key if self.take == 1 or not self.key else f"{self.key}.{self.line_id}.{self.take}"

    @property
    def key(self) -> str:
        """The key of the first take: the same text, voice, model and settings are bought once.

        The neighbours' text is left out: it only guides the prosody, and an edit should buy one line, not three.
        """
        if self.request is None:
            return ""
        request = self.request
        facts: list[Any] = [request.text, request.voice_id, request.model, request.output_format]
        facts.append(dict(request.settings))
        if later := _later_parameters(request):
            facts.append(later)
        # Never to be changed: the keys are the names of all stored clips, and a new one buys every line again.
        return text_digest(json.dumps(facts, sort_keys=True))[:40]


_IN_EVERY_KEY = frozenset({"text", "voice_id", "model", "output_format", "settings"})
_IN_NO_KEY = frozenset({"previous_text", "next_text", "speaker", "voice_name"})


def _later_parameters(request: SpeechRequest) -> dict[str, Any]:
    """Return the other parameters that determine the sound, if they are set.

    A parameter that SpeechRequest gains is optional and None until it is set. It must not enter the key before:
    the lines of all stories that were narrated without it would be bought again.
    """
    names = {field.name for field in fields(request)} - _IN_EVERY_KEY - _IN_NO_KEY
    return {name: value for name in names if (value := getattr(request, name)) is not None}


def second_take(clip_key: str) -> str:
    """Return the key under which a clip is bought once more that came out odd."""
    return f"{clip_key}.2"


LONGEST_SEGMENT = 800
"""Characters of one request: a line of a minute. Longer ones drift or break off, and cost more to say again."""


def segments(
    lines: Sequence[ScriptLine | EnhancedLine],
    voice_map: Mapping[str, str],
    config: VoicesConfig,
    kept: Collection[str] = (),
    language: str = "",
    takes: Mapping[str, int] | None = None,
    stand_ins: Mapping[str, str] | None = None,
) -> list[Segment]:
    """Return the segments to narrate, in order, with the text before and after each where the model takes it.

    `takes` holds the number of the take by line, for lines that were spoken again. `stand_ins` are the voices of
    speakers whose own voice is not available: a line that was bought in that one stays as it is.

    A long line is cut. One that was bought in other pieces before (whole, or up to the model's own limit), whose keys
    are among the `kept` ones, keeps its old cut where less of that is left to buy. `language` is the story's; a line
    that was bought without it stays as it was bought.
    """
    most = config.traits.max_characters
    lines, effects = _placed(lines) if config.scene_sound else (lines, [])
    texts = [without_tags(line.text, performed=config.traits.audio_tags) for line in lines]
    found: list[Segment] = []

    def of_line(index: int, voices: Mapping[str, str]) -> list[Segment]:
        take = (takes or {}).get(lines[index].line_id, 1)
        whole = _segments_of(lines, texts, index, voices, config, most, kept, language)
        if len(texts[index]) > LONGEST_SEGMENT:
            shorter = _segments_of(lines, texts, index, voices, config, min(most, LONGEST_SEGMENT), kept, language)
            whole = whole if take == 1 and _further(whole, shorter, kept) else shorter
        whole = [replace(segment, take=take) for segment in whole] if take > 1 else whole
        effect = effects[index] if effects else None
        return whole if effect is None else [_with_effect(segment, effect, config.traits) for segment in whole]

    for index, line in enumerate(lines):
        spoken = of_line(index, voice_map)
        stand_in = (stand_ins or {}).get(line.speaker)
        if stand_in is not None and any(one.request and one.clip_key not in kept for one in spoken):
            spoken = of_line(index, {**voice_map, line.speaker: stand_in})
        found += spoken
    return found


def _placed(
    lines: Sequence[ScriptLine | EnhancedLine],
) -> tuple[list[ScriptLine | EnhancedLine], list[Effect | None]]:
    """Return lines without the directions that say where they are heard from, and the effect of each."""
    placed: list[ScriptLine | EnhancedLine] = []
    effects: list[Effect | None] = []
    for line in lines:
        effect, text, tags = place_of(line.text, getattr(line, "tags", ()))
        changes: dict[str, Any] = {"text": text, "tags": tags} if isinstance(line, EnhancedLine) else {"text": text}
        placed.append(msgspec.structs.replace(line, **changes))
        effects.append(effect)
    return placed, effects


def _with_effect(segment: Segment, effect: Effect, traits: NarratorModel) -> Segment:
    """Return a segment with an effect: one that is bought with the clip where the model makes it, else one of ours."""
    if segment.request is None or not traits.audio_effects:
        return replace(segment, effect=effect)
    return replace(segment, request=replace(segment.request, audio_effect=effect))


def _as_bought(segment: Segment, kept: Collection[str]) -> Segment:
    """Return the segment without its language if it is stored so: a new parameter buys nothing again."""
    if segment.request is None or segment.request.language_code is None or segment.key in kept:
        return segment
    earlier = replace(segment, request=replace(segment.request, language_code=None))
    return earlier if earlier.key in kept else segment


def _further(old: Sequence[Segment], new: Sequence[Segment], kept: Collection[str]) -> bool:
    """Return whether the old cut was begun and has less left to buy. A piece of both cuts says nothing.

    What is bought is always of the cut that is further, so the answer stays the same until the line is whole.
    """
    begun = {segment.key for segment in old if segment.key in kept} - {segment.key for segment in new}
    return bool(begun) and _missing(old, kept) < _missing(new, kept)


def _missing(script: Sequence[Segment], kept: Collection[str]) -> int:
    """Return the number of characters that are yet to be bought."""
    return sum(segment.characters for segment in script if segment.key not in kept)


def _segments_of(
    lines: Sequence[ScriptLine | EnhancedLine],
    texts: Sequence[str],
    index: int,
    voice_map: Mapping[str, str],
    config: VoicesConfig,
    most: int,
    kept: Collection[str],
    language: str,
) -> list[Segment]:
    """Return the segments of one line, of at most `most` characters with their tags."""
    line = lines[index]
    found: list[Segment] = []
    voice_id = voice_map.get(line.speaker) or voice_map[NARRATOR]
    tags = "".join(f"[{tag}] " for tag in getattr(line, "tags", ())) if config.traits.audio_tags else ""
    parts = cut(texts[index], most - len(tags)) if speakable(texts[index]) else [""]
    for number, part in enumerate(parts):
        before = parts[number - 1] if number else (texts[index - 1] if index else "")
        after = parts[number + 1] if number + 1 < len(parts) else (texts[index + 1] if index + 1 < len(lines) else "")
        request = SpeechRequest(
            text=tags + part,
            voice_id=voice_id,
            model=config.model,
            output_format=config.output_format,
            settings=config.settings_of(voice_id),
            previous_text=before or None if config.traits.neighbours else None,
            next_text=after or None if config.traits.neighbours else None,
            language_code=config.traits.language_code(language),
            text_normalization=config.text_normalization if config.traits.text_normalization else None,
            speaker=line.speaker,
            voice_name=config.name_of(voice_id),
        )
        segment = Segment(
            line.line_id, line.speaker, voice_id, line.scene_break and number == 0, request if part else None
        )
        found.append(_as_bought(segment, kept))
    return found
