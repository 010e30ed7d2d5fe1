"""Writing a story: the data that the author gets for each call, and the structs made from its replies.

Chapter n is written from the order (`Brief`), the bible, its own beats, the plans of those that follow (so as not to
anticipate them), summaries and memory of all that went before, the end of the previous chapter word for word, and its
seam. The user's words travel as data, in a message of their own; instructions are files in prompts/.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from chalicelib.domain.chapter import ChapterParts, same_lines
from chalicelib.domain.manuscript import Manuscript, Section
from chalicelib.domain.outline import Character, Outline
from chalicelib.domain.script import EnhancedScript, Script
from chalicelib.story import replies
from chalicelib.story.asking import Asker, Ready
from chalicelib.story.brief import Brief
from chalicelib.story.config import StoryConfig
from chalicelib.story.delivery import ensure_as_ordered, ensure_rewritten_as_ordered
from chalicelib.story.estimating import parts_of
from chalicelib.story.manuscripts import beginnings, lines_of_pieces, paragraphs_of, pieces, speakers_of
from chalicelib.story.outlining import tidy_outline
from chalicelib.story.ports import Author
from chalicelib.story.replies import (
    ChapterDraft,
    ChapterTitle,
    Enhancement,
    ManuscriptPlan,
    Revision,
    RewriteDraft,
    SpeakersDraft,
    Summary,
)
from chalicelib.story.rewriting import MOST_NEW, Rewriting, newcomers, rewritten
from chalicelib.story.script import aloud, enhanced, narratable, revised, script_of
from chalicelib.story.sizes import BEGINNINGS, LONGEST_SUMMARY, ensure_storable
from chalicelib.story.telling import Before, bible, earlier_book, lines_of, part_of, plan_of


class SpokenChapter(msgspec.Struct, frozen=True):
    """A chapter, the draft that holds its summary, seam and memory, and those whom it brings into the cast."""

    script: Script
    draft: ChapterDraft | RewriteDraft | SpeakersDraft
    newcomers: Sequence[Character] = ()


NO_PARTS = ChapterParts()

MOST_VOICES = 50
"""Characters of a text that is told as it is: beyond the configured voices they share them, as in any reading."""


class Writer:
    """The questions that Fireside asks its author. Every one of them is told the order."""

    def __init__(self, author: Author, config: StoryConfig, brief: Brief, *, ready: Ready) -> None:
        self._asker = Asker(author, config, ready)
        self._config = config
        self._brief = brief

    def outline(self, voices: Sequence[Mapping[str, Any]] = ()) -> Outline:
        """Return the story's bible and the plan of its chapters, in one call. The author may choose from `voices`."""
        brief, most = self._brief, self._config.writing.max_cast
        data = {
            **brief.as_data(),
            "title": brief.title,
            "num_chapters": brief.num_chapters,
            "words_per_chapter": brief.words,
            "named_speakers": brief.named_speakers,
            "max_cast": max(most, len(brief.named_speakers)),
            "voices": list(voices),
        }

        def check(outline: Outline, last: bool) -> Outline:
            return tidy_outline(outline, brief, most, last=last)

        self._asker.ensure_wanted(self._wishes, "the prompt")
        if brief.earlier_book is not None:
            data["earlier_book"] = brief.earlier_book.as_data()
        if brief.manuscript is not None:
            return self._manuscript_plan(data, brief.manuscript, check)
        outline = self._asker.ask("outline", data, replies.outline_schema(brief.num_chapters), Outline, check)
        book = brief.earlier_book.book if brief.earlier_book else None
        return msgspec.structs.replace(outline, earlier_book=book)

    def _manuscript_plan(
        self, data: dict[str, Any], manuscript: Manuscript, tidy: Callable[[Outline, bool], Outline]
    ) -> Outline:
        """Return what the author finds in a text that is told as it is; the titles that it has stay."""
        titles = [section.title for section in manuscript.sections]
        data["manuscript"] = beginnings(manuscript)

        def check(plan: ManuscriptPlan, last: bool) -> Outline:
            # The chapters are those of the text, however many titles there are.
            plan.chapters += [ChapterTitle("")] * (len(titles) - len(plan.chapters))
            outline = tidy(plan.outline, last)
            named = [
                msgspec.structs.replace(chapter, title=title or chapter.title)
                for chapter, title in zip(outline.chapters, titles, strict=True)
            ]
            return msgspec.structs.replace(outline, chapters=named)

        schema = replies.manuscript_schema(len(titles))
        return self._asker.ask("outline", data, schema, ManuscriptPlan, check, prompt="manuscript")

    def find_speakers(self, outline: Outline, number: int, before: Before, section: Section) -> SpokenChapter:
        """Return a chapter of a text that is told as it is, with who speaks its lines, in one call."""
        found = pieces(section)
        data = {
            **self._brief.as_data(),
            "bible": bible(outline),
            "chapter": {"of": len(outline.chapters), "number": number, "title": outline.chapters[number - 1].title},
            **before.as_data(self._config.writing.previous_words),
            "paragraphs": paragraphs_of(found),
        }

        def check(draft: SpeakersDraft, last: bool) -> SpokenChapter:
            new = newcomers(draft, outline.speakers(), MOST_VOICES - len(outline.cast))
            known = [*outline.speakers(), *(character.name for character in new)]
            script = narratable(lines_of_pieces(section, found, speakers_of(draft, known, last=last)))
            _ensure_short(draft)
            return SpokenChapter(script, draft, new)

        schema = replies.speakers_schema([piece.piece_id for piece in found])
        return self._asker.ask("chapter", data, schema, SpeakersDraft, check, prompt="speakers")

    def generate_chapter(
        self, outline: Outline, number: int, before: Before, done: ChapterParts = NO_PARTS
    ) -> SpokenChapter:
        """Return chapter `number` (from 1) as the author writes it, or the part of it after those that are `done`."""
        speakers, count = outline.speakers(), self.parts
        words = self._brief.words // count
        data = self._chapter_data(outline, number, before)
        if count > 1:
            data |= part_of(outline.chapters[number - 1], count, done) | {"words": words}

        def check(draft: ChapterDraft, last: bool) -> SpokenChapter:
            script = script_of(draft, speakers, last=last)
            ensure_as_ordered(script, words, last=last)
            _ensure_short(draft)
            return SpokenChapter(aloud(script, self._brief.language or ""), draft)

        return self._asker.ask("chapter", data, replies.chapter_schema(speakers), ChapterDraft, check)

    @property
    def parts(self) -> int:
        """In how many calls a chapter is written."""
        return parts_of(self._brief.words)

    def revise_chapter(self, outline: Outline, number: int, before: Before, script: Script) -> Script:
        """Return a chapter as its author corrects it, having read it once more; its lines keep their speakers."""
        data = {**self._chapter_data(outline, number, before), "lines": lines_of(script)}
        ordered, language = self._brief.words, self._brief.language or ""

        def check(revision: Revision, _last: bool) -> Script:
            changed = revised(script, revision)
            ensure_as_ordered(changed, ordered, last=True)
            return aloud(changed, language, same_lines(script, changed))

        schema = replies.revision_schema([line.line_id for line in script.lines])
        return self._asker.ask("chapter", data, schema, Revision, check, prompt="revision")

    def rewrite_chapter(self, outline: Outline, number: int, before: Before, rewriting: Rewriting) -> SpokenChapter:
        """Return chapter `number` as it is written again, in one call."""
        data = {**self._chapter_data(outline, number, before), **rewriting.as_data()}
        ordered, free, language = self._brief.words, bool(rewriting.remark), self._brief.language or ""

        def check(draft: RewriteDraft, last: bool) -> SpokenChapter:
            new = newcomers(draft, outline.speakers(), MOST_NEW)
            speakers = [*outline.speakers(), *(character.name for character in new)]
            script = rewritten(draft, rewriting.earlier, speakers, last=last)
            ensure_rewritten_as_ordered(script, rewriting.earlier, ordered, last=last, free=free)
            _ensure_short(draft)
            return SpokenChapter(aloud(script, language, same_lines(rewriting.earlier, script)), draft, new)

        if rewriting.remark:
            self._asker.ensure_wanted({"remark": rewriting.remark}, "the remark")
        return self._asker.ask("chapter", data, replies.rewrite_schema(), RewriteDraft, check, prompt="rewrite")

    def _chapter_data(self, outline: Outline, number: int, before: Before) -> dict[str, Any]:
        """Return what the author is told of a chapter and those around it."""
        of = len(outline.chapters)
        following = [plan_of(outline, later) for later in range(number + 1, of + 1)]
        return {
            **self._brief.as_data(),
            "bible": bible(outline),
            **earlier_book(outline),
            "chapter": {"of": of, **plan_of(outline, number)},
            "next_chapter": following[0] if following else None,
            "later_chapters": [f"{plan['number']}. {plan['title']}: {plan['ending']}"[:300] for plan in following[1:]],
            **before.as_data(self._config.writing.previous_words),
            "words": self._brief.words,
        }

    def enhance_chapter(
        self,
        outline: Outline,
        number: int,
        script: Script,
        kept: Mapping[str, list[str]] | None = None,
        vocabulary: Sequence[str] = (),
    ) -> EnhancedScript:
        """Return the script with audio tags; its text stays, and so do the `kept` tags of some of its lines.

        With a `vocabulary`, tags that are not in it are left out.
        """
        data = {
            **self._brief.as_data(),
            "bible": bible(outline),
            "chapter": {"of": len(outline.chapters), **plan_of(outline, number)},
            "tags": list(vocabulary),
            "lines": lines_of(script, scenes=True),
        }
        schema = replies.enhancement_schema([line.line_id for line in script.lines])

        def check(enhancement: Enhancement, _last: bool) -> EnhancedScript:
            return enhanced(script, enhancement, kept or {}, vocabulary)

        return self._asker.ask("enhancement", data, schema, Enhancement, check)

    def summarize_chapter(self, outline: Outline, number: int, script: Script) -> Summary:
        """Return summary, seam and memory of a chapter that a person has changed."""
        chapter = {"of": len(outline.chapters), **plan_of(outline, number)}
        data = {**self._brief.as_data(), "bible": bible(outline), "chapter": chapter, "lines": lines_of(script)}

        def check(summary: Summary, _last: bool) -> Summary:
            _ensure_short(summary)
            return summary

        return self._asker.ask("summary", data, replies.summary_schema(), Summary, check)

    @property
    def _wishes(self) -> dict[str, str]:
        """The listener's own words, by the name of the field that has them."""
        brief = self._brief
        given = {"prompt": brief.prompt, "title": brief.title, "audience": brief.audience, "tone": brief.tone}
        if brief.manuscript is not None:
            given["text"] = brief.manuscript.text[:BEGINNINGS]
        return {name: text or "" for name, text in given.items()}


def _ensure_short(reply: ChapterDraft | RewriteDraft | SpeakersDraft | Summary) -> None:
    """Raise Oversized for a summary or a seam that is too large to go into the prompts of all later chapters.

    A memory that is too large is no reason to pay for another reply: what is too much is forgotten.
    """
    ensure_storable("summary", "a summary", reply.summary, LONGEST_SUMMARY)
    ensure_storable("seam", "a seam", reply.seam, LONGEST_SUMMARY)
