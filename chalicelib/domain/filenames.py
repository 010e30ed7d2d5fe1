"""Names of files for people: the title's own letters, in a form that every system, archive and header takes."""

import re
import unicodedata
from typing import Literal
from urllib.parse import quote

from chalicelib.domain.texts import one_line

MOST_BYTES = 120
"""Of a name in UTF-8 with its ending. Linux takes 255; Windows a path of 260 characters in all; eCryptfs 143."""

_FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]+')
_RESERVED = re.compile(
    r"(?:con|prn|aux|nul|conin\$|conout\$|com[0-9\u00b9\u00b2\u00b3]|lpt[0-9\u00b9\u00b2\u00b3])", re.I
)
"""What Windows does not take in a name, and names that it takes for devices, whatever ending they have:
https://learn.microsoft.com/windows/win32/fileio/naming-a-file."""


Disposition = Literal["inline", "attachment"]
"""Whether a browser shows a file or saves it."""


def file_name(text: str, extension: str = "", *, prefix: str = "", fallback: str = "story") -> str:
    """Return a name for a file or folder, such as `01 - The Lamp.mp3`, made of a title.

    Letters of any script stay, composed (NFC), as most systems write them. `extension` is without its dot; a title of
    which nothing is left is replaced by `fallback`.
    """
    ending = f".{extension}" if extension else ""
    plain = _FORBIDDEN.sub(" ", unicodedata.normalize("NFC", one_line(text)))
    # No name begins with a dot, which hides it, or ends with one or a space, which Windows takes away.
    body = " ".join(plain.split()).lstrip(". ")
    body = _cut(body, MOST_BYTES - len((prefix + ending).encode())).rstrip(". ")
    body = body if any(character.isalnum() for character in body) else fallback
    if not prefix and _RESERVED.fullmatch(body.partition(".")[0].rstrip()):
        body = f"_{body}"
    return prefix + body + ending


def _cut(text: str, most: int) -> str:
    """Return the beginning of a text of at most so many bytes, without a part of a character or of a cluster."""
    if len(text.encode()) <= most:
        return text
    kept = text.encode()[: most + 1].decode("utf-8", "ignore")
    while kept and (len(kept.encode()) > most or _continues(text[len(kept)])):
        kept = kept[:-1]
    return kept


def _continues(character: str) -> bool:
    return unicodedata.category(character) in {"Mn", "Mc", "Me"} or character in "\u200c\u200d"


def content_disposition(name: str, kind: Disposition = "inline") -> str:
    """Return the header for a file of this name (RFC 6266): in ASCII for old clients, and as it is (RFC 8187)."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    stem, dot, extension = plain.rpartition(".")
    # A backslash or a quote would end the quoted string; "%" is decoded by some browsers (RFC 6266, appendix D).
    safe = re.sub(r"[^A-Za-z0-9 ._()+,-]+", "_", stem if dot else plain).strip(" ._-") or "file"
    ascii_name = f"{safe}.{extension}" if dot else safe
    if ascii_name == name:
        return f'{kind}; filename="{name}"'
    return f"{kind}; filename=\"{ascii_name}\"; filename*=UTF-8''{quote(name, safe='')}"
