"""Text as XML 1.0 takes it."""

import re
from html import escape

_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What is no character of XML, even when it is escaped: https://www.w3.org/TR/xml/#charsets"""

DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'


def xml_text(text: str) -> str:
    """Return a text on one line, for an element or an attribute in double quotes."""
    return escape(" ".join(_FORBIDDEN.sub("", text).split()))


def xml_id(name: str) -> str:
    """Return a name as an identifier: letters, digits, `-`, `_` and `.` of ASCII."""
    return re.sub(r"[^A-Za-z0-9_.-]", "_", name)
