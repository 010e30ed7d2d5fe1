"""What a player shows of a file, as arguments for ffmpeg: ID3v2 in an MP3, iTunes' atoms in an M4B.

Both are read by Audiobookshelf: album and title as the book and its chapter, artist as the author, composer as the
narrator, date, genre, description and language (https://www.audiobookshelf.org/guides/book-scanner, "Audio file
metadata").
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chalicelib.domain.texts import one_line

GENRE = "Audiobook"


@dataclass(frozen=True, slots=True)
class Tags:
    """What a player shows. `track` of `total`, 0 for a whole book; `language` is a BCP 47 tag, `comment` a sentence.

    `source_type` says for machines what made it, as a term of IPTC's.
    """

    title: str
    artist: str
    album: str
    track: int = 0
    total: int = 0
    narrators: Sequence[str] = ()
    year: str = ""
    language: str = ""
    comment: str = ""
    source_type: str = ""

    def shown(self) -> dict[str, str]:
        """Return the tags by ffmpeg's names, those without a value left out."""
        values = {
            "title": self.title,
            "artist": self.artist,
            "album": self.album,
            "album_artist": self.artist,
            "composer": ", ".join(self.narrators),
            "track": f"{self.track}/{self.total}" if self.track else "",
            "date": self.year,
            "genre": GENRE,
            "language": language_code(self.language),
            "comment": self.comment,
            "DigitalSourceType": self.source_type,
        }
        # A title may hold any character that the author wrote; line breaks would end the tag in some players.
        return {name: shown for name, value in values.items() if (shown := one_line(value))}


def arguments(values: Mapping[str, str]) -> list[str]:
    """Return ffmpeg's arguments that set the tags of its next output."""
    return [argument for name, value in values.items() for argument in ("-metadata", f"{name}={value}")]


# ISO 639-2/T for the languages that narrators speak, which ID3 (TLAN) and MP4 (mdhd) want in place of two letters:
# https://www.loc.gov/standards/iso639-2/php/code_list.php
_CODES = """
ar ara, bg bul, bn ben, ca cat, cs ces, cy cym, da dan, de deu, el ell, en eng, es spa, et est, eu eus, fa fas, fi fin,
fil fil, fr fra, ga gle, gl glg, gu guj, he heb, hi hin, hr hrv, hu hun, hy hye, id ind, is isl, it ita, ja jpn, ka kat,
kk kaz, kn kan, ko kor, lt lit, lv lav, mk mkd, ml mal, mr mar, ms msa, nb nob, ne nep, nl nld, nn nno, no nor, pa pan,
pl pol, pt por, ro ron, ru rus, sk slk, sl slv, so som, sq sqi, sr srp, sv swe, sw swa, ta tam, te tel, th tha, tr tur,
uk ukr, ur urd, vi vie, zh zho
"""
_LANGUAGES = dict(pair.split() for pair in _CODES.replace("\n", " ").split(","))


def language_code(language: str) -> str:
    """Return the three letters of a language such as `pt-BR`; "und" where they are not known, "" for no language."""
    code = language.partition("-")[0].lower()
    return (code if len(code) == 3 else _LANGUAGES.get(code, "und")) if code else ""
