"""The OpenAPI document, made from the declared routes and the structs that check requests and are the responses."""

from collections.abc import Iterator, Sequence
from inspect import cleandoc, getdoc
from typing import Any

import msgspec

from chalicelib import __version__, limits
from chalicelib.api import responses
from chalicelib.api.routes import Route
from chalicelib.api.signatures import InPath

Schema = dict[str, Any]
"""A part of the document, which is JSON of many shapes."""

_KEY: Schema = {"type": "string", "pattern": limits.KEY}
_REFUSALS = {
    400: "The request is invalid.",
    401: "The token is missing or unknown.",
    403: "The operator of this stage does not allow it; the message says what would have to be configured.",
    402: "A budget has too little left; the message says what is left and what it would take.",
    404: "It does not exist, or belongs to another user.",
    415: "The Content-Type is not application/json.",
    409: "The state of the story or task does not allow it.",
    422: "The Idempotency-Key was used with another body.",
    429: "Too many requests from this user (API Gateway; never on one machine).",
}
_FOUND: Schema = {
    "description": "Found",
    "headers": {"Location": {"required": True, "schema": {"type": "string"}}},
}
_ALSO: dict[int, Schema] = {
    302: _FOUND,
    304: {"description": "Not modified: it is what the ETag in If-None-Match stands for."},
}
_SCHEMAS = "#/components/schemas/"


def document(routes: Sequence[Route]) -> Schema:
    """Return the OpenAPI document for these routes."""
    paths: Schema = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    for route in routes:
        if links := _links(route, routes):
            paths[route.path][route.method.lower()]["responses"][str(route.terms.status)]["links"] = links
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Fireside",
            "version": __version__,
            "description": "One prompt in, a multi-voice audiobook out.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "."}],
        "paths": paths,
        "components": {
            "schemas": _components(routes),
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
    }


def _components(routes: Sequence[Route]) -> Schema:
    signatures = [route.signature for route in routes]
    structs: set[type[msgspec.Struct]] = {responses.Error}
    structs |= {signature.body[1] for signature in signatures if signature.body is not None}
    structs |= {signature.response for signature in signatures if signature.response is not None}
    ordered = sorted(structs, key=lambda struct: struct.__name__)
    _, components = msgspec.json.schema_components(ordered, ref_template=_SCHEMAS + "{name}")
    for schema in components.values():
        if text := schema.get("description"):
            schema["description"] = cleandoc(text)  # docstrings keep their indentation before Python 3.13
        schema["additionalProperties"] = False  # of responses, too: their structs only read more than they write
    return components


def _operation(route: Route) -> Schema:
    made: Schema = {
        "operationId": route.name,
        "summary": getdoc(route.function),
        "parameters": list(_parameters(route)),
        "responses": {str(route.terms.status): _success(route)},
        "security": [] if route.terms.public else [{"bearer": []}],
    }
    for status in route.terms.also:
        made["responses"][str(status)] = _ALSO[status]
    for status in sorted(route.refusals):
        # A person who opens a page is told so on a page.
        error: Schema = {"application/json": {"schema": {"$ref": f"{_SCHEMAS}Error"}}}
        content: Schema = {"text/html": {}} if route.terms.media == "text/html" else error
        made["responses"][str(status)] = {"description": _REFUSALS[status], "content": content}
    if route.signature.body is not None:
        _, body = route.signature.body
        required = any(field.required for field in msgspec.structs.fields(body))
        content = {"application/json": {"schema": {"$ref": f"{_SCHEMAS}{body.__name__}"}}}
        made["requestBody"] = {"required": required, "content": content}
    return _without_content(made) if route.method == "HEAD" else made


def _without_content(operation: Schema) -> Schema:
    """Return the operation of a HEAD, whose responses have no content."""
    said = operation["responses"].items()
    return {
        **operation,
        "responses": {
            status: {name: part for name, part in response.items() if name != "content"} for status, response in said
        },
    }


def _links(maker: Route, routes: Sequence[Route]) -> Schema:
    """Return the links from what a POST makes to the routes that take its id: the first field of the response."""
    response = maker.signature.response
    if maker.method != "POST" or response is None:
        return {}
    name = response.__struct_fields__[0]
    links: Schema = {}
    for taker in routes if f"{{{name}}}" not in maker.path else ():
        if f"{{{name}}}" in taker.path:
            given = {name: f"$response.body#/{name}", **({"number": "1"} if "{number}" in taker.path else {})}
            links[taker.name] = {"operationId": taker.name, "parameters": given}
    return links


def _parameters(route: Route) -> Iterator[Schema]:
    for one in route.signature.parameters:
        in_path = isinstance(one.source, InPath)
        schema = msgspec.json.schema(one.type)
        yield {"name": one.name, "in": "path" if in_path else "query", "required": in_path, "schema": schema}
    if route.signature.once is not None:
        yield {"name": "Idempotency-Key", "in": "header", "required": False, "schema": _KEY}


def _success(route: Route) -> Schema:
    response = route.signature.response
    if response is not None:
        schema = {"$ref": f"{_SCHEMAS}{response.__name__}"}
        return {"description": "OK", "content": {"application/json": {"schema": schema}}}
    if route.terms.media is not None:
        return {"description": "OK", "content": {route.terms.media: {}}}
    if route.terms.status == 302:
        return _FOUND
    return {"description": "Done"}
