"""The page, its files, the description of the API, and whether it is up."""

import msgspec

from chalicelib import __version__
from chalicelib.api import responses
from chalicelib.api.loopback import is_loopback_request
from chalicelib.api.routes import ROUTES, route
from chalicelib.api.services import ApiServices
from chalicelib.api.signatures import Call, Content, PathText
from chalicelib.api.web import TYPES, WORKER, WebPage, page_headers, worker_headers

web = WebPage()


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


@route("GET", "/sw.js", public=True, cross_origin=False, media="text/javascript")
def service_worker(call: Call) -> Content:
    """Serve the script that opens the page offline."""
    return Content(web.worker(), TYPES[".js"], worker_headers(call.base_path.removesuffix(WORKER)))


@route("GET", "/openapi.json", public=True, media="application/json")
def openapi() -> Content:
    """Describe this API as OpenAPI 3.1."""
    from chalicelib.api.openapi import document  # noqa: PLC0415 # no other request has to wait for this import

    return Content(msgspec.json.encode(document(ROUTES)).decode(), "application/json", {"Cache-Control": "no-cache"})


@route("GET", "/health", public=True)
def health() -> responses.Health:
    """Say that the API is up, and in which version."""
    return responses.Health(status="ok", version=__version__)
