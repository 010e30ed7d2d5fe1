"""Webhooks: where events are told, which events there are, and what is still to be delivered."""

import re
from typing import Literal

import msgspec

EventType = Literal["task.ended", "chapter.ready", "budget.80"]
EVENTS: tuple[EventType, ...] = ("task.ended", "chapter.ready", "budget.80")

To = Literal["operator", "story"]
"""Whom an event is told: the operator's webhook of the configuration, or that of the story's owner."""

MAX_URL = 2000
MAX_HOST = 253

_URL = re.compile(
    r"https://(?P<host>[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)(?::443)?(?P<target>[/?][\x21\x23-\x5b\x5d-\x7e]*)?", re.I
)
"""No user, no other port, no fragment; visible ASCII without quotation marks and backslashes, which browsers read as
slashes."""

_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")

_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
"""A last label like this makes the whole name an IPv4 address in some notation, such as 2130706433, 0177.1 or 0x7f.1:
https://url.spec.whatwg.org/#ends-in-a-number-checker"""

PRIVATE_NAMES = ("localhost", "local", "internal", "intranet", "lan", "home", "corp", "private", "arpa", "onion")
"""Last labels of names that are nobody's on the public Internet: RFC 6761, RFC 6762, RFC 7686, RFC 8375, and ICANN's
`.internal`; the rest are what routers and companies use."""


class Webhook(msgspec.Struct, frozen=True):
    """The webhook of a story. `key` names its signing secret, and is none itself; each registration has a new one."""

    url: str
    key: str


class UrlParts(msgspec.Struct, frozen=True):
    """The parts of a webhook's URL: the host's name in lower case, and the path with its query."""

    host: str
    target: str


class WebhookDelivery(msgspec.Struct, frozen=True):
    """An event that is to be told to one webhook, of which `tries` attempts have begun; the next may begin at `due`.

    `event_id` stays the same however often it is sent. `body` is the JSON that is sent: ids and states, no texts.
    `since` and `due` are seconds since the epoch.
    """

    event_id: str
    to: To
    user_id: str
    story_id: str
    body: str
    since: float
    due: float
    tries: int = 0

    @property
    def delivery_id(self) -> str:
        """The id of the delivery: an event that is told to two webhooks has two."""
        return f"{self.event_id}:{self.to}"


class WebhookResponse(msgspec.Struct, frozen=True):
    """What came of an attempt: the status of the answer, or 0 and the `fault` that kept one from coming.

    `retry_after_s` is the pause that the receiver asks for.
    """

    status: int = 0
    fault: str = ""
    retry_after_s: float = 0.0


def parse_url(url: str) -> UrlParts:
    """Return the parts of a webhook's URL; raise ValueError with a sentence about what is wrong with it."""
    if len(url) > MAX_URL:
        raise ValueError(f"must have at most {MAX_URL} characters")
    match = _URL.fullmatch(url)
    if match is None:
        raise ValueError(
            "must be an https address with the name of a public host, such as https://example.org/fireside: on port"
            " 443, without a user name, a fragment or spaces; write a name in other letters in its ASCII form (xn--...)"
        )
    host, target = match["host"].lower(), match["target"] or "/"
    labels = host.split(".")
    if len(host) > MAX_HOST or len(labels) < 2 or not all(map(_LABEL.fullmatch, labels)):
        raise ValueError("must have the full name of a public host, such as example.org")
    if _NUMBER.fullmatch(labels[-1]):
        raise ValueError("must have the name of a host, not an IP address")
    if labels[-1] in PRIVATE_NAMES:
        raise ValueError("must have the name of a public host")
    return UrlParts(host, target if target.startswith("/") else f"/{target}")
