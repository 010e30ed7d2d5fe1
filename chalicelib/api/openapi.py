"""The OpenAPI document, made from the app's routes and the structs that check requests and describe responses."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from inspect import cleandoc, getdoc
from typing import Any

import msgspec

from chalicelib import __version__, limits
from chalicelib.api import requests, responses
from chalicelib.api.idempotency import Json
from chalicelib.audio.captions import VTT


@dataclass(frozen=True, slots=True)
class Operation:
    """What a route takes, its response on success, and the statuses it may refuse with in addition to 401 and 404."""

    status: int = 200
    answer: type | str | None = None
    body: type | None = None
    query: tuple[str, ...] = ()
    refuses: tuple[int, ...] = ()


_STORY, _CHAPTER = "/stories/{story_id}", "/stories/{story_id}/chapters/{number}"

OPERATIONS: Mapping[tuple[str, str], Operation] = {
    ("GET", "/"): Operation(answer="text/html"),
    ("GET", "/assets/{version}/{name}"): Operation(answer="text/*"),
    ("GET", "/openapi.json"): Operation(answer="application/json"),
    ("GET", "/health"): Operation(answer=responses.Health),
    ("GET", "/voices"): Operation(answer=responses.Voices),
    ("GET", "/usage"): Operation(answer=responses.Usage, query=("month",)),
    ("GET", "/stories"): Operation(answer=responses.Stories, query=("limit", "cursor")),
    ("POST", "/stories"): Operation(201, responses.Story, requests.CreateStory),
    ("GET", _STORY): Operation(answer=responses.Story),
    ("DELETE", _STORY): Operation(204),
    ("POST", f"{_STORY}/generate"): Operation(202, responses.Started, requests.Generate, refuses=(409,)),
    ("POST", f"{_STORY}/audio"): Operation(202, responses.Started, requests.Narrate, refuses=(409,)),
    ("POST", f"{_STORY}/estimate"): Operation(200, responses.Estimated, requests.Estimate),
    ("GET", _CHAPTER): Operation(answer=responses.ChapterAlone),
    ("GET", f"{_CHAPTER}/audio"): Operation(302),
    ("GET", f"{_CHAPTER}/captions"): Operation(answer=VTT.partition(";")[0]),
    ("PUT", f"{_CHAPTER}/script"): Operation(200, responses.ChapterAlone, requests.EditScript, refuses=(409,)),
    ("POST", f"{_CHAPTER}/rewrite"): Operation(202, responses.Task, requests.Rewrite, refuses=(409,)),
    ("GET", "/tasks/{task_id}"): Operation(answer=responses.Task),
    ("POST", "/tasks/{task_id}/retry"): Operation(202, responses.Task, requests.Nothing, refuses=(409,)),
    ("POST", "/tasks/{task_id}/cancel"): Operation(202, responses.Task, requests.Nothing, refuses=(409,)),
}
"""Every route of the app; a test compares the two."""

_PARAMETERS: Mapping[str, Json] = {
    "story_id": {"type": "string", "pattern": limits.ID},
    "task_id": {"type": "string", "pattern": limits.ID},
    "number": {"type": "integer", "minimum": 1, "maximum": limits.MAX_CHAPTERS},
    "version": {"type": "string"},
    "name": {"type": "string"},
    "month": {"type": "string", "pattern": limits.MONTH},
    "limit": {"type": "integer", "minimum": 1, "maximum": limits.MAX_PAGE, "default": limits.PAGE},
    "cursor": {"type": "string", "pattern": limits.ID},
    "Idempotency-Key": {"type": "string", "pattern": limits.KEY},
}
_REFUSALS = {
    400: "The request is invalid.",
    401: "The token is missing or unknown.",
    404: "It does not exist, or belongs to another user.",
    415: "The Content-Type is not application/json.",
    409: "The state of the story or task does not allow it.",
    422: "The Idempotency-Key was used with another body.",
    429: "Too many requests from this user (API Gateway; never on one machine).",
}
_SCHEMAS = "#/components/schemas/"


def document(routes: Mapping[str, Mapping[str, Any]]) -> Json:
    """Return the OpenAPI document for these routes of a Chalice app."""
    structs = {struct for one in OPERATIONS.values() for struct in (one.answer, one.body) if isinstance(struct, type)}
    ordered = sorted({*structs, responses.Error}, key=lambda struct: struct.__name__)
    _, components = msgspec.json.schema_components(ordered, ref_template=_SCHEMAS + "{name}")
    for schema in components.values():  # docstrings keep their indentation before Python 3.13
        schema.update({"description": cleandoc(text)} if (text := schema.get("description")) else {})
    paths: Json = {}
    for path, methods in routes.items():
        for method, entry in methods.items():
            paths.setdefault(path, {})[method.lower()] = _operation(method, path, entry)
    _link(paths, ("post", "/stories"), "story_id")
    for path in (f"{_STORY}/generate", f"{_STORY}/audio", f"{_CHAPTER}/rewrite"):
        _link(paths, ("post", path), "task_id")
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
            "schemas": components,
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(method: str, path: str, entry: Any) -> Json:
    operation = OPERATIONS[method, path]
    secured = entry.authorizer is not None
    made: Json = {
        "operationId": entry.view_function.__name__,
        "summary": getdoc(entry.view_function),
        "parameters": list(_parameters(method, path, operation)),
        "responses": {str(operation.status): _success(operation)},
        "security": [{"bearer": []}] if secured else [],
    }
    for status in sorted(_refused(method, path, operation, secured=secured)):
        content = {"application/json": {"schema": {"$ref": f"{_SCHEMAS}Error"}}}
        made["responses"][str(status)] = {"description": _REFUSALS[status], "content": content}
    if operation.body is not None:
        required = any(field.required for field in msgspec.structs.fields(operation.body))
        content = {"application/json": {"schema": {"$ref": f"{_SCHEMAS}{operation.body.__name__}"}}}
        made["requestBody"] = {"required": required, "content": content}
    return made


def _link(paths: Json, maker: tuple[str, str], name: str) -> None:
    """Link the operation `maker` to the operations that take the id `name` from its response."""
    method, made_at = maker
    operation = OPERATIONS[method.upper(), made_at]
    takers = {
        one["operationId"]: {name: f"$response.body#/{name}", **({"number": "1"} if "{number}" in path else {})}
        for path, methods in paths.items()
        if f"{{{name}}}" in path
        for one in methods.values()
    }
    links = {taker: {"operationId": taker, "parameters": given} for taker, given in takers.items()}
    paths[made_at][method]["responses"][str(operation.status)]["links"] = links


def _parameters(method: str, path: str, operation: Operation) -> Iterator[Json]:
    for name in re.findall(r"{(\w+)}", path):
        yield {"name": name, "in": "path", "required": True, "schema": _PARAMETERS[name]}
    for name in operation.query:
        yield {"name": name, "in": "query", "required": False, "schema": _PARAMETERS[name]}
    if method == "POST":
        yield {"name": "Idempotency-Key", "in": "header", "required": False, "schema": _PARAMETERS["Idempotency-Key"]}


def _refused(method: str, path: str, operation: Operation, *, secured: bool) -> set[int]:
    statuses = {*operation.refuses}
    if secured:
        statuses |= {401, 429}
    if "{" in path:
        statuses.add(404)
    if operation.body is not None or operation.query:
        statuses.add(400)
    if operation.body is not None:
        statuses.add(415)
    if method == "POST":
        statuses.add(422)
    return statuses


def _success(operation: Operation) -> Json:
    if operation.status == 302:
        return {"description": "Found", "headers": {"Location": {"required": True, "schema": {"type": "string"}}}}
    if operation.answer is None:
        return {"description": "Done"}
    if isinstance(operation.answer, str):
        return {"description": "OK", "content": {operation.answer: {}}}
    schema = {"$ref": f"{_SCHEMAS}{operation.answer.__name__}"}
    return {"description": "OK", "content": {"application/json": {"schema": schema}}}
