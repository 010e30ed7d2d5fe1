"""Where the caller is in a story, and what they have marked in it."""

from chalicelib.api import listening_shapes as shapes
from chalicelib.api.routes import route
from chalicelib.api.services import ApiServices
from chalicelib.api.signatures import StoryId, UserId

_STORY = "/stories/{story_id}"


@route("GET", f"{_STORY}/place")
def place(api: ApiServices, user_id: UserId, story_id: StoryId) -> shapes.Place:
    """Return where the caller is in a story."""
    return api.listening_service.place(user_id, story_id)


@route("PUT", f"{_STORY}/place")
def put_place(api: ApiServices, user_id: UserId, story_id: StoryId, body: shapes.PutPlace) -> shapes.Place:
    """Store where the caller is in a story; the later time wins."""
    return api.listening_service.put_place(user_id, story_id, body)


@route("GET", f"{_STORY}/bookmarks")
def bookmarks(api: ApiServices, user_id: UserId, story_id: StoryId) -> shapes.Bookmarks:
    """List the caller's bookmarks in a story."""
    return api.listening_service.bookmarks(user_id, story_id)


@route("PUT", f"{_STORY}/bookmarks")
def put_bookmarks(api: ApiServices, user_id: UserId, story_id: StoryId, body: shapes.PutBookmarks) -> shapes.Bookmarks:
    """Store the caller's bookmarks in a story; the later list wins."""
    return api.listening_service.put_bookmarks(user_id, story_id, body)
