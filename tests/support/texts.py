"""Texts as people have them: made by a rule from a seed, with narration and speech in every kind of mark."""

from random import Random

from tests.support.providers import prose

_MARKS = (
    ("\u201c", "\u201d"),
    ("\u201e", "\u201c"),
    ("\u00ab\u00a0", "\u00a0\u00bb"),
    ('"', '"'),
    ("\u2018", "\u2019"),
    ("\u2014 ", ""),
    ("", ""),
)


def novel(words: int, chapters: int, seed: str = "novel") -> str:
    """Return a text of about so many words in chapters with headings, half of them narration, half speech."""
    chance = Random(seed)
    parts = []
    for chapter in range(1, chapters + 1):
        parts.append(f"Chapter {chapter}\n\n{' '.join(prose(f'{seed} title {chapter}', 3)).title()}")
        left = words // chapters
        while left > 0:
            size = min(left, chance.randint(3, 90))
            parts.append(_paragraph(f"{seed} {chapter} {left}", size, chance))
            left -= size
    return "\n\n".join(parts)


def _paragraph(seed: str, words: int, chance: Random) -> str:
    said = prose(seed, words)
    if chance.random() < 0.05:
        return "* * *"
    sentences = []
    while said:
        count = chance.randint(2, 18)
        sentence, said = said[:count], said[count:]
        if len(sentence) > 6 and chance.random() < 0.6:
            sentence[3] += ","
        text = " ".join(sentence).capitalize() + chance.choice([".", ".", "?", "!", "\u2026", " (sic)."])
        opening, closing = chance.choice(_MARKS)
        sentences.append(f"{opening}{text}{closing}" if chance.random() < 0.5 else text)
    return " ".join(sentences)


def spoken(text: str) -> str:
    """Return all that a voice can speak of a text, in order."""
    return "".join(character for character in text if character.isalnum())
