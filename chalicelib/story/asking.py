"""One question to the author: what it is sent, how its reply is checked, and the one repair."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from chalicelib.domain.texts import find_name
from chalicelib.errors import BudgetExceeded, ContentRefused, CutOff, ProviderFault, Unusable
from chalicelib.story import replies
from chalicelib.story.config import StoryConfig
from chalicelib.story.ports import Author, Completion, CompletionRequest, Message
from chalicelib.story.reading import read_reply
from chalicelib.story.replies import JsonSchema, Verdict
from chalicelib.story.safety import IN_WORDS

T = TypeVar("T", bound=msgspec.Struct)
R = TypeVar("R")

Check = Callable[[T, bool], R]
"""Returns what a reply is good for, given whether it is the last one; raises Unusable, which has the first repaired."""

Ready = Callable[[], None]
"""Called before every paid call; raises if none may start."""

_PARTS: Mapping[tuple[str, str], str] = {
    ("safety", "input"): "the prompt or the remark",
    ("safety", "output"): "the prompt or the remark",
    ("safety", "request"): "the prompt or the remark",
    ("outline", "input"): "the prompt",
    ("outline", "output"): "the plan that was made from the prompt",
    ("outline", "request"): "the prompt",
    ("chapter", "input"): "the story so far, or the remark",
    ("chapter", "output"): "the chapter as it was written",
    ("chapter", "request"): "the chapter as it is planned",
    ("enhancement", "input"): "the chapter",
    ("enhancement", "output"): "the directions for the voices",
    ("enhancement", "request"): "the chapter",
    ("summary", "input"): "the chapter as it was edited",
    ("summary", "output"): "the summary of the chapter",
    ("summary", "request"): "the chapter as it was edited",
}
"""What was looked at: by the call, and whether it was sent, written, or declined as a whole."""

SHOWN_AGAIN = 24_000
"""Characters of a reply that its author is shown again to repair it: a reply ten times too long costs no second time.
A chapter of 900 words has some 8,000."""


class Asker:
    """Asks the author, checks its replies, and asks once more if one cannot be used."""

    def __init__(self, author: Author, config: StoryConfig, ready: Ready) -> None:
        self._author = author
        self._config = config
        self._ready = ready

    def ask(
        self,
        name: str,
        data: Mapping[str, Any],
        schema: JsonSchema,
        reply: type[T],
        check: Check[T, R],
        *,
        prompt: str = "",
    ) -> R:
        """Return what `check` makes of the reply to a question; raise Unusable, CutOff and ContentRefused.

        `name` is that of the call, by which a model is configured; `prompt` that of its instructions, if it has others.
        """
        messages: list[Message] = [
            {"role": "system", "content": _instructions(prompt or name)},
            {"role": "user", "content": msgspec.json.encode(data).decode()},
        ]
        completion = self._pay(name, messages, schema)
        try:
            return _checked(completion, reply, check, last=False)
        except (Unusable, CutOff) as error:
            # Where the server says itself that the reply was too long, the next one would be too.
            if isinstance(error, CutOff) and completion.problem is not None:
                raise
            messages += [
                {"role": "assistant", "content": completion.content[:SHOWN_AGAIN] or "{}"},
                {
                    "role": "user",
                    "content": f"That reply cannot be used: {error} Answer again, as the schema describes.",
                },
            ]
        # One repair for all reasons together, and no more: a model that fails twice costs money at every further try.
        try:
            repaired = self._pay(name, messages, schema)
        except (BudgetExceeded, ProviderFault) as error:
            # The first reply was paid for, and a retry would buy it again: what a repair may be, it may be, too.
            try:
                return _checked(completion, reply, check, last=True)
            except (Unusable, CutOff, ContentRefused):
                raise error from None
        return _checked(repaired, reply, check, last=True)

    def _pay(self, name: str, messages: Sequence[Message], schema: dict[str, Any]) -> Completion:
        model = self._config.models.of_call(name)
        self._ready()
        completion = self._author.ask(
            CompletionRequest(name, model, list(messages), schema, self._config.limits.max_completion_tokens)
        )
        for side, scores in completion.scores.items():
            if (category := self._config.safety.refused(scores)) is not None:
                raise ContentRefused(_PARTS[name, side], IN_WORDS[category])
        if isinstance(completion.problem, ContentRefused):
            raise ContentRefused(_PARTS[name, "request"])
        return completion

    def ensure_wanted(self, texts: Mapping[str, str], part: str) -> None:
        """Ask the author whether a story from these texts is one that is told here, where that is configured."""
        safety = self._config.safety
        if safety.mode != "question":
            return
        schema = replies.verdict_schema(safety.unwanted)

        def check(verdict: Verdict, _last: bool) -> str:
            return find_name(verdict.category, safety.unwanted) or ""

        if refused := self.ask("safety", {"unwanted": safety.unwanted, **texts}, schema, Verdict, check):
            raise ContentRefused(part, IN_WORDS[refused])


@cache
def _instructions(name: str) -> str:
    return (Path(__file__).parent / "prompts" / f"{name}.md").read_text(encoding="utf-8")


def _checked(completion: Completion, reply: type[T], check: Check[T, R], *, last: bool) -> R:
    """Return what a completion holds; raise Unusable where a repair may help, CutOff and ContentRefused."""
    try:
        read = read_reply(completion.content, reply)
    except (Unusable, CutOff) as error:
        read_instead = _in_the_rest(completion, reply)
        if read_instead is None:
            raise completion.problem or error from error
        read = read_instead
    return check(read, last)


def _in_the_rest(completion: Completion, reply: type[T]) -> T | None:
    """Return what stands in another part of the completion, such as its reasoning, or None."""
    for text in completion.elsewhere:
        try:
            return read_reply(text, reply)
        except (Unusable, CutOff):
            continue
    return None
