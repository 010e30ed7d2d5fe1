"""Stories: made, listed, changed, generated, narrated, estimated."""

from chalicelib.api import responses
from chalicelib.api.idempotency import Once
from chalicelib.api.requests import ChangeStory, CreateStory, Estimate, Generate, Narrate
from chalicelib.api.routes import route
from chalicelib.api.services import ApiServices
from chalicelib.api.signatures import Cursor, OwnStory, PageLimit, UserId

_STORY = "/stories/{story_id}"


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


@route("POST", f"{_STORY}/estimate", refuses=(409,))
def estimate(api: ApiServices, story: OwnStory, body: Estimate, once: Once[responses.Estimated]) -> responses.Estimated:
    """Estimate what generating the story would take now."""
    return api.estimates.estimate(story, body, once)
