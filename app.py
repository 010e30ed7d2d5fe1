"""Fireside's functions: the HTTP API, its authorizer, the two workers, the dead letters and the sweeper.

This module only translates between Chalice and chalicelib, which does the work.
"""

import os
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from chalice.app import AuthRequest, Chalice, Rate, Request, SQSEvent, SQSRecord

from chalicelib import log
from chalicelib.api.endpoints import ROUTES
from chalicelib.api.http import cors_config, id_of, register
from chalicelib.api.lanes import Caller
from chalicelib.bootstrap import Services
from chalicelib.domain.message import AUTHORING, NARRATION
from chalicelib.observing import Observer, on_lambda
from chalicelib.pipeline.step_context import Delivery
from chalicelib.settings import Settings
from chalicelib.store.queues import DEAD_LETTERS
from chalicelib.timing import AUTHORIZED_S

app = Chalice(app_name="fireside", configure_logs=False)
# No binary responses: with Chalice's own list API Gateway would pass bodies of those types in base64.
app.api.binary_types = []
settings = Settings.from_env(os.environ)
services = Services(settings)


def use(replacement: Services) -> None:
    """Serve every later event with these services, which have what one machine or a test hands in."""
    global services  # noqa: PLW0603 # Chalice finds its handlers in this module, one of each per process
    services = replacement


if on_lambda():
    observer = Observer(settings.stage)

    @app.middleware("all")
    def observed(event: Any, get_response: Callable[[Any], Any]) -> Any:
        """Give log lines the ids of the invocation and the request, and write the metrics when the invocation ends."""
        context: Any = event.lambda_context if isinstance(event, Request) else event.context
        api_request_id = id_of(event) if isinstance(event, Request) else ""
        return observer.around(context.aws_request_id, lambda: get_response(event), api_request_id)


@app.authorizer(ttl_seconds=AUTHORIZED_S)
def bearer(request: AuthRequest) -> Caller:
    """Return the owner of a bearer token; API Gateway caches the result for AUTHORIZED_S."""
    scheme, _, token = request.token.partition(" ")
    user = services.tokens.user_of(token.strip()) if scheme.lower() == "bearer" else None
    return Caller(user, settings.stage)


register(app, ROUTES, bearer, lambda: services, cors_config(services.config.access.cors_origin))


# One message per invocation: a failure then brings back only itself, and each step has the function's whole time.
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
    """Send the open steps of silent tasks again, give back money of ended ones, have webhooks told, watch the day."""
    services.sweeper.sweep()
    services.abandoned_money.sweep()
    services.spending_watch.look()
    services.notifying.deliverer.send_due()


def _deliver(queue: str, event: SQSEvent) -> None:
    context: Any = event.context
    for record in event:
        log.event("message_received", queue=queue, age_s=round(_age_s(record), 1))
        extend = partial(services.queues.extend_visibility, queue, record.receipt_handle)
        delivery = Delivery(lambda: context.get_remaining_time_in_millis() / 1000, extend)
        services.worker.deliver(record.body, delivery)


def _age_s(record: SQSRecord) -> float:
    """Return the seconds since a message was sent; 0 if SQS does not say."""
    now = time.time()
    return now - int(record.to_dict().get("attributes", {}).get("SentTimestamp", now * 1000)) / 1000
