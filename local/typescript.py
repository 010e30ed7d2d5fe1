"""The command `python -m local.typescript`, which writes what the page needs to know of the OpenAPI document.

These are types, to check the page's script against, and the limits of request fields, for its forms.
"""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from chalicelib.api.openapi import Schema
from chalicelib.api.web import WEB
from chalicelib.domain.script import DIRECTIONS

TYPES = WEB / "types" / "openapi.d.ts"
LIMITS = WEB / "script" / "limits.js"

_PRIMITIVES = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"}
_KEYWORDS = (
    "minimum",
    "maximum",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "maxProperties",
    "pattern",
)
"""The keywords of JSON Schema that limit a value."""

_TYPES_HEADER = (
    "/** What the API takes and returns. Generated from the OpenAPI document by `make schemas`; do not edit. */\n"
)
_LIMITS_HEADER = (
    "/** The limits of what a request may hold, in JSON Schema's keywords: of fields by schema, and of parameters.\n"
    " * Generated from the OpenAPI document by `make schemas`; do not edit. */\n"
)


def types_module(document: Schema) -> str:
    """Return a module of types: one for each schema, and one for the operations of each method."""
    schemas = document["components"]["schemas"]
    parts = [_TYPES_HEADER, *(_interface(name, schema) for name, schema in schemas.items())]
    for method in ("get", "post", "put", "patch", "delete"):
        if operations := list(_operations(document, method)):
            parts.append(_block(f"export interface {method.capitalize()}", operations))
    return "\n".join(parts)


def limits_module(document: Schema) -> str:
    """Return a module with the limits of every field and parameter of a request that has any, such as

    `export const LIMITS = {"CreateStory": {"prompt": {"minLength": 1, "maxLength": 4000}}};`
    """
    fields = {name: limits for name, schema in _requested(document) if (limits := _limits_of_fields(schema))}
    parameters = {
        parameter["name"]: limits
        for operation in _every_operation(document)
        for parameter in operation["parameters"]
        if parameter["in"] != "header" and (limits := _limits_of(parameter["schema"]))
    }
    constants = {"LIMITS": fields, "PARAMETERS": parameters, "DIRECTIONS": " ".join(sorted(DIRECTIONS))}
    return _LIMITS_HEADER + "".join(_constant(name, value) for name, value in constants.items())


def _constant(name: str, value: object) -> str:
    return f"\nexport const {name} = {json.dumps(value, indent=2)};\n"


def _every_operation(document: Schema) -> Iterator[Schema]:
    return (operation for operations in document["paths"].values() for operation in operations.values())


def _requested(document: Schema) -> Iterator[tuple[str, Schema]]:
    """Yield the name and schema of each request body, and of what it contains, in the order of the document."""
    schemas = document["components"]["schemas"]
    bodies = [operation["requestBody"] for operation in _every_operation(document) if "requestBody" in operation]
    waiting, found = _references(bodies), set[str]()
    while waiting:
        found |= waiting
        waiting = _references([schemas[name] for name in waiting]) - found
    return ((name, schema) for name, schema in schemas.items() if name in found)


def _references(schemas: list[Schema]) -> set[str]:
    return set(re.findall(r'"\$ref": "[^"]*/(\w+)"', json.dumps(schemas)))


def _limits_of_fields(schema: Schema) -> Schema:
    return {field: limits for field, kind in schema["properties"].items() if (limits := _limits_of(kind))}


def _limits_of(schema: Schema) -> Schema:
    """Return the limits of one field; an optional one has them in the alternative that is not null."""
    limits = {keyword: schema[keyword] for keyword in _KEYWORDS if keyword in schema}
    for alternative in schema.get("anyOf", ()):
        limits |= _limits_of(alternative)
    if "propertyNames" in schema:
        limits["propertyNames"] = _limits_of(schema["propertyNames"])
    return limits


def type_of(schema: Schema) -> str:
    """Return the type of a JSON Schema; raise ValueError for a kind that none of our schemas has had so far."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "enum" in schema:
        return " | ".join(json.dumps(value) for value in schema["enum"])
    if "anyOf" in schema:
        return " | ".join(type_of(alternative) for alternative in schema["anyOf"])
    kind = schema.get("type")
    if kind == "array":
        return f"Array<{type_of(schema['items'])}>"
    if kind == "object" and "additionalProperties" in schema and "properties" not in schema:
        return f"Record<string, {type_of(schema['additionalProperties'])}>"
    if kind in _PRIMITIVES:
        return _PRIMITIVES[kind]
    raise ValueError(f"no type for the schema {schema}")


def _interface(name: str, schema: Schema) -> str:
    fields = [
        f"{field}{'' if field in schema['required'] else '?'}: {type_of(kind)};"
        for field, kind in schema["properties"].items()
    ]
    return _comment(schema.get("description", "")) + _block(f"export interface {name}", fields)


def _operations(document: Schema, method: str) -> Iterator[str]:
    """Yield `path: {parameters, body, response}` for each route of a method that returns JSON, text or nothing."""
    for path, operations in document["paths"].items():
        if method not in operations:
            continue
        operation = operations[method]
        response = _response(operation["responses"])
        if response is None:
            continue
        parameters = [
            f"{parameter['name']}{'' if parameter['required'] else '?'}: {type_of(parameter['schema'])}"
            for parameter in operation["parameters"]
            if parameter["in"] != "header"
        ]
        body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
        yield (
            f"{json.dumps(path)}: {{ parameters: {_literal(parameters)};"
            f" body: {type_of(body) if body else 'undefined'}; response: {response} }};"
        )


def _response(responses: Schema) -> str | None:
    """Return the type of the response on success; None for a redirect or a file, which no script reads."""
    status = min(responses)
    if status.startswith("3"):
        return None
    content = responses[status].get("content")
    if content is None:
        return "undefined"
    [kind] = content
    if "schema" in content[kind]:
        return type_of(content[kind]["schema"])
    return "string" if re.match(r"text/(?!\*|html)", kind) else None


def _literal(fields: list[str]) -> str:
    return f"{{ {'; '.join(fields)} }}" if fields else "Record<string, never>"


def _block(head: str, lines: Iterator[str] | list[str]) -> str:
    return f"{head} {{\n" + "".join(f"  {line}\n" for line in lines) + "}\n"


def _comment(text: str) -> str:
    if not text:
        return ""
    first, *others = text.splitlines()
    return "\n".join([f"/** {first}", *(f" * {line}".rstrip() for line in others)]) + " */\n"


def modules() -> Mapping[Path, str]:
    """Return the text of each generated module, by its path."""
    from chalicelib.api.endpoints import ROUTES  # noqa: PLC0415 # the whole API: only those who need it wait for it
    from chalicelib.api.openapi import document  # noqa: PLC0415

    described = document(ROUTES)
    return {TYPES: types_module(described), LIMITS: limits_module(described)}


if __name__ == "__main__":
    for path, text in modules().items():
        path.write_text(text, encoding="utf-8")
