"""The port of the author: what is asked of it, and what it answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from chalicelib.errors import ContentRefused, CutOff, Unusable

Message = dict[str, str]


@dataclass(frozen=True, slots=True)
class CompletionRequest:
    """A question to the author: messages, and the strict schema its answer must have.

    `person` is a digest of whom it is asked for, by which a provider can tell misuse by one from that of all.
    """

    name: str
    model: str
    messages: Sequence[Message]
    schema: dict[str, Any]
    max_completion_tokens: int
    person: str = ""


@dataclass(frozen=True, slots=True)
class Completion:
    """A paid reply. `problem` says why it may hold no answer (a refusal, a cut-off); it was paid for all the same.

    `elsewhere` are texts of the reply beside its content, such as its reasoning, where an answer may stand instead.
    Counts of tokens that the server did not send are 0. `scores` rate the `input` and the `output` by category, 0 to 1,
    where the provider does so.
    """

    content: str
    input_tokens: int
    cached_tokens: int
    output_tokens: int
    problem: ContentRefused | CutOff | Unusable | None = None
    elsewhere: Sequence[str] = ()
    scores: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


class Author(Protocol):
    """The port of a language model that writes."""

    def ask(self, request: CompletionRequest) -> Completion:
        """Make one paid call; raise ProviderFault if no reply came."""
