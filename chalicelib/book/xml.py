"""Text as XML 1.0 takes it."""

import re
from html import escape

from chalicelib.domain.texts import xml_characters

DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'


def xml_text(text: str) -> str:
    """Return a text on one line, for an element or an attribute in double quotes."""
    return escape(" ".join(xml_characters(text).split()))


def xml_id(name: str) -> str:
    """Return a name as an identifier: letters, digits, `-`, `_` and `.` of ASCII."""
    return re.sub(r"[^A-Za-z0-9_.-]", "_", name)
