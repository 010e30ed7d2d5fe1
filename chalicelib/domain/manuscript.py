"""A text of a person's own, which is told as it is: the author finds who speaks, and changes no word of it."""

import msgspec

from chalicelib.domain.digest import digest


class Section(msgspec.Struct, frozen=True):
    """One chapter of a manuscript. `title` is "" where the text has none; its heading is also its first paragraph."""

    paragraphs: list[str]
    title: str = ""

    @property
    def characters(self) -> int:
        """The number of characters that are spoken, about."""
        return sum(map(len, self.paragraphs))


class Manuscript(msgspec.Struct, frozen=True):
    """A whole text in chapters, as it is kept."""

    sections: list[Section]

    @property
    def digest(self) -> str:
        """32 characters that no other manuscript has."""
        return digest(msgspec.json.encode(self).decode())[:32]

    @property
    def text(self) -> str:
        """The text again, with an empty line between two paragraphs."""
        return "\n\n".join(paragraph for section in self.sections for paragraph in section.paragraphs)


class ManuscriptFacts(msgspec.Struct, frozen=True):
    """What a story knows of its manuscript without reading it: its digest, how it begins, its chapters' sizes."""

    digest: str
    opening: str
    characters: list[int]
