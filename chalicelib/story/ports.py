"""The port of the author: what is asked of it, and what it answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from chalicelib.errors import ContentRefused, CutOff, Unusable

Message = dict[str, str]


@dataclass(frozen=True, slots=True)
class CompletionRequest:
    """A question to the author: messages, and the strict schema its answer must have."""

    name: str
    model: str
    messages: Sequence[Message]
    schema: dict[str, Any]
    max_completion_tokens: int


@dataclass(frozen=True, slots=True)
class Completion:
    """A paid reply. `problem` says why it holds no answer (a refusal, a cut-off); it was paid for all the same."""

    content: str
    input_tokens: int
    cached_tokens: int
    output_tokens: int
    problem: ContentRefused | CutOff | Unusable | None = None


class Author(Protocol):
    """The port of a language model that writes."""

    def ask(self, request: CompletionRequest) -> Completion:
        """Make one paid call; raise ProviderFault if no reply came."""
