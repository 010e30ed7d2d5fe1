"""Fireside's functions: the HTTP API, its authorizer, the two workers, the dead letters and the sweeper.

This module only translates between Chalice and chalicelib, which does the work.
"""

import os
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from chalice.app import AuthRequest, Chalice, Rate, Request, Response, SQSEvent

from chalicelib import __version__, log
from chalicelib.api import requests
from chalicelib.api.http import (
    Endpoint,
    api_request,
    cors_config,
    handle_errors,
    id_of,
    is_loopback_request,
    query,
    user_of,
)
from chalicelib.api.lanes import Caller
from chalicelib.api.web import WebPage, page_headers
from chalicelib.bootstrap import Services
from chalicelib.domain.chapter import VTT
from chalicelib.domain.message import AUTHORING, NARRATION
from chalicelib.observing import Observer, on_lambda
from chalicelib.pipeline.step_context import Delivery
from chalicelib.settings import Settings
from chalicelib.store.queues import DEAD_LETTERS

app = Chalice(app_name="fireside", configure_logs=False)
app.api.binary_types = []
settings = Settings.from_env(os.environ)
services = Services(settings)
web = WebPage()

if on_lambda():
    observer = Observer(settings.stage)

    @app.middleware("all")
    def observed(event: Any, get_response: Callable[[Any], Any]) -> Any:
        """Give log lines the ids of the invocation and the request, and write the metrics when the invocation ends."""
        context: Any = event.lambda_context if isinstance(event, Request) else event.context
        api_request_id = id_of(event) if isinstance(event, Request) else ""
        return observer.around(context.aws_request_id, lambda: get_response(event), api_request_id)


# A deleted token must be refused within a minute: API Gateway answers from its cache for `ttl_seconds` (300 by
# default), and the read before that may be eventually consistent.
@app.authorizer(ttl_seconds=45)
def bearer(request: AuthRequest) -> Caller:
    """Return the owner of a bearer token; API Gateway caches the result for 45 seconds."""
    scheme, _, token = request.token.partition(" ")
    user = services.tokens.user_of(token.strip()) if scheme.lower() == "bearer" else None
    return Caller(user, settings.stage)


def route(method: str, path: str, *, public: bool = False, cross_origin: bool = True) -> Callable[[Endpoint], Endpoint]:
    """Register an endpoint as a route of the API, with its errors turned into responses.

    Unless the route is `public` it needs a bearer token, and API Gateway counts the request against the rate of that
    token's user. Without `cross_origin` no page of another site may read the route, whatever the configuration allows
    for the rest of the API.
    """

    def register(endpoint: Endpoint) -> Endpoint:
        authorizer = None if public else bearer
        cors = cors_config(services.config.access.cors_origin) if cross_origin else None
        add = app.route(path, methods=[method], authorizer=authorizer, cors=cors, api_key_required=not public)
        registered: Endpoint = add(handle_errors(endpoint, lambda: _request_id()))  # noqa: PLW0108 # defined below
        return registered

    return register


@route("GET", "/", public=True, cross_origin=False)
def page() -> Any:
    """Serve the page."""
    request = _request()
    token = (services.door or "") if is_loopback_request(request) else ""
    html = web.html(request.context.get("path") or "/", token, services.config.defaults)
    return Response(html, headers=page_headers(services.objects.origin, signed_in=bool(token)))


@route("GET", "/assets/{version}/{name}", public=True, cross_origin=False)
def asset(version: str, name: str) -> Any:
    """Serve a file of the page."""
    text, kind, caching = web.asset(version, name)
    return Response(text, headers={"Content-Type": kind, "Cache-Control": caching})


@route("GET", "/openapi.json", public=True)
def openapi() -> Any:
    """Describe this API as OpenAPI 3.1."""
    from chalicelib.api.openapi import document  # noqa: PLC0415 # no other request has to wait for this import

    return Response(document(app.routes), headers={"Cache-Control": "no-cache"})


@route("GET", "/health", public=True)
def health() -> Any:
    """Say that the API is up, and in which version."""
    return {"status": "ok", "version": __version__}


@route("GET", "/voices")
def voices() -> Any:
    """List the configured voices."""
    return services.service.voices()


@route("POST", "/stories")
def create_story() -> Any:
    """Create a story as a draft."""
    return Response(services.service.create_story(api_request(_request())), status_code=201)


@route("GET", "/stories")
def list_stories() -> Any:
    """List the caller's stories, newest first."""
    request = _request()
    limit = requests.page_limit(query(request, "limit"))
    return services.service.list_stories(user_of(request), limit, requests.cursor(query(request, "cursor")))


@route("GET", "/stories/{story_id}")
def story(story_id: str) -> Any:
    """Return a story with its chapters."""
    return services.service.story(user_of(_request()), requests.story_id(story_id))


@route("DELETE", "/stories/{story_id}")
def delete_story(story_id: str) -> Any:
    """Delete a story and everything that belongs to it."""
    services.service.delete_story(user_of(_request()), requests.story_id(story_id))
    return Response("", status_code=204)


@route("POST", "/stories/{story_id}/generate")
def generate(story_id: str) -> Any:
    """Write every chapter."""
    response = services.service.generate(api_request(_request()), requests.story_id(story_id))
    return Response(response, status_code=202)


@route("POST", "/stories/{story_id}/audio")
def narrate(story_id: str) -> Any:
    """Narrate written chapters."""
    response = services.service.narrate(api_request(_request()), requests.story_id(story_id))
    return Response(response, status_code=202)


@route("GET", "/stories/{story_id}/chapters/{number}")
def chapter(story_id: str, number: str) -> Any:
    """Return a chapter with its texts."""
    user = user_of(_request())
    return services.chapter_service.chapter(user, requests.story_id(story_id), requests.chapter_number(number))


@route("GET", "/stories/{story_id}/chapters/{number}/audio")
def chapter_audio(story_id: str, number: str) -> Any:
    """Redirect to a freshly signed URL of a chapter's MP3."""
    user = user_of(_request())
    url = services.chapter_service.audio(user, requests.story_id(story_id), requests.chapter_number(number))
    return Response("", status_code=302, headers={"Location": url, "Cache-Control": "no-store"})


@route("GET", "/stories/{story_id}/chapters/{number}/captions")
def captions(story_id: str, number: str) -> Any:
    """Return a chapter's captions as WebVTT."""
    user = user_of(_request())
    text = services.chapter_service.captions(user, requests.story_id(story_id), requests.chapter_number(number))
    return Response(text, headers={"Content-Type": VTT})


@route("PUT", "/stories/{story_id}/chapters/{number}/script")
def edit_script(story_id: str, number: str) -> Any:
    """Change a chapter's script."""
    request, chapter_number = api_request(_request()), requests.chapter_number(number)
    return services.chapter_service.edit(request, requests.story_id(story_id), chapter_number)


@route("POST", "/stories/{story_id}/chapters/{number}/rewrite")
def rewrite(story_id: str, number: str) -> Any:
    """Write a chapter again, following a remark."""
    request, chapter_number = api_request(_request()), requests.chapter_number(number)
    response = services.chapter_service.rewrite(request, requests.story_id(story_id), chapter_number)
    return Response(response, status_code=202)


@route("POST", "/stories/{story_id}/estimate")
def estimate(story_id: str) -> Any:
    """Estimate what generating the story would take now."""
    return services.estimates.estimate(api_request(_request()), requests.story_id(story_id))


@route("GET", "/tasks/{task_id}")
def task(task_id: str) -> Any:
    """Return a task."""
    return services.service.task(user_of(_request()), requests.story_id(task_id))


@route("POST", "/tasks/{task_id}/retry")
def retry(task_id: str) -> Any:
    """Start the open steps of a failed or cancelled task again."""
    response = services.service.retry(api_request(_request()), requests.story_id(task_id))
    return Response(response, status_code=202)


@route("POST", "/tasks/{task_id}/cancel")
def cancel(task_id: str) -> Any:
    """Cancel a task: no further paid call is started."""
    response = services.service.cancel(api_request(_request()), requests.story_id(task_id))
    return Response(response, status_code=202)


@route("GET", "/usage")
def usage() -> Any:
    """Sum up the caller's paid calls of a month."""
    request = _request()
    month = requests.month(query(request, "month"), services.service.now())
    return services.service.usage(user_of(request), month)


@app.on_sqs_message(settings.queue(AUTHORING), batch_size=1, maximum_concurrency=services.config.plan.writers_at_once)
def write_chapter(event: SQSEvent) -> None:
    """Carry out the steps outline, write and enhance."""
    _deliver(AUTHORING, event)


@app.on_sqs_message(settings.queue(NARRATION), batch_size=1, maximum_concurrency=services.config.plan.narrators_at_once)
def narrate_chapter(event: SQSEvent) -> None:
    """Carry out the step narrate."""
    _deliver(NARRATION, event)


@app.on_sqs_message(settings.queue(DEAD_LETTERS), batch_size=1)
def dead_letters(event: SQSEvent) -> None:
    """End the tasks of dead letters as failed."""
    for record in event:
        services.worker.fail_dead_letter(record.body)


@app.schedule(Rate(5, unit=Rate.MINUTES))
def sweep(_event: Any) -> None:
    """Send the open steps of tasks without a heartbeat again."""
    services.sweeper.sweep()


def _request() -> Request:
    if app.current_request is None:
        raise RuntimeError("no request is being handled")
    return app.current_request


def _request_id() -> str:
    return id_of(_request())


def _deliver(queue: str, event: SQSEvent) -> None:
    context: Any = event.context
    for record in event:
        sent_ms = int(record.to_dict().get("attributes", {}).get("SentTimestamp", time.time() * 1000))
        log.event("message_received", queue=queue, age_s=round(time.time() - sent_ms / 1000, 1))
        extend = partial(services.queues.extend_visibility, queue, record.receipt_handle)
        delivery = Delivery(lambda: context.get_remaining_time_in_millis() / 1000, extend)
        services.worker.deliver(record.body, delivery)
