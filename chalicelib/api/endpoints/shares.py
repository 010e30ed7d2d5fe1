"""Shares: made, listed and revoked by the owner of a story; opened by anybody who has a secret.

The secret is part of the path. Neither API Gateway's access log nor any of ours has paths, only the patterns of routes.
"""

from chalicelib.api.endpoints.site import web
from chalicelib.api.idempotency import Once
from chalicelib.api.routes import route
from chalicelib.api.services import ApiServices
from chalicelib.api.shares import ListedShares, MadeShare, MakeShare, bearer_token
from chalicelib.api.signatures import Call, Content, OwnStory, PathText, Redirect
from chalicelib.api.web import shared_page_headers
from chalicelib.domain.story import UNTITLED
from chalicelib.errors import NotFound

_SHARES = "/stories/{story_id}/shares"
_FILE = "/feeds/{secret}/{file}"
HTML = "text/html; charset=utf-8"


@route("POST", _SHARES, status=201, refuses=(409,))
def make_share(api: ApiServices, call: Call, story: OwnStory, body: MakeShare, once: Once[MadeShare]) -> MadeShare:
    """Make a link that plays the story without a token, and its podcast feed; both are shown this once."""
    token = bearer_token(call.headers.get("authorization", ""))
    return api.share_service.make(story, body, token, call.base_url, once)


@route("GET", _SHARES)
def shares(api: ApiServices, story: OwnStory) -> ListedShares:
    """List the shares of a story that have not expired."""
    return api.share_service.list(story)


@route("DELETE", f"{_SHARES}/{{share_id}}")
def revoke_share(api: ApiServices, story: OwnStory, share_id: PathText) -> None:
    """Revoke a share: its link, its feed and their files are gone at once."""
    api.share_service.revoke(story, share_id)


@route("GET", "/listen/{secret}", public=True, cross_origin=False, media="text/html")
def listen(api: ApiServices, call: Call, secret: PathText) -> Content:
    """Serve the page that plays a shared story; a page that says so if there is none."""
    headers = shared_page_headers(api.objects.origin)
    try:
        story = api.shared_stories.open(secret)
    except NotFound:
        return Content(web.gone(call.base_path), HTML, headers, status=404)
    return Content(web.listen(call.base_path, story.title or UNTITLED, story.language), HTML, headers)


@route("GET", "/feeds/{secret}", also=(304,), public=True, cross_origin=False, media="application/rss+xml")
def feed(api: ApiServices, call: Call, secret: PathText) -> Content:
    """Return a shared story as a podcast feed, which grows while chapters are narrated."""
    return api.shared_stories.feed(secret, call.base_url, call.headers.get("if-none-match", ""))


@route("GET", _FILE, also=(302,), public=True, cross_origin=False, media="*/*")
def feed_file(api: ApiServices, secret: PathText, file: PathText) -> Content | Redirect:
    """Return a file of a shared story, such as `1.vtt`, or redirect to a freshly signed URL of `1.mp3`."""
    return api.shared_stories.file(secret, file, "GET")


@route("HEAD", _FILE, also=(302,), public=True, cross_origin=False, media="*/*")
def feed_file_head(api: ApiServices, secret: PathText, file: PathText) -> Content | Redirect:
    """Say what GET would; the URL that it redirects to is signed for HEAD."""
    return api.shared_stories.file(secret, file, "HEAD")
