"""The four questions that Fireside asks its author, through the real Writer, and what became of each."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import msgspec

from chalicelib.domain.outline import NARRATOR, ChapterOutline, Character, Outline
from chalicelib.domain.script import Script, ScriptLine
from chalicelib.pipeline.failure import Failure, classify
from chalicelib.story.brief import Brief
from chalicelib.story.config import StoryConfig, load_config
from chalicelib.story.framing import SILENT
from chalicelib.story.ports import Author, Completion, CompletionRequest
from chalicelib.story.telling import Before
from chalicelib.story.writing import Writer

ADA = Character("Ada", "female", "young", "none", "hero", "Kind.")
BRUNO = Character("Bruno", "male", "old", "none", "friend", "Slow.")
OUTLINE = Outline(
    "The Lamp",
    "Ada wants the lamp lit.",
    "A lighthouse.",
    ["The lamp burns at night."],
    [ADA, BRUNO],
    [ChapterOutline(f"Part {number}", ["They climb."], "They wait.") for number in (1, 2, 3)],
)
SCRIPT = Script(
    [
        ScriptLine("001", NARRATOR, "It rains on the rocks."),
        ScriptLine("002", "Ada", "Let it rain!"),
        ScriptLine("003", "Bruno", "Where is the oil?"),
    ]
)

WORDS = 100
"""Words of a chapter: few, so that a whole book takes little time."""


def short_chapters(config: StoryConfig | None = None, words: int = WORDS) -> StoryConfig:
    """Return a configuration whose chapters have so few words, and nothing that is read before and after them."""
    change, found = msgspec.structs.replace, config or load_config()
    return change(found, writing=change(found.writing, words_per_chapter=words), frame=SILENT)


def unframed() -> StoryConfig:
    """Return the configuration with nothing that is read before and after chapters: to count the lines of scripts."""
    return msgspec.structs.replace(load_config(), frame=SILENT)


def _outline(writer: Writer) -> Outline:
    return writer.outline()


def _chapter(writer: Writer) -> Any:
    return writer.generate_chapter(OUTLINE, 1, Before())


def _enhancement(writer: Writer) -> Any:
    return writer.enhance_chapter(OUTLINE, 1, SCRIPT)


def _summary(writer: Writer) -> Any:
    return writer.summarize_chapter(OUTLINE, 1, SCRIPT)


QUESTIONS: Mapping[str, Callable[[Writer], Any]] = MappingProxyType(
    {"outline": _outline, "chapter": _chapter, "enhancement": _enhancement, "summary": _summary}
)
"""How each question is asked."""


@dataclass
class Outcome:
    """What became of a question: a result, or the failure that its step ends with; and the replies that came."""

    result: Any = None
    failure: Failure | None = None
    error: Exception | None = None
    completions: list[Completion] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{self.failure or 'used'} {self.error!r}"


class Watched:
    """An author whose replies are kept."""

    def __init__(self, author: Author, outcome: Outcome) -> None:
        self._author = author
        self._outcome = outcome

    def ask(self, request: CompletionRequest) -> Completion:
        completion = self._author.ask(request)
        self._outcome.completions.append(completion)
        return completion


def ask(author: Author, question: str | Callable[[Writer], Any], config: StoryConfig | None = None) -> Outcome:
    """Ask an author a question, and return what became of it. Whatever it raises is classified.

    A question is the name of one of QUESTIONS, or a function that asks it.
    """
    outcome = Outcome()
    settings = config or short_chapters()
    order = Brief(
        prompt="A lighthouse",
        language="en",
        words=settings.writing.words_per_chapter,
        tone=settings.writing.tone,
        num_chapters=3,
    )
    writer = Writer(Watched(author, outcome), settings, order, ready=lambda: None)
    try:
        outcome.result = (QUESTIONS[question] if isinstance(question, str) else question)(writer)
    except Exception as error:  # noqa: BLE001 # that is what is looked at: nothing may be a fault of ours
        outcome.error, outcome.failure = error, classify(error)
    return outcome
