"""Rendering of stories, chapters, tasks, voices and usage as responses, from the stored items."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from msgspec.structs import asdict, astuple

from chalicelib.api import responses
from chalicelib.api.book_facts import BookUrl, render_book, render_book_head
from chalicelib.api.covers import cover_of
from chalicelib.audio.voices import VoicesConfig
from chalicelib.domain.budgets import Standing, scarcest
from chalicelib.domain.chapter import Chapter, ChapterHeader, follow_older_texts
from chalicelib.domain.money import usd
from chalicelib.domain.outline import Character
from chalicelib.domain.script import EnhancedScript, Script
from chalicelib.domain.steps import progress
from chalicelib.domain.story import Story
from chalicelib.domain.task import Task
from chalicelib.domain.usage import COUNTS, Sums
from chalicelib.domain.voice import Roster
from chalicelib.pipeline.rosters import choosable
from chalicelib.story.config import StoryConfig

Url = Callable[[Story, int, str, str], str]
"""Returns a fresh URL of a chapter's sound, given the story, the number, the title and the sound's version."""


def render_task(task: Task) -> responses.Task:
    """Render a task from its item alone.

    `progress` is the share of steps and of lines that are done, in percent; 100 only for a completed task.
    """
    percent = progress(task.plan, task.done, task.partly)
    completed = task.status == "completed"
    chapters = sorted({step.chapter for step in task.plan if step.chapter})
    return responses.Task(
        task_id=task.task_id,
        story_id=task.story_id,
        kind=task.kind,
        status=task.status,
        # The last step may be done a moment before its task is: 100 tells a client that it need not ask again.
        progress=100 if completed else min(99, percent),
        message=task.message,
        error=task.error,
        error_code=task.error_code,
        result=responses.TaskResult(story_id=task.story_id, chapters=chapters) if completed else None,
        created_at=task.created_at,
        updated_at=task.updated_at,
    )


def render_story(
    story: Story, chapters: Iterable[ChapterHeader], working: set[str], url: Url, book_url: BookUrl
) -> responses.Story:
    """Render a story with all its chapters, without their scripts."""
    titles = story.chapter_titles()
    written = {chapter.number: chapter for chapter in chapters}
    older = follow_older_texts(written.values())
    rendered = [
        render_chapter(story, number, title, written.get(number), older, working, url)
        for number, title in enumerate(titles, 1)
    ]
    outline = story.outline
    proposed = outline.pronunciations if outline else []
    return responses.Story(
        **asdict(_render_fields(story, render_book(story, written.values(), book_url))),
        cast=story.speakers(),
        casting=_render_casting(story),
        left_out=outline.left_out if outline else [],
        proposed_pronunciations=[responses.ProposedPronunciation(**asdict(one)) for one in proposed],
        chapters=rendered,
        webhook=responses.StoryWebhook(story.webhook.url) if story.webhook else None,
    )


def _render_casting(story: Story) -> list[responses.CastMember]:
    characters = {one.name: one for one in story.outline.cast} if story.outline else {}
    voices, stand_ins = story.voices or {}, story.stand_ins
    return [
        responses.CastMember(
            speaker=speaker,
            voice_id=voices.get(speaker),
            reason=story.voice_reasons.get(speaker),
            heard_in=stand_ins.get(speaker),
            character=_about(characters[speaker]) if speaker in characters else "",
        )
        for speaker in story.speakers()
    ]


def _about(character: Character) -> str:
    return "; ".join(part for part in (character.role, character.description) if part)


def render_story_head(story: Story) -> responses.StoryHead:
    """Render a story for a list, without its chapters."""
    return responses.StoryHead(**asdict(_render_fields(story, render_book_head(story))), chapters=[])


def _render_fields(story: Story, book: responses.Book | None) -> responses.StoryFields:
    return responses.StoryFields(
        story_id=story.story_id,
        title=story.name,
        titled=story.title is not None,
        prompt=story.prompt,
        num_chapters=story.num_chapters,
        enhance=story.enhance,
        language=story.language,
        language_wish=story.wish.language,
        minutes_per_chapter=story.wish.minutes_per_chapter,
        audience=story.wish.audience,
        tone=story.wish.tone,
        point_of_view=story.wish.point_of_view,
        sequel_of=story.sequel_of,
        manuscript=_render_manuscript(story),
        status=story.status,
        voices=dict(story.voices or story.chosen_voices),
        pronunciations=dict(story.pronunciations),
        chapters_ready=len(story.seconds),
        audio_seconds=round(sum(story.seconds.values()), 3),
        book=book,
        task_id=story.task_id,
        last_task_id=story.last_task_id,
        error=story.error,
        created_at=story.created_at,
        updated_at=story.updated_at,
        cover=cover_of(story.story_id, story.name, story.language),
    )


def _render_manuscript(story: Story) -> responses.ManuscriptFacts | None:
    facts = story.manuscript
    return responses.ManuscriptFacts(characters=sum(facts.characters), opening=facts.opening) if facts else None


def render_chapter(
    story: Story,
    number: int,
    title: str,
    chapter: ChapterHeader | None,
    older: Collection[int],
    working: set[str],
    url: Url,
) -> responses.Chapter:
    """Render a chapter without its script.

    `older` holds the numbers of the chapters that are based on an older text of an earlier one; `working` the codes of
    the steps with a live lease.
    """
    status = chapter_status(story, number, chapter, working)
    sound: responses.Sound | None = None
    if chapter is not None and chapter.sound_version:
        sound = responses.Sound(
            duration=chapter.duration_s or 0.0,
            bytes=chapter.size_bytes or 0,
            content_type="audio/mpeg",
            url=url(story, number, title, chapter.sound_version),
            out_of_date=not chapter.is_narrated,
        )
    return responses.Chapter(
        number=number,
        title=title,
        status=status,
        summary=chapter.summary if chapter is not None else None,
        audio=sound,
        version=chapter.script_version if chapter is not None else None,
        based_on_older=number in older,
        error=_failure(story, number, chapter) if status == "failed" else None,
        notices=[responses.Notice(**asdict(notice)) for notice in chapter.notices] if chapter is not None else [],
    )


def chapter_status(
    story: Story, number: int, chapter: ChapterHeader | None, working: set[str]
) -> responses.ChapterStatus:
    """Return a chapter's status, derived from what is stored and which leases are live, so that it cannot go stale."""
    if _failure(story, number, chapter) is not None:
        return "failed"
    # A dead worker's lease lasts up to a minute longer than a task that was cancelled.
    if story.task_id and f"w{number}" in working:
        return "generating_script"
    if story.task_id and f"n{number}" in working:
        return "generating_audio"
    if chapter is None or not chapter.script_version:
        return "pending"
    return "completed" if chapter.is_narrated else "script_ready"


def _failure(story: Story, number: int, chapter: ChapterHeader | None) -> str | None:
    """Return why a chapter could not be made, or None if it is there, or has not failed."""
    for failure in story.failures:
        if failure.step.chapter == number and not _is_up_to_date(failure.step.code[0], chapter):
            return failure.sentence
    if story.failed_step and story.failed_step[1:] == str(number) and not _is_up_to_date(story.failed_step[0], chapter):
        return story.error or ""
    return None


def _is_up_to_date(kind: str, chapter: ChapterHeader | None) -> bool:
    """Return whether a chapter has the current result of steps of a kind, given by its letter.

    A rewrite that fails leaves the earlier text in place, and so does not make its chapter a failed one.
    """
    if chapter is None or not chapter.script_version:
        return False
    return {"w": True, "e": chapter.is_directed, "n": chapter.is_narrated}.get(kind, False)


def render_whole_chapter(
    story: Story,
    number: int,
    title: str,
    chapter: Chapter | None,
    headers: Iterable[ChapterHeader],
    working: set[str],
    url: Url,
) -> responses.ChapterAlone:
    """Render a chapter with its script and enhanced script. `headers` are those of all the story's chapters."""
    rendered = render_chapter(story, number, title, chapter, follow_older_texts(headers), working, url)
    script = enhanced = None
    if chapter is not None and chapter.script:
        script, directed = _render_script(chapter.script), chapter.directions
        enhanced = _render_enhanced(directed) if directed is not None else None
    return responses.ChapterAlone(**asdict(rendered), script=script, enhanced=enhanced)


def _render_script(script: Script) -> responses.ScriptLines:
    return responses.ScriptLines(lines=[responses.Line(**asdict(line)) for line in script.lines])


def _render_enhanced(script: EnhancedScript) -> responses.DirectedLines:
    return responses.DirectedLines(lines=[responses.DirectedLine(**asdict(line)) for line in script.lines])


def render_voices(config: VoicesConfig, roster: Roster, story_config: StoryConfig) -> responses.Voices:
    """Render the voices that can be chosen, and the month of the prices that estimates rest on: the oldest of them."""
    configured = {voice.voice_id for voice in config.voices}
    voices = [
        responses.CastVoice(
            **asdict(voice),
            narrator=voice.voice_id == config.narrator,
            available=roster.available(voice.voice_id),
            configured=voice.voice_id in configured,
            preview_url=roster.preview_url(voice.voice_id) or None,
        )
        for voice in choosable(config, roster)
    ]
    prices, models = story_config.prices, set(astuple(story_config.models))
    days = [prices.narrator_price(config.model).as_of, *(prices.author_price(model).as_of for model in models)]
    return responses.Voices(
        voices=voices,
        performs_directions=config.directs,
        prices_as_of=min(days).isoformat()[: len("2026-11")],
    )


def render_unavailable(config: VoicesConfig, roster: Roster, story: Story) -> list[responses.UnavailableVoice]:
    """Render the voices of a story that the narrator's account is known not to have.

    Until the story is cast they are those that were chosen for it, and the configured ones.
    """
    speakers: dict[str, list[str]] = {}
    for speaker, voice_id in (story.voices or story.chosen_voices).items():
        speakers.setdefault(voice_id, []).append(speaker)
    asked = [*speakers, *(() if story.voices else (voice.voice_id for voice in config.voices))]
    named = config.with_others(one.voice for one in roster.voices.values())
    return [
        responses.UnavailableVoice(
            voice_id=voice_id, name=named.name_of(voice_id) or voice_id, speakers=speakers.get(voice_id, [])
        )
        for voice_id in dict.fromkeys(asked)
        if roster.available(voice_id) is False
    ]


def render_usage(month: str, currency: str, sums: Sums, titles: Mapping[str, str]) -> responses.Usage:
    """Render the sums of a month's paid calls, per story and in total. `titles` are those of stories still there."""
    total = [sum(numbers) for numbers in zip(*sums.values(), strict=True)] or [0] * len(COUNTS)
    stories = [
        responses.StoryPurchases(story_id=story_id, **asdict(_render_sums(numbers)), title=titles.get(story_id))
        for story_id, numbers in sums.items()
    ]
    return responses.Usage(month=month, currency=currency, total=_render_sums(total), stories=stories)


def _render_sums(numbers: Sequence[int]) -> responses.Purchases:
    *counts, cost = numbers
    named = dict(zip(COUNTS, counts, strict=False))
    return responses.Purchases(**named, cost_usd=usd(cost))


def render_budget(month: str, currency: str, standings: Sequence[Standing]) -> responses.Budget:
    """Render a user's month, the first of the standings; what remains is of the tightest of their limits."""
    own, tightest = standings[0], scarcest(standings)
    return responses.Budget(
        currency=currency,
        month=month,
        limit_usd=None if own.limit is None else usd(own.limit),
        spent_usd=usd(own.spent),
        held_usd=usd(own.held),
        remaining_usd=None if tightest is None else usd(tightest.left or 0),
        tightest=None if tightest is None else tightest.scope,
    )
