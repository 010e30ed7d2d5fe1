"""How words are to be said: applied to what is given to the narrator, and never to what is read."""

import re
import unicodedata
from collections.abc import Callable, Mapping

from chalicelib.limits import MAX_SAYING, MAX_WORD

# In these scripts no space stands between words, so nothing can be said of where one begins.
_NO_SPACES = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")

_TAG = r"\[[^\[\]]*\]"
"""An audio tag: a direction, which is not spoken."""


def pronouncer(pronunciations: Mapping[str, str]) -> Callable[[str], str]:
    """Return a function that replaces each of the words of a text that have a pronunciation, outside of audio tags.

    It is made once for many texts: two hundred words take longer to prepare than a line takes to search.

    A word is found as a whole, the longest first, and what replaces it is not looked at again. One that is given in
    small letters is found with a capital, too; one with capitals only as it is given, or in capitals throughout: a
    Rose is not a rose.
    """
    forms = _forms(pronunciations)
    if not forms:
        return lambda text: text
    longest_first = sorted(forms, key=lambda form: (-len(form), form))
    pattern = re.compile("|".join([_TAG, *map(_whole, longest_first)]))
    return lambda text: pattern.sub(lambda found: forms.get(found[0], found[0]), unicodedata.normalize("NFC", text))


def _forms(pronunciations: Mapping[str, str]) -> dict[str, str]:
    """Return how each form of each word is said; a form that was given is never that of another word."""
    forms: dict[str, str] = {}
    given = {unicodedata.normalize("NFC", word): say for word, say in pronunciations.items()}
    for word, say in given.items():
        forms.setdefault(word.upper(), say)
        if word == word.lower():
            forms.setdefault(word[:1].upper() + word[1:], say)
    return {**forms, **given}


def _whole(word: str) -> str:
    before = "" if not word[0].isalnum() or _NO_SPACES.match(word[0]) else r"(?<!\w)"
    after = "" if not word[-1].isalnum() or _NO_SPACES.match(word[-1]) else r"(?!\w)"
    return f"{before}{re.escape(word)}{after}"


def is_word(text: str) -> bool:
    """Return whether a text is one that a pronunciation can be given for: with something to say, and no audio tag."""
    return 1 <= len(text) <= MAX_WORD and _sayable(text)


def is_saying(text: str) -> bool:
    """Return whether a text can be given as a pronunciation."""
    return 1 <= len(text) <= MAX_SAYING and _sayable(text)


def _sayable(text: str) -> bool:
    return any(character.isalnum() for character in text) and not set(text) & set("[]")
