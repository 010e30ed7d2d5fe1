"""How near a voice is, by ear, to a character or to another voice, in points.

Everybody has a place by ear: a pitch and an age. An age and the next are 12 to 14 points apart. What no listener would
accept, such as a woman with a man's voice, costs more than anything that speaks for it.
"""

import re
from dataclasses import dataclass

from chalicelib.domain.outline import Character
from chalicelib.domain.voice import Voice

FOREIGN, _PERHAPS_FOREIGN = 60, 2
"""What a voice costs that does not speak the story's language, or of which that is not known."""

_YEARS = {"child": 0, "young": 10, "middle-aged": 20, "old": 31}
_PITCH = {  # roughly in semitones above a man's
    "female": {"child": 15, "young": 12, "middle-aged": 10, "old": 8},
    "neutral": {"child": 14, "young": 8, "middle-aged": 5, "old": 5},
    "male": {"child": 14, "young": 4, "middle-aged": 0, "old": 2},
}
_TRAITS = {  # the words that characters and voices are described with, in English and German
    "low": "deep low dark gravelly gravel rough husky hoarse croaky growling booming tief dunkel dunkl rau heiser",
    "high": "bright light high squeaky shrill thin piping chirpy hell hoch piepsig",
    "warm": "warm soft gentle kind friendly tender caring loving weich sanft freundlich lieb",
    "stern": "stern strict authority commanding grave firm severe steely streng ernst bestimmt",
    "dry": "dry wry sardonic sarcastic deadpan ironic laconic trocken spöttisch",
    "aged": "old wise elderly ancient venerable aged grandfather grandmother alt weise",
    "quick": "quick eager energetic lively excited excitable brisk hasty playful schnell flink lebhaft eifrig",
    "calm": "calm steady composed even measured quiet patient unhurried slow ruhig gelassen langsam leise",
    "mysterious": "mysterious enigmatic secretive cryptic haunting geheimnisvoll rätselhaft",
    "mechanical": "robot robotic metallic synthetic mechanical android computer machine ai roboter blechern",
    "telling": "narrator narration narrative storyteller storytelling audiobook audiobooks tells erzähler erzählerin",
    "british": "british english",
    "american": "american us",
}
_TRAIT_OF = {word: trait for trait, words in _TRAITS.items() for word in words.split()}
_NO_TRAITS = "with that this from than they like very more always never voice speaks character none accent stimme"
_NOT_TRAITS = frozenset(_NO_TRAITS.split())
_MACHINES = "robot android machine computer ai drone cyborg roboter maschine"
_ANIMALS = (
    "parrot bird owl crow raven duck goose dog hound puppy cat kitten dragon mouse rat fox wolf bear rabbit hare horse "
    "pony donkey frog toad turtle tortoise snake spider bee moth bat monkey lion tiger elephant fish whale papagei "
    "vogel eule hund katze kater drache maus fuchs"
)
_WORD = re.compile(r"[^\W\d_]+")
_ENDING = re.compile("(?:ly|e[nrms]?)$")
_ARTICLE = re.compile(r"(?:an?|the|eine?)\s", re.IGNORECASE)
_AFTER_NOUN = re.compile(r"[,.;:(–—]|\b(?:who|that|which|of|in|on|at|with|from|for|and|von|mit|aus|und)\b")  # noqa: RUF001


@dataclass(frozen=True, slots=True)
class Sound:
    """How a character or a voice sounds. A `being` is an animal or a machine, which need not sound as he or she."""

    gender: str
    age: str
    pitch: int
    traits: frozenset[str]
    accent: frozenset[str]
    being: bool = False

    @classmethod
    def of(cls, who: Character | Voice) -> "Sound":
        """Return how somebody sounds by what is said of them."""
        being = _noun(who.role) in f"{_MACHINES} {_ANIMALS}".split()
        # A role names its holder. In a description "a sly old fox" may well be a man, and "loves her robot" is human.
        if _ARTICLE.match(who.description):
            being |= _noun(who.description) in _MACHINES.split()
        traits = _traits(f"{who.role} {who.description}")
        pitch = _PITCH["neutral" if being else who.gender][who.age] + 3 * ("high" in traits) - 3 * ("low" in traits)
        return cls(who.gender, who.age, pitch, traits, _traits(who.accent), being)

    def distance(self, other: "Sound") -> int:
        """Return how far apart two voices are: with 10 they can be told apart, with 24 they are never mixed up."""
        described = 2 * min(3, len(self.traits ^ other.traits)) + 4 * self.accent.isdisjoint(other.accent)
        return 2 * abs(self.pitch - other.pitch) + abs(_YEARS[self.age] - _YEARS[other.age]) + described

    def misfit(self, voice: "Sound") -> int:
        """Return how badly a voice suits one who sounds like this; a few points below 0 if all about it is right."""
        years = abs(_YEARS[self.age] - _YEARS[voice.age])
        points = self.contradiction(voice) + abs(self.pitch - voice.pitch) + years
        # The second step of age is heard more than the first.
        points += 15 * (years > 20)
        # Of an animal or a machine it weighs less than a voice of its own, and of a boy little.
        points += (6 if self.age == "child" else 12) * self._other_gender(voice)
        neutral = self.being or self.gender == "neutral"
        if neutral != (voice.gender == "neutral") and (neutral or self.age != "child"):
            points += 12
        # All of these together weigh less than one step of age.
        points -= 4 * (not self.accent.isdisjoint(voice.accent))
        return points - 2 * min(3, len(self.traits & voice.traits))

    def contradiction(self, voice: "Sound") -> int:
        """Return how much a voice contradicts one who sounds like this: 0, or 100 and more, from bad to worse."""
        if self.age == "child" != voice.age:
            if voice.gender == "male" and voice.age != "young":
                return 300 if voice.age == "old" else 200
            girl = self.gender == "female" and not self.being
            return 100 * (voice.age == "old" or (girl and voice.gender == "male"))
        if self.age == "child" or self.being:
            return 0
        return 500 if voice.age == "child" else 400 * self._other_gender(voice)

    def _other_gender(self, voice: "Sound") -> bool:
        return {self.gender, voice.gender} == {"female", "male"}


def foreignness(voice: Voice, language: str) -> int:
    """Return what a voice costs in a language, a BCP 47 tag: nothing if it speaks it, or if there is none."""
    spoken = {tag.partition("-")[0].casefold() for tag in voice.languages}
    if not language or language.partition("-")[0].casefold() in spoken:
        return 0
    return FOREIGN if spoken else _PERHAPS_FOREIGN


def _traits(text: str) -> frozenset[str]:
    """Return what a text says of a voice: a name for each group of like words, and its other words as they are."""
    words = {
        _TRAIT_OF.get(word) or _TRAIT_OF.get(_ENDING.sub("", word)) or word for word in _WORD.findall(text.casefold())
    }
    return frozenset(word for word in words - _NOT_TRAITS if word in _TRAITS or len(word) > 3)


def _noun(text: str) -> str:
    """Return the last word of the phrase that a text begins with: "bat" of "The small bat who is afraid"."""
    words = _WORD.findall(_AFTER_NOUN.split(text.casefold(), maxsplit=1)[0])
    return words[-1] if words else ""
