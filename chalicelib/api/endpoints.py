"""The endpoints of the API, each declared once: see `routes`."""

import msgspec

from chalicelib import __version__
from chalicelib.api import rendering, responses
from chalicelib.api.idempotency import Once
from chalicelib.api.loopback import is_loopback_request
from chalicelib.api.requests import (
    ChangeChapter,
    ChangeStory,
    CreateStory,
    EditScript,
    Estimate,
    Generate,
    Narrate,
    Nothing,
    Restore,
    Rewrite,
)
from chalicelib.api.routes import ROUTES, route
from chalicelib.api.services import ApiServices
from chalicelib.api.signatures import (
    Call,
    ChapterNo,
    Content,
    Cursor,
    Month,
    OwnStory,
    PageLimit,
    PathText,
    Redirect,
    TaskId,
    UserId,
)
from chalicelib.api.web import WebPage, page_headers
from chalicelib.domain.chapter import VTT
from chalicelib.errors import NotFound

__all__ = ["ROUTES", "web"]

web = WebPage()

_STORY, _CHAPTER = "/stories/{story_id}", "/stories/{story_id}/chapters/{number}"


@route("GET", "/", public=True, cross_origin=False, media="text/html")
def page(api: ApiServices, call: Call) -> Content:
    """Serve the page."""
    token = (api.local_login or "") if is_loopback_request(call.headers) else ""
    html = web.html(call.base_path, token, api.config.defaults, api.settings.demonstration, api.first_tale)
    return Content(html, "text/html; charset=utf-8", page_headers(api.objects.origin, signed_in=bool(token)))


@route("GET", "/assets/{version}/{name}", public=True, cross_origin=False, media="text/*")
def asset(version: PathText, name: PathText) -> Content:
    """Serve a file of the page."""
    text, kind, caching = web.asset(version, name)
    return Content(text, kind, {"Cache-Control": caching})


@route("GET", "/openapi.json", public=True, media="application/json")
def openapi() -> Content:
    """Describe this API as OpenAPI 3.1."""
    from chalicelib.api.openapi import document  # noqa: PLC0415 # no other request has to wait for this import

    return Content(msgspec.json.encode(document(ROUTES)).decode(), "application/json", {"Cache-Control": "no-cache"})


@route("GET", "/health", public=True)
def health() -> responses.Health:
    """Say that the API is up, and in which version."""
    return responses.Health(status="ok", version=__version__)


@route("GET", "/voices")
def voices(api: ApiServices) -> responses.Voices:
    """List the voices that can be chosen."""
    return rendering.render_voices(api.voices, api.roster.known(), api.config)


@route("GET", "/voices/{voice_id}/preview")
def voice_preview(api: ApiServices, voice_id: PathText) -> Redirect:
    """Redirect to a sample of a voice, which is free of charge."""
    if url := api.roster.known().preview_url(voice_id):
        return Redirect(url)
    raise NotFound("There is no sample of this voice.")


@route("POST", "/stories", status=201, refuses=(404, 409))
def create_story(api: ApiServices, user_id: UserId, body: CreateStory, once: Once[responses.Story]) -> responses.Story:
    """Create a story as a draft."""
    return api.draft_service.create(user_id, body, once)


@route("GET", "/stories")
def list_stories(api: ApiServices, user_id: UserId, limit: PageLimit, cursor: Cursor) -> responses.Stories:
    """List the caller's stories, newest first."""
    return api.story_service.page(user_id, limit, cursor)


@route("GET", _STORY)
def story(api: ApiServices, story: OwnStory) -> responses.Story:
    """Return a story with its chapters."""
    return api.story_reader.story(story)


@route("PATCH", _STORY, refuses=(409,))
def change_story(api: ApiServices, story: OwnStory, body: ChangeStory) -> responses.Story:
    """Change a draft; of a story with a plan, its title, its voices, or how words are said."""
    return api.draft_service.change(story, body)


@route("DELETE", _STORY)
def delete_story(api: ApiServices, story: OwnStory) -> None:
    """Delete a story and everything that belongs to it."""
    api.story_service.delete(story)


@route("POST", f"{_STORY}/generate", status=202, refuses=(402, 409))
def generate(api: ApiServices, story: OwnStory, body: Generate, once: Once[responses.Started]) -> responses.Started:
    """Write every chapter."""
    return api.story_service.generate(story, body, once)


@route("POST", f"{_STORY}/audio", status=202, refuses=(402, 409))
def narrate(api: ApiServices, story: OwnStory, body: Narrate, once: Once[responses.Started]) -> responses.Started:
    """Narrate written chapters."""
    return api.story_service.narrate(story, body, once)


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


@route("POST", f"{_STORY}/estimate", refuses=(409,))
def estimate(api: ApiServices, story: OwnStory, body: Estimate, once: Once[responses.Estimated]) -> responses.Estimated:
    """Estimate what generating the story would take now."""
    return api.estimates.estimate(story, body, once)


@route("GET", "/tasks/{task_id}")
def task(api: ApiServices, user_id: UserId, task_id: TaskId) -> responses.Task:
    """Return a task."""
    return api.task_service.task(user_id, task_id)


@route("POST", "/tasks/{task_id}/retry", status=202, refuses=(402, 409))
def retry(
    api: ApiServices, user_id: UserId, task_id: TaskId, _body: Nothing, once: Once[responses.Task]
) -> responses.Task:
    """Start the open steps of a failed or cancelled task again."""
    return api.task_service.retry(user_id, task_id, once)


@route("POST", "/tasks/{task_id}/cancel", status=202, refuses=(409,))
def cancel(
    api: ApiServices, user_id: UserId, task_id: TaskId, _body: Nothing, once: Once[responses.Task]
) -> responses.Task:
    """Cancel a task: no further paid call is started."""
    return api.task_service.cancel(user_id, task_id, once)


@route("GET", "/usage")
def usage(api: ApiServices, user_id: UserId, month: Month) -> responses.Usage:
    """Sum up the caller's paid calls of a month."""
    return api.usage_service.usage(user_id, month)


@route("GET", "/budget")
def budget(api: ApiServices, user_id: UserId) -> responses.Budget:
    """Show what is left of the caller's month."""
    return api.usage_service.budget(user_id)
