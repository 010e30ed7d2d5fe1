"""Text as it is said aloud: without markup, and with numbers, times, dates, units, abbreviations and signs in words.

Authors are asked for words, and mostly write them. What they write as figures all the same is put into words here, in
English, German and Spanish; in other languages whole numbers are, where num2words knows the language. The rest is for
the narrator's model, which reads it well enough: initials such as BBC, Roman numerals, figures within a name (R2D2),
and in other languages than these three, times, dates and signs.
"""

import html
import re
import unicodedata
from collections.abc import Callable
from decimal import Decimal

from chalicelib.domain.script import without_tags
from chalicelib.story.ear_words import WORDS, EarWords

Number = Callable[[int], str]

_MARKUP = (
    (re.compile(r"!?\[([^\[\]]*)\]\(https?://[^()\s]*\)"), r"\1"),  # links and pictures
    (re.compile(r"<(?:br|/?p|/?em|/?i|/?b|/?strong|break|/?speak)\b[^<>]*>", re.IGNORECASE), " "),
    (re.compile(r"^\s*(?:#{1,6}|>|[-*•])\s+"), ""),
    (re.compile(r"(\*\*|__|~~)(?=\S)(.+?)(?<=\S)\1"), r"\2"),
    (re.compile(r"(?<![\w*])[*_](?=\S)([^*_]+?)(?<=\S)[*_](?![\w*])"), r"\1"),
    (re.compile(r"`+"), ""),
)

_FRACTION_SIGNS = {"½": "1/2", "¼": "1/4", "¾": "3/4", "⅓": "1/3", "⅔": "2/3"}

_LONGEST_NUMBER = 15
"""Digits of the longest number that is said as one; a longer one is said digit by digit."""

_CAPITAL = "\ue000"
"""A character of no text's own, before a figure that begins a sentence."""

_AMERICAN, _BRITISH = "en", frozenset({"GB", "UK", "AU", "NZ", "IE", "ZA", "IN"})

_PLAIN_NUMBERS = """
ar az be bn ca ce cs cy da fa fi fr he hu id is it kn kz lt lv nl no pl pt ro ru sk sl sr sv te tg th tr uk vi
"""
"""Languages beside English, German and Spanish whose whole numbers are put into words."""


def plain(text: str) -> str:
    """Return the text of a line without markup, directions and pictures, on one line."""
    text = html.unescape(text)
    for pattern, kept in _MARKUP:
        text = pattern.sub(kept, text)
    return " ".join(_without_pictures(without_tags(text)).split())


def in_words(text: str, language: str) -> str:
    """Return the text of a line with figures and signs as they are said in the language, a BCP 47 tag."""
    code, _, region = language.replace("_", "-").partition("-")
    if not any(character.isdigit() or not (character.isalnum() or character.isspace()) for character in text):
        return text
    return " ".join(_said(text, code.lower(), region.upper()).split())


def _without_pictures(text: str) -> str:
    """Return text without emoji and other pictures, which some voices describe and others skip."""
    return "".join(" " if _is_picture(character) else character for character in text)


def _is_picture(character: str) -> bool:
    if character.isascii() or character in "°№":
        return False
    return unicodedata.category(character) == "So" or 0xFE00 <= ord(character) <= 0xFE0F


def _said(text: str, code: str, region: str) -> str:
    if (words := WORDS.get(code)) is not None:
        return _Sayer(code, region, words).said(text)
    if code in _PLAIN_NUMBERS.split() and any(character.isdigit() for character in text):
        number = _numbers(code)
        return re.sub(r"(?<![\w.,:/-])\d{1,15}(?![\w:/-]|[.,]\d)", lambda match: number(int(match[0])), text)
    return text


def _numbers(code: str, **form: str) -> Number:
    from num2words import num2words  # noqa: PLC0415 # only the worker that has a figure to say needs it

    return lambda value: str(num2words(value, lang=code, **form))


class _Sayer:
    """Puts figures and signs into the words of one language."""

    def __init__(self, code: str, region: str, words: EarWords) -> None:
        self._code = code
        self._day_first = code != _AMERICAN or region in _BRITISH
        self._words = words
        self._cardinal = _numbers(code)
        self._ordinal = _numbers(code, to="ordinal")
        self._year = _numbers(code, to="year")
        thousands, decimal = re.escape(words.thousands), re.escape(words.decimal)
        self._figure = rf"(?:\d{{1,3}}(?:{thousands}\d{{3}})+|\d+)(?:{decimal}\d+)?"
        self._months = {month.casefold(): number for number, month in enumerate(words.months, 1)}

    def said(self, text: str) -> str:
        """Return the text with words in place of figures and signs."""
        for sign, fraction in _FRACTION_SIGNS.items():
            text = re.sub(rf"(\d)?{sign}", lambda match, f=fraction: f"{match[1] or ''} {f}".strip(), text)  # type: ignore[misc]
        text = self._abbreviations(self._addresses(text))
        # A figure has no capital letter where a sentence begins, and its word has.
        text = re.sub(r"(^|[.!?…]\s+)(?=\d|[$€£]\d)", rf"\g<1>{_CAPITAL}", text)
        for step in (self._dates, self._times, self._money, self._units, self._plain_numbers, self._signs):
            text = step(text)
        return re.sub(rf"{_CAPITAL}(.?)", lambda match: match[1].upper(), text)

    def _addresses(self, text: str) -> str:
        """Say the dots of addresses on the web and of mail."""
        words = self._words

        def said(match: re.Match[str]) -> str:
            parts = re.sub(r"^https?://|/$", "", match[0])
            for sign, word in ((".", words.dot), ("@", words.at), ("/", words.slash)):
                parts = parts.replace(sign, f" {word} ")
            return parts

        return re.sub(r"https?://[\w./-]+\w|\bwww\.[\w./-]+\w|\b[\w.+-]+@[\w-]+(?:\.\w+)+", said, text)

    def _abbreviations(self, text: str) -> str:
        known = sorted(self._words.abbreviations, key=len, reverse=True)
        pattern = rf"(?<![\w.])(?:{'|'.join(map(re.escape, known))})(?!\w)"

        def said(match: re.Match[str]) -> str:
            if not re.match(self._words.before.get(match[0], ""), match.string[match.end() :]):
                return match[0]
            word = self._words.abbreviations[match[0]]
            before = match.string[: match.start()].rstrip()
            if (not before or before[-1] in ".!?…") and match[0][0].isupper():
                word = word[0].upper() + word[1:]
            # Its dot may have ended the sentence as well.
            ends = match[0].endswith(".") and not match.string[match.end() :].strip() and not word[0].isupper()
            return f"{word}." if ends else word

        return re.sub(pattern, said, text)

    def _dates(self, text: str) -> str:
        text = re.sub(r"(?<!\d)(\d{4})-(\d{2})-(\d{2})(?!\d)", lambda m: self._date(m, m[3], m[2], m[1]), text)
        if self._code == "de":
            text = re.sub(
                r"(?<![\d.])(\d{1,2})\.(\d{1,2})\.(\d{4})?(?!\d)", lambda m: self._date(m, m[1], m[2], m[3]), text
            )
        first, second = (1, 2) if self._day_first else (2, 1)
        text = re.sub(
            r"(?<![\d/])(\d{1,2})/(\d{1,2})/(\d{4})(?![\d/])",
            lambda m: self._date(m, m[first], m[second], m[3]) if int(m[first]) <= 31 else m[0],
            text,
        )
        months = "|".join(self._words.months)
        if self._code == "de":
            return re.sub(
                rf"(?<!\d)(\d{{1,2}})\.\s*({months})(?:\s+(\d{{4}}))?\b",
                lambda m: self._date(m, m[1], str(self._months[m[2].casefold()]), m[3]),
                text,
            )
        if self._code == "en":
            for pattern, day, month in (
                (rf"\b({months})\s+(\d{{1,2}})(?:st|nd|rd|th)?(?:,?\s+(\d{{4}}))?\b(?!:)", 2, 1),
                (rf"\b(?:the\s+)?(\d{{1,2}})(?:st|nd|rd|th)?(?:\s+of)?\s+({months})(?:,?\s+(\d{{4}}))?\b", 1, 2),
            ):
                text = re.sub(
                    pattern,
                    lambda m, d=day, mo=month: self._date(m, m[d], str(self._months[m[mo].casefold()]), m[3]),  # type: ignore[misc]
                    text,
                )
        return text

    def _date(self, match: re.Match[str], day: str, month: str, year: str | None) -> str:
        if not (1 <= int(month) <= 12 and 1 <= int(day) <= 31):
            return match[0]
        name = self._words.months[int(month) - 1]
        if self._code == "es":
            first = "uno" if int(day) == 1 else self._cardinal(int(day))
            return f"{first} de {name}" + (f" de {self._cardinal(int(year))}" if year else "")
        said = self._ordinal(int(day))
        if self._code == "de":
            # "am dritten Mai", but "Heute ist dritter Mai".
            before = match.string[: match.start()].rstrip().rpartition(" ")[2].casefold()
            ending = "n" if before in {"am", "dem", "den", "vom", "zum", "seit", "bis", "des"} else "r"
            return f"{said}{'' if before in {'der', 'die', 'das'} else ending} {name}" + (
                f" {self._year(int(year))}" if year else ""
            )
        return f"{name} {said}" + (f", {self._year(int(year))}" if year else "")

    def _times(self, text: str) -> str:
        pattern = r"(?<![\d:.,])([01]?\d|2[0-3]):([0-5]\d)(?![\d:])"
        after = {"de": r"(?:\s*(?:Uhr|h)\b)?", "es": r"(?:\s*h(?:oras|rs)?\b\.?)?", "en": r"(?=(\s*[ap]\.?\s?m\b)?)"}
        return re.sub(pattern + after[self._code], self._time, text)

    def _time(self, match: re.Match[str]) -> str:
        hour, minute = int(match[1]), int(match[2])
        said = self._cardinal(hour)
        if self._code == "de":
            said = "ein" if hour == 1 else said
            return f"{said} Uhr" + (f" {self._cardinal(minute)}" if minute else "")
        if self._code == "es":
            said = "una" if hour == 1 else said
            return f"{said} y {self._cardinal(minute)}" if minute else f"{said} en punto"
        if minute:
            return f"{said} {'oh ' if minute < 10 else ''}{self._cardinal(minute)}"
        if hour > 12 or hour == 0:
            return f"{said} hundred"
        return said if match[3] else f"{said} o'clock"

    def _money(self, text: str) -> str:
        signs = "".join(map(re.escape, self._words.currencies))
        magnitude = rf"(?:\s+({'|'.join(self._words.magnitudes)})\b)?"
        before = rf"([{signs}])\s?({self._figure}){magnitude}"
        after = rf"(?<![\w.,])({self._figure}){magnitude}\s?([{signs}])"
        text = re.sub(before, lambda m: self._amount(m[2], m[3], m[1]), text)
        return re.sub(after, lambda m: self._amount(m[1], m[2], m[3]), text)

    def _amount(self, figure: str, magnitude: str | None, sign: str) -> str:
        value, words = self._value(figure), self._words
        one, many = words.currencies[sign]
        if magnitude:
            link = "de " if self._code == "es" and magnitude.startswith("mill") else ""
            return f"{self._number(figure)} {magnitude} {link}{many}"
        whole, hundredths = int(value), int((value - int(value)) * 100)
        said = f"{self._counted(whole, one)} {one if whole == 1 else many}"
        if not hundredths or sign not in words.coins:
            return said
        coin = words.coins[sign][0 if hundredths == 1 else 1]
        coins = f"{self._counted(hundredths, coin)} {coin}"
        return f"{said} {words.and_coins} {coins}" if whole else coins

    def _units(self, text: str) -> str:
        units = sorted(self._words.units, key=len, reverse=True)
        pattern = rf"(?<![\w.,])([-\u2212])?({self._figure})\s?({'|'.join(map(re.escape, units))})(?![\w/°])"

        def said(match: re.Match[str]) -> str:
            value = self._value(match[2])
            one, many = self._words.units[match[3]]
            minus = f"{self._words.minus} " if match[1] else ""
            return f"{minus}{self._counted(value, one)} {one if value == 1 else many}"

        return re.sub(pattern, said, text)

    def _plain_numbers(self, text: str) -> str:
        words = self._words
        for fraction, said in words.fractions.items():
            text = re.sub(rf"(?<![\d/]){fraction}(?![\d/])", said, text)
        text = re.sub(r"(?<!\d)\d{3}-\d{4}(?!\d)", lambda m: self._digits(m[0]), text)
        text = re.sub(rf"(?<![\w.,-])({self._figure})\s?[-–]\s?({self._figure})(?![\w-])", self._range, text)  # noqa: RUF001
        text = re.sub(rf"(?<![\w.,])[-\u2212](?={self._figure})", f"{words.minus} ", text)
        if self._code == "en":
            text = re.sub(r"(?<![\w.,])(\d+)(?:st|nd|rd|th)\b", lambda m: self._ordinal(int(m[1])), text)
            text = re.sub(r"(?<![\w.,])(\d{3}0)s\b", lambda m: _plural(self._year(int(m[1]))), text)
        if self._code == "es":
            text = re.sub(r"(?<![\w.,])(\d{1,3})\.?[ºo°]", lambda m: self._ordinal(int(m[1])), text)
        # Not within a word such as R2D2, nor where it is glued to letters.
        pattern = rf"(?<![\w.,]){self._figure}(?![\w]|[.,]\d)"
        return re.sub(pattern, self._counted_in, text)

    def _range(self, match: re.Match[str]) -> str:
        return f"{self._number(match[1])} {self._words.to} {self._number(match[2])}"

    def _counted_in(self, match: re.Match[str]) -> str:
        follows = re.match(r"\s+([^\W\d_]+)", match.string[match.end() :])
        figure = match[0]
        if "." not in figure and "," not in figure and follows:
            return self._counted(int(figure), follows[1]) if len(figure) <= 2 else self._number(figure)
        return self._number(figure)

    def _counted(self, value: int | Decimal, _noun: str) -> str:
        """Return a number before what it counts: "ein Euro", "veintiún gatos"."""
        if value != int(value):
            return self._number(str(value).replace(".", self._words.decimal))
        said = self._cardinal(int(value)) if int(value) < 10**_LONGEST_NUMBER else self._digits(str(value))
        if self._code == "de" and value == 1:
            return "ein"
        if self._code == "es" and said.endswith("uno"):
            return said[:-3] + ("ún" if said.endswith("iuno") else "un")
        return said

    def _number(self, figure: str) -> str:
        """Return a figure in words: a year as one, a fraction digit by digit after the point."""
        value = self._value(figure)
        plain = figure.isdigit()
        if plain and (len(figure) > _LONGEST_NUMBER or (len(figure) > 1 and figure.startswith("0"))):
            return self._digits(figure)
        if plain and 1100 <= value <= 2099 and self._code != "es":
            return self._year(int(value))
        whole = self._cardinal(int(value))
        if value == int(value):
            return whole
        _, _, decimals = figure.partition(self._words.decimal)
        return f"{whole} {self._words.point} {self._digits(decimals)}"

    def _digits(self, figure: str) -> str:
        return " ".join(self._cardinal(int(digit)) for digit in figure if digit.isdigit())

    def _value(self, figure: str) -> Decimal:
        return Decimal(figure.replace(self._words.thousands, "").replace(self._words.decimal, "."))

    def _signs(self, text: str) -> str:
        words = self._words
        text = re.sub(r"\s*%", f" {words.percent}", text)
        text = re.sub(r"(?<=[^\W\d_])\s?/\s?(?=[^\W\d_])", f" {words.or_} ", text)
        said = text
        for sign, word in words.signs.items():
            said = re.sub(rf"\s*{re.escape(sign)}\s*", f" {word} ", said)
        return text if said == text else re.sub(r" +([,.;:!?…])", r"\1", said)


def _plural(said: str) -> str:
    """Return the plural of a decade, such as "nineteen eighties"."""
    return f"{said[:-1]}ies" if said.endswith("y") else f"{said}s"
