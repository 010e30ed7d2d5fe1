"""The person and the thing that a prompt is about, found by patterns, without understanding it."""

import re
from dataclasses import dataclass

_NOUN = re.compile(
    r"\b(a|an|the|his|her|their|its|my|one)\s+((?:[a-z'-]+\s+){0,3}?[a-z'-]+)"
    r"(?=\s+(?:who|whom|whose|that|which|in|on|at|of|for|with|without|and|or|but|to|from|by|about|into|under|over|is|are|"
    r"was|were|has|had|can|must|will|as|a|an|the|only|never|always|when|while|where|until|after|before|how|his|her|their|"
    r"its)\b|[.,;:!?]|$)",
    re.IGNORECASE,
)
_VERB = re.compile(r"[a-z]{2,}[^s]s|[a-z]+ed", re.IGNORECASE)
_LONGEST_CLAUSE = 280


@dataclass(frozen=True)
class StoryWish:
    """The prompt as a sentence, and the person's role and the thing it names, if any."""

    sentence: str
    role: str | None
    thing: str | None


def wish_of(prompt: str) -> StoryWish:
    """Return the role named within the first 12 characters of `prompt`, and another thing; None where it names none."""
    text = " ".join(prompt.split())
    named = [(match.start(), match[1].lower(), _without_verb(match[2].lower())) for match in _NOUN.finditer(text)]
    role = next((noun for start, _, noun in named if start <= 12), None)
    named.sort(key=lambda found: found[1] not in {"a", "an"})  # a new thing matters more than a known one
    thing = next((noun for _, _, noun in named if noun != role), None)
    return StoryWish(_sentence(text), role, thing)


def _without_verb(noun: str) -> str:
    """Return `noun` without trailing words that look like verbs: `dragon learns` becomes `dragon`."""
    words = noun.split()
    while len(words) > 1 and _VERB.fullmatch(words[-1]):
        words.pop()
    return " ".join(words)


def _sentence(text: str) -> str:
    if len(text) > _LONGEST_CLAUSE:
        text = text[:_LONGEST_CLAUSE].rsplit(" ", 1)[0] + " …"
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."
