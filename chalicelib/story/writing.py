"""Writing a story: the data that the author gets for each call, and the structs made from its replies.

Chapter n is written from the bible, its own beats, the next chapter's plan (so as not to anticipate it), the summary of
all that went before, the end of the previous chapter word for word, and its seam. The user's words travel as data, in a
message of their own; instructions are files in prompts/.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from chalicelib.domain.outline import NARRATOR, Character, Outline, Seam
from chalicelib.domain.script import EnhancedScript, Script
from chalicelib.errors import Unusable
from chalicelib.story import replies
from chalicelib.story.config import StoryConfig
from chalicelib.story.delivery import ensure_as_ordered
from chalicelib.story.ports import Author, CompletionRequest, Message
from chalicelib.story.replies import ChapterDraft, Enhancement, Summary
from chalicelib.story.script import enhanced, last_words, plain_text, script_of

T = TypeVar("T")
R = TypeVar("R")

Ready = Callable[[], None]
"""Called before every paid call; raises if none may start."""


SHOWN_AGAIN = 24_000
"""Characters of a reply that its author is shown again to repair it: a reply ten times too long costs no second time.
A chapter of 900 words has some 8,000."""


class Brief(msgspec.Struct, frozen=True):
    """What the user asked for. `named_speakers` have a voice already and must be in the cast."""

    prompt: str
    title: str | None
    num_chapters: int
    language: str
    named_speakers: list[str]


class Before(msgspec.Struct, frozen=True):
    """What came before a chapter: summaries of all chapters so far, the previous script and its seam."""

    summaries: list[str]
    previous: Script | None
    seam: Seam | None


@cache
def _instructions(name: str) -> str:
    return (Path(__file__).parent / "prompts" / f"{name}.md").read_text(encoding="utf-8")


class Writer:
    """Asks the author, checks its replies, and asks once more if one cannot be used."""

    def __init__(self, author: Author, config: StoryConfig, *, ready: Ready) -> None:
        self._author = author
        self._config = config
        self._ready = ready

    def outline(self, brief: Brief) -> Outline:
        """Return the story's bible and the plan of its chapters, in one call."""
        data = {
            **msgspec.to_builtins(brief),
            "tone": self._config.writing.tone,
            "words_per_chapter": self._config.writing.words_per_chapter,
            "max_cast": self._config.writing.max_cast,
        }

        def check(outline: Outline) -> Outline:
            return tidy_outline(outline, brief)

        return self._ask("outline", data, replies.outline_schema(brief.num_chapters), Outline, check)

    def generate_chapter(
        self,
        outline: Outline,
        number: int,
        before: Before,
        *,
        language: str,
        remark: str = "",
        earlier: Script | None = None,
    ) -> tuple[Script, ChapterDraft]:
        """Return chapter `number` (from 1) as a script, with the draft that holds its summary and seam, in one call."""
        plan, of = outline.chapters[number - 1], len(outline.chapters)
        following = outline.chapters[number] if number < of else None
        speakers = outline.speakers()
        data = {
            "bible": bible(outline),
            "chapter": {"number": number, "of": of, **msgspec.to_builtins(plan)},
            "next_chapter": {"number": number + 1, **msgspec.to_builtins(following)} if following else None,
            "summary_so_far": "\n".join(f"Chapter {n}: {text}" for n, text in enumerate(before.summaries, 1)),
            "previous_text": last_words(before.previous, self._config.writing.previous_words)
            if before.previous
            else "",
            "seam": msgspec.to_builtins(before.seam) if before.seam else None,
            "words": self._config.writing.words_per_chapter,
            "language": language,
            "tone": self._config.writing.tone,
            "remark": remark,
            "earlier_text": plain_text(earlier) if earlier and remark else "",
        }

        def check(draft: ChapterDraft) -> tuple[Script, ChapterDraft]:
            script = script_of(draft, speakers)
            ensure_as_ordered(script, self._config.writing.words_per_chapter)
            return script, draft

        return self._ask("chapter", data, replies.chapter_schema(speakers), ChapterDraft, check)

    def enhance_chapter(self, script: Script, *, language: str) -> EnhancedScript:
        """Return the script with audio tags; its text stays."""
        data = {"language": language, "lines": _lines(script)}
        schema = replies.enhancement_schema([line.line_id for line in script.lines])

        def check(enhancement: Enhancement) -> EnhancedScript:
            return enhanced(script, enhancement)

        return self._ask("enhancement", data, schema, Enhancement, check)

    def summarize_chapter(self, outline: Outline, number: int, script: Script, *, language: str) -> Summary:
        """Return summary and seam of a chapter that a person has changed."""
        chapter = {"number": number, "of": len(outline.chapters), "title": outline.chapters[number - 1].title}
        data = {"bible": bible(outline), "language": language, "chapter": chapter, "lines": _lines(script)}

        def check(summary: Summary) -> Summary:
            return summary

        return self._ask("summary", data, replies.summary_schema(), Summary, check)

    def _ask(
        self, name: str, data: Mapping[str, Any], schema: dict[str, Any], reply: type[T], check: Callable[[T], R]
    ) -> R:
        messages: list[Message] = [
            {"role": "system", "content": _instructions(name)},
            {"role": "user", "content": msgspec.json.encode(data).decode()},
        ]
        content, problem = self._pay(name, messages, schema)
        if problem is None:
            try:
                return _checked(content, reply, check)
            except Unusable as error:
                problem = error
        messages += [
            {"role": "assistant", "content": content[:SHOWN_AGAIN] or "{}"},
            {"role": "user", "content": f"That reply cannot be used: {problem} Answer again, as the schema describes."},
        ]
        # One repair and no more: a model that fails twice costs money at every further try.
        content, again = self._pay(name, messages, schema)
        if again is not None:
            raise again
        return _checked(content, reply, check)

    def _pay(self, name: str, messages: Sequence[Message], schema: dict[str, Any]) -> tuple[str, Unusable | None]:
        model: str = getattr(self._config.models, name)
        self._ready()
        completion = self._author.ask(
            CompletionRequest(name, model, list(messages), schema, self._config.limits.max_completion_tokens)
        )
        if completion.problem is None or isinstance(completion.problem, Unusable):
            return completion.content, completion.problem
        raise completion.problem


def bible(outline: Outline) -> dict[str, Any]:
    """Return what every chapter must agree with: the outline without the chapters."""
    whole: dict[str, Any] = msgspec.to_builtins(outline)
    del whole["chapters"]
    return whole


def tidy_outline(outline: Outline, brief: Brief) -> Outline:
    """Return the outline with usable names and texts; raises Unusable where a chapter or the cast is missing."""
    if len(outline.chapters) < brief.num_chapters:
        raise Unusable(f"chapters: {len(outline.chapters)} were planned; plan exactly {brief.num_chapters}.")
    cast: dict[str, Character] = {}
    for character in outline.cast:
        name = " ".join(character.name.split())[:60]
        # The first of two with one name stays: lines name their speaker, so a second one could never be told apart.
        if name and name.casefold() != NARRATOR.casefold() and name not in cast:
            cast[name] = msgspec.structs.replace(character, name=name)
    if not cast:
        raise Unusable("cast: there is nobody but the narrator; name the characters who speak.")
    chapters = [
        msgspec.structs.replace(plan, title=" ".join(plan.title.split())[:120] or f"Chapter {number}")
        for number, plan in enumerate(outline.chapters[: brief.num_chapters], 1)
    ]
    title = brief.title or " ".join(outline.title.split())[:200] or chapters[0].title
    return msgspec.structs.replace(outline, title=title, cast=list(cast.values()), chapters=chapters)


def _lines(script: Script) -> list[dict[str, str]]:
    return [{"line_id": line.line_id, "speaker": line.speaker, "text": line.text} for line in script.lines]


def _checked(content: str, reply: type[T], check: Callable[[T], R]) -> R:
    try:
        return check(msgspec.json.decode(content, type=reply))
    except (msgspec.DecodeError, RecursionError) as error:
        raise Unusable(f"{error}.") from error
