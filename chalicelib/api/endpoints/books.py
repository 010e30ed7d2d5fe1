"""Books: made, and fetched."""

from chalicelib.api import responses
from chalicelib.api.idempotency import Once
from chalicelib.api.requests import Nothing
from chalicelib.api.routes import route
from chalicelib.api.services import ApiServices
from chalicelib.api.signatures import OwnStory, Redirect

_STORY = "/stories/{story_id}"


@route("POST", f"{_STORY}/book", status=202, refuses=(409,))
def make_book(api: ApiServices, story: OwnStory, _body: Nothing, once: Once[responses.Task]) -> responses.Task:
    """Make the book's files from what is narrated. It buys nothing, and does nothing where they are up to date."""
    return api.book_service.make(story, once)


@route("GET", f"{_STORY}/book.m4b")
def book_m4b(api: ApiServices, story: OwnStory) -> Redirect:
    """Redirect to a freshly signed URL of the whole audiobook as one M4B."""
    return Redirect(api.book_service.file(story, "m4b"))


@route("GET", f"{_STORY}/book.epub")
def book_epub(api: ApiServices, story: OwnStory) -> Redirect:
    """Redirect to a freshly signed URL of the EPUB, which is read along with its sound."""
    return Redirect(api.book_service.file(story, "epub"))


@route("GET", f"{_STORY}/cover.jpg")
def cover(api: ApiServices, story: OwnStory) -> Redirect:
    """Redirect to a freshly signed URL of the cover."""
    return Redirect(api.book_service.file(story, "jpg"))
