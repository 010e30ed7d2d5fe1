"""Chapters: read, heard, edited, written again."""

from chalicelib.api import responses
from chalicelib.api.idempotency import Once
from chalicelib.api.requests import ChangeChapter, EditScript, Restore, Rewrite
from chalicelib.api.routes import route
from chalicelib.api.services import ApiServices
from chalicelib.api.signatures import ChapterNo, Content, OwnStory, Redirect
from chalicelib.domain.chapter import VTT

_CHAPTER = "/stories/{story_id}/chapters/{number}"


@route("GET", _CHAPTER)
def chapter(api: ApiServices, story: OwnStory, number: ChapterNo) -> responses.ChapterAlone:
    """Return a chapter with its texts."""
    return api.story_reader.chapter(story, number)


@route("GET", f"{_CHAPTER}/audio")
def chapter_audio(api: ApiServices, story: OwnStory, number: ChapterNo) -> Redirect:
    """Redirect to a freshly signed URL of a chapter's MP3."""
    return Redirect(api.chapter_service.audio(story, number))


@route("GET", f"{_CHAPTER}/captions", media=VTT.partition(";")[0])
def captions(api: ApiServices, story: OwnStory, number: ChapterNo) -> Content:
    """Return a chapter's captions as WebVTT."""
    return Content(api.chapter_service.captions(story, number), VTT)


@route("PUT", f"{_CHAPTER}/script", refuses=(409,))
def edit_script(api: ApiServices, story: OwnStory, number: ChapterNo, body: EditScript) -> responses.ChapterAlone:
    """Change a chapter's script."""
    return api.chapter_service.edit(story, number, body)


@route("PATCH", _CHAPTER, refuses=(409,))
def change_chapter(api: ApiServices, story: OwnStory, number: ChapterNo, body: ChangeChapter) -> responses.ChapterAlone:
    """Rename a chapter."""
    return api.chapter_service.rename(story, number, body)


@route("GET", f"{_CHAPTER}/versions")
def versions(api: ApiServices, story: OwnStory, number: ChapterNo) -> responses.Versions:
    """List the earlier texts of a chapter, newest first."""
    return api.chapter_service.versions(story, number)


@route("POST", f"{_CHAPTER}/restore", refuses=(409,))
def restore(api: ApiServices, story: OwnStory, number: ChapterNo, body: Restore) -> responses.ChapterAlone:
    """Give a chapter an earlier text again."""
    return api.chapter_service.restore(story, number, body)


@route("POST", f"{_CHAPTER}/rewrite", status=202, refuses=(402, 409))
def rewrite(
    api: ApiServices, story: OwnStory, number: ChapterNo, body: Rewrite, once: Once[responses.Task]
) -> responses.Task:
    """Write a chapter again, following a remark."""
    return api.chapter_service.rewrite(story, number, body, once)
