"""A chapter's script: lines with a speaker, as they are stored, shown and narrated."""

import re

import msgspec

from chalicelib.domain.texts import beginning, visible

_BRACKETS = re.compile(r"\[([^\[\]]*)\]")
_KEPT = ("\ue001", "\ue002")
"""Characters of no text's own, in place of the brackets of tags while others are taken away."""

_LONGEST_DIRECTION = 5
_ENDING = re.compile(r"(?:ing|ed|es|s|ly)$")
_DIRECTION_WORDS = """
accent aggressive amused angr angrily angry annoy annoyed anxious anxiously appall applause ask awe beat bitter breath
breathe breathless brisk calm cautious cheer cheerful cheerfully chuckl chuckle clap clear clears cold cough cries
cruel cry curious curiously deadpan deep delight desperate determined dramatic drawn dry eager embarrass emphasi
emphasize emphatic emotional excit excite exclaim exhal exhale explosion fast fearful firm flat flatly flirtatious
fond footstep frantic friendly frighten frustrat frustrate gasp gentle gentl gently giggl giggle gloom groan growl
grumbl grumble gulp gunshot happil happily happy harsh hesita hesitant hesitate hiss hoarse hum hush inhal inhale
impatient ironic joyful laugh laughing laughter loud low mischievous moan mock mumbl mumble murmur music mutter nasal
nervous nervously nostalgic pant pause plead playful poshly proud puzzl puzzled quick quiet quizzical raspy reflective
regretful relie relieved reluctant resign resigned rush sad sadly sarcas sarcastic scar scared scoff scream screech
serious shak shaky sharp shock short shout shy sigh silence silent sincere sing slow snap sneer snicker sniff sniffl
snort sob soft solemn sorrow sorrowful stammer startl stern stutter sullen surpris surprise surprised suspicious
sympathetic tear tearful tender tense thoughtful tired tone trembl trembling urgent voice warm weak wear weary wheez
wheeze whimper whin whine whisper whistl wistful wonder worri worried yawn yell
"""
"""The beginnings of words that direct a voice, in English, in which directions are written."""

DIRECTIONS = frozenset(_DIRECTION_WORDS.split())
_SPACES = re.compile(r"\s+")

TITLE, OPENING, CHAPTER, CLOSING = "title", "opening", "chapter", "closing"
"""What the lines are called that frame a chapter, where those of a script have numbers; more of a kind: "closing-2"."""

_EDGE = 160
"""Characters of how a chapter begins and ends, as later ones are told it."""


class ScriptLine(msgspec.Struct, frozen=True):
    """One line: who says what. `scene_break` is true where a new scene begins."""

    line_id: str
    speaker: str
    text: str
    scene_break: bool = False


class Script(msgspec.Struct, frozen=True):
    """A chapter as it was written."""

    lines: list[ScriptLine]

    @property
    def opening(self) -> str:
        """The first words of the chapter, by which later ones see how it began."""
        return beginning(self.lines[0].text, _EDGE) if self.lines else ""

    @property
    def ending(self) -> str:
        """The last words of the chapter."""
        last = self.lines[-1].text if self.lines else ""
        if len(last) <= _EDGE:
            return last
        _, _, words = last[-_EDGE:].partition(" ")
        return f"…{words or last[-_EDGE:]}"


class EnhancedLine(msgspec.Struct, frozen=True):
    """The same line with audio tags (without brackets) beside the text; the text is the script's."""

    line_id: str
    speaker: str
    text: str
    tags: list[str]
    scene_break: bool = False


class EnhancedScript(msgspec.Struct, frozen=True):
    """A chapter with directions for the voices."""

    lines: list[EnhancedLine]


def is_framing(line_id: str) -> bool:
    """Return whether a line is of what is read before and after a chapter, and not of its script."""
    return line_id.partition("-")[0] in {TITLE, OPENING, CHAPTER, CLOSING}


def without_tags(text: str, *, performed: bool = False) -> str:
    """Return text as it can be spoken: nothing invisible, no directions such as `[whispers]`, no line breaks.

    Models that know no tags read them aloud; with `performed` they stay, for one that performs them. Brackets around
    anything else are text: what stands in them is read, and they are not, since such a model would take it for a tag.
    """

    def plain(match: re.Match[str]) -> str:
        inner = match[1].strip()
        if not is_direction(inner):
            # Such as "[1]", which nobody would say.
            return f" {inner} " if any(character.isalpha() for character in inner) else " "
        return f" {_KEPT[0]}{inner}{_KEPT[1]} " if performed else " "

    shown = visible(text)
    if "[" in shown or "]" in shown:
        # Brackets that are not closed, or that stand around others, are no tags either.
        shown = _BRACKETS.sub(plain, shown).replace("[", " ").replace("]", " ")
        shown = shown.replace(_KEPT[0], "[").replace(_KEPT[1], "]")
    return _SPACES.sub(" ", shown).strip()


def is_direction(text: str) -> bool:
    """Return whether what stands in brackets says how to speak, or what is to be heard, and is not itself to be read.

    Directions are a few words, one of which is known to direct: "whispers", "laughs softly", "in a British accent".
    """
    words = re.findall(r"[^\W\d_]+", text.casefold())
    if len(words) > _LONGEST_DIRECTION or re.search(r"[.,;:!?]", text):
        return False
    return any(word in DIRECTIONS or _ENDING.sub("", word) in DIRECTIONS for word in words)
