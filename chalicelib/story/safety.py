"""Which stories are not told: categories of content, each with the score from which it is refused.

With OpenAI the scores come with the reply itself (`moderation` of chat completions), so a refused story costs the one
call that showed it. Other servers know no such thing: there a question to the model comes first, or nothing is looked
at, as the operator decides.
"""

from collections.abc import Mapping
from typing import Annotated, Literal

import msgspec

Category = Literal[
    "harassment",
    "harassment/threatening",
    "hate",
    "hate/threatening",
    "illicit",
    "illicit/violent",
    "self-harm",
    "self-harm/instructions",
    "self-harm/intent",
    "sexual",
    "sexual/minors",
    "violence",
    "violence/graphic",
]
"""The categories of OpenAI's moderation (https://developers.openai.com/api/docs/guides/moderation)."""

Score = Annotated[float, msgspec.Meta(ge=0, le=1)]
Mode = Literal["moderation", "question", "off"]

IN_WORDS: Mapping[str, str] = {
    "harassment": "harassment",
    "harassment/threatening": "threats",
    "hate": "hatred of a group",
    "hate/threatening": "threats against a group",
    "illicit": "instructions for a crime",
    "illicit/violent": "instructions for a violent crime",
    "self-harm": "self-harm",
    "self-harm/instructions": "instructions for self-harm",
    "self-harm/intent": "self-harm",
    "sexual": "sexual content",
    "sexual/minors": "sexual content about minors",
    "violence": "violence",
    "violence/graphic": "graphic violence",
}


THRESHOLDS: Mapping[Category, Score] = {
    "sexual/minors": 0.3,
    "sexual": 0.9,
    "self-harm/instructions": 0.5,
    "illicit/violent": 0.7,
    "hate": 0.9,
    "hate/threatening": 0.6,
}
"""Stories are full of violence, grief and threats: only what is hardly ever a story is refused."""

FOR_CHILDREN: Mapping[Category, Score] = {
    "sexual/minors": 0.1,
    "sexual": 0.1,
    "violence": 0.7,
    "violence/graphic": 0.2,
    "self-harm": 0.2,
    "self-harm/intent": 0.2,
    "self-harm/instructions": 0.1,
    "hate": 0.3,
    "hate/threatening": 0.1,
    "harassment": 0.7,
    "harassment/threatening": 0.4,
    "illicit": 0.5,
    "illicit/violent": 0.2,
}
"""A wolf may eat a grandmother, and nobody has to see how."""


class Safety(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What is refused. `mode` is null for `moderation` with OpenAI, and `off` with other servers.

    `thresholds`: from which score a category is refused, 0 to 1; one that is not listed never is. `for_children`: the
    thresholds of `children` apply where they are lower.
    """

    mode: Mode | None = None
    for_children: bool = False
    thresholds: dict[Category, Score] = msgspec.field(default_factory=lambda: dict(THRESHOLDS))
    children: dict[Category, Score] = msgspec.field(default_factory=lambda: dict(FOR_CHILDREN))

    def mode_with(self, provider: str) -> Mode:
        """Return how stories are looked at with this provider, `openai` or `compatible`."""
        return self.mode or ("moderation" if provider == "openai" else "off")

    def refused(self, scores: Mapping[str, float]) -> str | None:
        """Return the category that is refused, the one that is furthest beyond its threshold; None if none is."""
        limits: dict[str, float] = {str(name): limit for name, limit in self.thresholds.items()}
        if self.for_children:
            limits |= {name: min(limit, limits.get(name, 1.0)) for name, limit in self.children.items()}
        beyond = {name: scores[name] - limit for name, limit in limits.items() if scores.get(name, -1.0) >= limit}
        return max(beyond, key=lambda name: beyond[name]) if beyond else None

    @property
    def unwanted(self) -> list[str]:
        """The categories that are refused, from whatever score on."""
        return sorted({*self.thresholds, *(self.children if self.for_children else ())})
