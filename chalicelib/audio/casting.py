"""The choice of a voice for each speaker by ear, as somebody casts who listens.

What a voice costs a speaker is its misfit (`likeness.py`), and more if another speaker has it, or one whom they meet
has one like it. Voices are changed, one speaker's or two at a time, as long as that makes the cast as a whole cheaper.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import NamedTuple

from chalicelib.audio.likeness import FOREIGN, Sound, foreignness
from chalicelib.domain.digest import text_digest
from chalicelib.domain.outline import NARRATOR, Character, Teller
from chalicelib.domain.voice import Voice, VoiceReason

_POINT = 1 << 20
"""A point of cost. Costs are whole numbers, whose sum no order changes; what is less than a point decides ties."""

# In points. An age and the next are 12 to 14 apart, young and old 38 and more. Where the voices of their kind are
# taken, a speaker has one a little too old rather than another's, and another's rather than one far too old; and of
# those of others, one a little too old rather than that of somebody whom they meet.
_SHARED, _SHARED_IN_SCENE, _SHARED_WITH_NARRATOR = 16, 35, 45
_ALIKE_IN_SCENE, _TELLS = 6, 6

_NOBODY = Teller()
_Settled = dict[str, tuple[str, VoiceReason]]


class CastVoices(NamedTuple):
    """The voice id of every speaker, the narrator first, then the cast in its order; and why each has it."""

    voices: dict[str, str]
    reasons: dict[str, VoiceReason]


def cast_voices(
    cast: Sequence[Character],
    voices: Sequence[Voice],
    narrator: str,
    *,
    teller: Teller = _NOBODY,
    chosen: Mapping[str, str] = {},
    kept: Mapping[str, str] = {},
    proposed: Mapping[str, str] = {},
    language: str = "",
    scenes: Sequence[Collection[str]] = (),
) -> CastVoices:
    """Return a voice for the narrator and for every character, the same whatever the order of cast and voices.

    `voices`, one at least, are those that may be given, and `narrator` is the id of the configured narrator. What a
    person has `chosen` wins, and then what was `kept`, whatever voice it is; then what the author `proposed`, unless it
    contradicts the character or another has it. `scenes` are groups of names that meet.
    """
    people = {character.name: character for character in cast}
    own = people.get(teller.character) if teller.person == "first" else None
    audition = _Audition.of(voices, language)
    settled: _Settled = {name: (kept[name], "kept") for name in (NARRATOR, *people) if name in kept}
    settled |= {name: (chosen[name], "person") for name in (NARRATOR, *people) if name in chosen}
    if own is None:
        wanted = Character(NARRATOR, gender=teller.gender, age=teller.age, role="narrator")
        settled |= audition.accepted({NARRATOR: wanted}, proposed, settled)
        settled.setdefault(NARRATOR, (audition.narrating(wanted, narrator, settled), "fit"))
    else:
        _share_with_teller(settled, own.name)
        for offer in (proposed.get(own.name, ""), proposed.get(NARRATOR, "")):
            settled |= audition.accepted({own.name: own}, {own.name: offer}, settled)
    settled |= audition.accepted(people, proposed, settled)
    waiting = {name: character for name, character in people.items() if name not in settled}
    company = _Company.of(waiting, own.name if own is not None else NARRATOR, people, scenes)
    settled |= _Seating(audition, waiting, company, settled).filled()
    if own is not None:
        _share_with_teller(settled, own.name)
    holders = Counter(voice_id for voice_id, reason in settled.values() if reason != "teller")
    made = {name: settled[name] for name in (NARRATOR, *people)}
    return CastVoices(
        {name: voice_id for name, (voice_id, _) in made.items()},
        {name: "shared" if why == "fit" and holders[voice] > 1 else why for name, (voice, why) in made.items()},
    )


def nearest_voice(
    like: Voice | Character, voices: Sequence[Voice], *, taken: Collection[str] = (), language: str = ""
) -> Voice:
    """Return the voice nearest by ear to one that is gone, or to a character; one of `taken` if there is no other.

    Raises ValueError if there are no voices.
    """
    if isinstance(like, Voice):
        like = Character(like.name, like.gender, like.age, like.accent, like.role, like.description)
    audition = _Audition.of([voice for voice in voices if voice.voice_id not in taken] or voices, language)
    return audition.voices[_cheapest(audition.costs(like))]


def _share_with_teller(settled: _Settled, own: str) -> None:
    """Give a narrator who says "I" the voice of that character, or the character the narrator's."""
    for one, other in ((NARRATOR, own), (own, NARRATOR)):
        if one in settled:
            settled.setdefault(other, (settled[one][0], "teller"))


def _cheapest(costs: Sequence[int]) -> int:
    return min(range(len(costs)), key=costs.__getitem__)


@dataclass(frozen=True, slots=True)
class _Audition:
    """The voices that may be given, how they sound, what each costs for its language, and where each id stands."""

    voices: Sequence[Voice]
    sounds: Sequence[Sound]
    foreign: Sequence[int]
    index: Mapping[str, int]

    @classmethod
    def of(cls, voices: Iterable[Voice], language: str) -> "_Audition":
        known = sorted({voice.voice_id: voice for voice in voices}.values(), key=lambda voice: voice.voice_id)
        index = {voice.voice_id: at for at, voice in enumerate(known)}
        return cls(
            known, [Sound.of(voice) for voice in known], [foreignness(voice, language) for voice in known], index
        )

    def costs(self, who: Character) -> list[int]:
        """Return what each voice costs a character, as if nobody else spoke."""
        sound = Sound.of(who)
        misfits = [sound.misfit(voice) + foreign for voice, foreign in zip(self.sounds, self.foreign, strict=True)]
        # Ties are broken by a digest: by the order of ids, one voice would be the second choice of everybody.
        ties = [int(text_digest(f"{who.name}\n{voice.voice_id}")[:3], 16) for voice in self.voices]
        return [_POINT * misfit + tie for misfit, tie in zip(misfits, ties, strict=True)]

    def accepted(self, people: Mapping[str, Character], proposed: Mapping[str, str], settled: _Settled) -> _Settled:
        """Return the author's proposals that hold; of two for one voice, that for whom it fits better."""
        taken = {voice_id for voice_id, _ in settled.values()}
        best = dict[str, tuple[int, str]]()
        for name in people.keys() & proposed.keys() - settled.keys():
            at = self.index.get(proposed[name])
            if at is None or proposed[name] in taken or self.foreign[at] >= FOREIGN:
                continue
            if not Sound.of(people[name]).contradiction(self.sounds[at]):
                claim = (self.costs(people[name])[at], name)
                best[proposed[name]] = min(best.get(proposed[name], claim), claim)
        return {name: (voice_id, "author") for voice_id, (_, name) in best.items()}

    def narrating(self, wanted: Character, configured: str, settled: _Settled) -> str:
        """Return the voice of a narrator who is nobody in the cast: the configured one, or one that was wanted."""
        at = self.index.get(configured)
        # One of another language tells only where no voice is known to speak the story's.
        speaks = at is not None and (self.foreign[at] < FOREIGN or min(self.foreign) > 0)
        if at is not None and speaks and wanted.gender in {"neutral", self.voices[at].gender}:
            return configured
        telling = [_POINT * _TELLS * ("telling" in sound.traits) for sound in self.sounds]
        costs = [cost - told for cost, told in zip(self.costs(wanted), telling, strict=True)]
        taken = {voice_id for voice_id, _ in settled.values()}
        free = [at for voice_id, at in self.index.items() if voice_id not in taken] or self.index.values()
        return self.voices[min(free, key=costs.__getitem__)].voice_id


@dataclass(frozen=True, slots=True)
class _Company:
    """Whom the speakers meet that have no voice yet. Everybody meets the narrator, and whoever tells the story."""

    tellers: Collection[str]
    met: Mapping[str, Collection[str]]

    @classmethod
    def of(
        cls, waiting: Iterable[str], teller: str, people: Collection[str], scenes: Iterable[Collection[str]]
    ) -> "_Company":
        met = {name: set(people) if name == teller else {NARRATOR, teller} for name in waiting}
        for scene in scenes:
            for name in met.keys() & set(scene):
                met[name] |= set(scene) - {name}
        return cls({NARRATOR, teller}, met)

    def sharing(self, one: str, other: str) -> int:
        """Return what it costs two speakers to have one voice."""
        if one in self.tellers or other in self.tellers:
            return _POINT * _SHARED_WITH_NARRATOR
        return _POINT * (_SHARED_IN_SCENE if other in self.met[one] else _SHARED)

    def likeness(self, one: str, other: str) -> int:
        """Return what a step of likeness between their voices costs: in a crowd less, lest it cost more than age."""
        return _POINT // max(len(self.met[one]), len(self.met.get(other, ()))) if other in self.met[one] else 0


class _Seating:
    """Who has which voice, by its index, and what every voice would cost each of them as the others have theirs."""

    def __init__(
        self, audition: _Audition, waiting: Mapping[str, Character], company: _Company, settled: _Settled
    ) -> None:
        self._voices = audition.voices
        self._company = company
        sounds = audition.sounds
        self._alike = [[max(0, _ALIKE_IN_SCENE - one.distance(two) // 4) for two in sounds] for one in sounds]
        self._costs = {name: audition.costs(waiting[name]) for name in sorted(waiting)}
        self._seats = dict[str, int]()
        for name, (voice_id, reason) in settled.items():
            if voice_id in audition.index and reason != "teller":
                self._change(name, audition.index[voice_id], 1)

    def filled(self) -> _Settled:
        """Return the voices of all: given one by one, then changed as long as that makes the cast cheaper."""
        while standing := [name for name in self._costs if name not in self._seats]:
            self._seat(min(standing, key=lambda name: min(self._costs[name])))
        changed = True
        while changed:
            moved = [self._seat(name) for name in self._costs]
            changed = any(moved + [self._displace(*pair) for pair in permutations(self._costs, 2)])
        return {name: (self._voices[at].voice_id, "fit") for name, at in self._seats.items()}

    def _beside(self, one: str, other: str, at: int) -> list[int]:
        """Return what each voice costs one speaker because another has the voice `at`."""
        step = self._company.likeness(one, other)
        costs = [step * alike for alike in self._alike[at]] if step else [0] * len(self._alike)
        costs[at] = self._company.sharing(one, other)
        return costs

    def _change(self, name: str, at: int, sign: int) -> None:
        """Add to everybody else's costs that somebody has the voice `at`; with -1, take it off again."""
        for one, costs in self._costs.items():
            if one != name:
                self._costs[one] = [c + sign * d for c, d in zip(costs, self._beside(one, name, at), strict=True)]

    def _seat(self, name: str, at: int | None = None) -> bool:
        """Give a speaker the voice `at`, or the cheapest; return whether it is another one than before."""
        before, at = self._seats.get(name), _cheapest(self._costs[name]) if at is None else at
        if before == at:
            return False
        if before is not None:
            self._change(name, before, -1)
        self._change(name, at, 1)
        self._seats[name] = at
        return True

    def _displace(self, one: str, other: str) -> bool:
        """Give a speaker another's voice, and the other what is cheapest then, if both together cost less so."""
        here, there = self._seats[one], self._seats[other]
        gain = self._costs[one][here] - self._costs[one][there] + self._company.sharing(one, other)
        if here == there or gain <= 0:
            return False
        before, after = self._beside(other, one, here), self._beside(other, one, there)
        others = [c - b + a for c, b, a in zip(self._costs[other], before, after, strict=True)]
        to = _cheapest(others)
        if others[to] + before[there] >= self._costs[other][there] + gain:
            return False
        self._seat(other, to)
        return self._seat(one, there)
