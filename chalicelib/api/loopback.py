"""Whether a browser on this machine asks for the page, which then may sign it in."""

import re
from collections.abc import Mapping

_HOME = re.compile(r"(127\.0\.0\.1|localhost)(:[0-9]+)?")
_OWN = {None, "none", "same-origin"}
"""Values of Sec-Fetch-Site for a page that a person opens, or this very site requests; old browsers send none."""


def is_loopback_request(headers: Mapping[str, str]) -> bool:
    """Return whether a browser on this machine opens the page under a loopback name, and no other site requests it.

    Nobody else can make a loopback name point here, unlike a domain name (DNS rebinding).
    """
    opened = headers.get("sec-fetch-site") in _OWN or headers.get("sec-fetch-dest") == "document"  # by a link, too
    return opened and _HOME.fullmatch(headers.get("host", "")) is not None
