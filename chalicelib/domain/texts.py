"""Texts and names from outside: without what nobody can see, and matched as a reader would match them.

Every name that comes from an author or a person and has to meet one of ours goes through `find_name`.
"""

import re
import unicodedata
from collections.abc import Iterable

_JOINERS = "\u200c\u200d"
"""Zero-width joiners: spelling in Persian, Hindi or Malayalam, and glue in emoji."""

_LINE_ENDS = "\n\t\u2028\u2029"
_ASIDE = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|\{[^{}]*\}|\uff08[^\uff08\uff09]*\uff09")
_SHORTEST_NAME = 2


def visible(text: str) -> str:
    """Return text without control, formatting and unassigned characters, which nobody sees and no voice speaks.

    Line ends and tabs stay, joiners stay between visible characters, and what UTF-8 cannot hold becomes U+FFFD.
    """
    if text.isascii() and text.isprintable():
        return text
    kept = "".join(_shown(character) for character in whole(text))
    return kept if kept.strip(_JOINERS + _LINE_ENDS + " ") else ""


def whole(text: str) -> str:
    """Return the text with halves of characters joined, and U+FFFD where the other half is missing."""
    if text.isascii():
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold, not even escaped: https://www.w3.org/TR/xml/#charsets."""


def xml_characters(text: str) -> str:
    """Return the text without the characters that XML 1.0 cannot hold."""
    return _NOT_XML.sub("", text)


def _shown(character: str) -> str:
    if character in _LINE_ENDS or character in _JOINERS:
        return character
    category = unicodedata.category(character)
    # Cc are controls such as NUL, Cf invisible marks such as those of text direction, Cs lone surrogates, Cn nothing
    # yet. Hangul fillers count as letters, and are blank.
    if category in {"Cc", "Cf", "Cs", "Cn"} or character in "\u115f\u1160\u3164\uffa0\u034f":
        return " " if character == "\r" else ""
    return character


def one_line(text: str) -> str:
    """Return visible text on one line, with single spaces."""
    return " ".join(visible(text).split())


def beginning(text: str, most: int) -> str:
    """Return how a text begins: up to `most` characters on one line, whole words, and an ellipsis for the rest."""
    line = one_line(text)
    if len(line) <= most:
        return line
    cut = line[: most - 1]
    whole_words = cut.rpartition(" ")[0] if line[most - 1] != " " else cut
    return (whole_words if len(whole_words) > most // 2 else cut).rstrip(" ,;:-") + "…"


def name_key(name: str) -> str:
    """Return what names are compared by: letters, their vowel signs and digits, without case and punctuation."""
    shown = unicodedata.normalize("NFKC", one_line(name)).casefold()
    kept = "".join(_of_a_word(character) for character in shown)
    return " ".join(kept.split()) or shown


# The word that authors use for the one who tells, in the languages that narrator models speak.
_NARRATORS = """
narrator, narration, the narrator, storyteller, voiceover, voice over, erzähler, erzählerin, der erzähler,
die erzählerin, sprecher, narrador, narradora, el narrador, voz en off, narrateur, narratrice, le narrateur, conteur,
conteuse, narratore, voce narrante, il narratore, verteller, vertelster, berättare, fortæller, forteller, kertoja,
sögumaður,
jutustaja, pasakotojas, stāstītājs, narrátor, vypravěč, rozprávač, pripovjedač, pripovedovalec, lektor, mesélő,
elbeszélő, povestitor, narator, αφηγητής, рассказчик, оповідач, разказвач, приповедач, anlat\u0131c\u0131, pencerita,
penutur, tagapagsalaysay, người dẫn chuyện, ผู้บรรยาย, कथावाचक, सूत्रधार, கதைசொல்லி, راوي, الراوي, راوی, קריין, המספר,
旁白, 叙述者, 敘述者, ナレーター, ナレーション, 語り手, 내레이터, 나레이터, 해설
"""


_NARRATOR_IN = """
ar راوي, bg разказвач, cs vypravěč, da fortæller, de Erzähler, el αφηγητής, es narrador, fi kertoja, fr narrateur,
he קריין, hi सूत्रधार, hr pripovjedač, hu elbeszélő, id pencerita, it narratore, ja 語り手, ko 내레이터, nb forteller,
nl verteller, no forteller, pl narrator, pt narrador, ro narator, ru рассказчик, sk rozprávač, sv berättare,
ta கதைசொல்லி, th ผู้บรรยาย, tr anlat\u0131c\u0131, uk оповідач, vi người dẫn chuyện, zh 旁白
"""
_NARRATOR_NAMES = dict(entry.strip().split(" ", 1) for entry in _NARRATOR_IN.split(","))


def narrator_in(language: str) -> str:
    """Return what the Narrator is called in a language, a BCP 47 tag: "Narrator" in English and in unknown ones."""
    return _NARRATOR_NAMES.get(language.replace("_", "-").partition("-")[0].lower(), "Narrator")


def is_narrator(name: str) -> bool:
    """Return whether a speaker's name is a word for the one who tells: "Narrator:", "Erzähler" or "ナレーター"."""
    return name_key(_ASIDE.sub(" ", name)) in _NARRATOR_KEYS


def find_name(name: str, names: Iterable[str]) -> str | None:
    """Return the one of `names` that is meant by `name`, in our spelling; None if there is none, or no single one.

    "MARA:", "**Mara**", "Mara (whispering)" and "mara" are Mara. Where nobody has the very name, "Mara" and "Captain
    Mara Voss" are Mara Voss, unless somebody else could be meant; "Mara's mother" is somebody else.
    """
    ours = list(names)
    if name in ours:
        return name
    by_key: dict[str, str] = {}
    for known in ours:
        by_key.setdefault(name_key(known), known)
    meant = [name_key(name), name_key(_ASIDE.sub(" ", name))]
    for key in meant:
        if key in by_key:
            return by_key[key]
    for alike in (_same_letters, _one_is_short_for_the_other):
        found = [known for theirs, known in by_key.items() if alike(meant[1], theirs)]
        if len(found) == 1:
            return found[0]
    return None


def _of_a_word(character: str) -> str:
    if character in _JOINERS:
        return ""
    # The vowel signs of Indian scripts are marks (M), and not letters.
    return character if character.isalnum() or unicodedata.category(character)[0] == "M" else " "


def _same_letters(one: str, other: str) -> bool:
    """Return whether two keys differ in accents alone, in Latin letters: elsewhere marks are vowels."""
    bare = [
        "".join(letter for letter in unicodedata.normalize("NFKD", key) if not unicodedata.combining(letter))
        for key in (one, other)
    ]
    return bool(one) and bare[0] == bare[1] and bare[0].isascii()


def _one_is_short_for_the_other(given: str, known: str) -> bool:
    words, theirs = given.split(), known.split()
    if not words or max(map(len, words)) < _SHORTEST_NAME:
        return False
    return set(words) < set(theirs) or (len(words) == len(theirs) + 1 and words[1:] == theirs)


_NARRATOR_KEYS = frozenset(name_key(word) for word in _NARRATORS.split(","))
