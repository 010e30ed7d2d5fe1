"""The one tolerant reader between an author's reply and the struct it should fill.

A server that keeps to the schema pays nothing for it: its text is decoded at once. From any other text the JSON
object that fits is found by decoding, not by cutting: prose and fences around it, an object around it, and keys that
nobody asked for do not matter. Text that ends within the object was cut off, whatever the server says of it.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

import msgspec

from chalicelib.domain.texts import name_key, visible
from chalicelib.errors import CutOff, Unusable
from chalicelib.story.replies import JsonSchema, plain_schema

T = TypeVar("T", bound=msgspec.Struct)

_DECODER = json.JSONDecoder(strict=False)

_START = re.compile(r"[{\[]")

_STARTS = 50
"""How many places of a text may be tried where an object might begin."""

_UNENDED_COSTS = 9
"""How many of them an object takes that does not end, or is nested without end: each reads the whole text."""

_DEEP = 3
"""How many layers around the object are taken off: a wrapper, a list of one, a string that holds JSON."""

_INVISIBLE = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff]|\\u"
)
"""What a text must have, raw or escaped, before its strings are looked at one by one."""

_MISFITS = (msgspec.ValidationError, UnicodeEncodeError)
"""What a value of another shape raises; the second is of half a character where no text was expected."""

_PIECE = re.compile(r'"(?:[^"\\]|\\.)*"|,(?=\s*[}\]])|[{}\[\]]', re.DOTALL)
_BAD_ESCAPE = re.compile(r'\\(u(?![0-9a-fA-F]{4})|[^"\\/bfnrtu])')


def read_reply(text: str, type_: type[T]) -> T:
    """Return the struct that a reply holds; raise CutOff if its text ends too early, Unusable if it holds none."""
    try:
        if not _INVISIBLE.search(text):
            return msgspec.json.decode(text, type=type_)
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
        pass  # and so it is no strict server's: the search begins
    if text.lstrip()[:1] == '"':
        text = _unquoted(text)
    problem: Unusable | CutOff = Unusable("It holds no JSON object.")
    found: T | None = None
    for value, whole in _values(text):
        if not whole:
            problem = CutOff("The reply ended early.")
            continue
        try:
            found = _fitted(value, type_, _DEEP)
        except (*_MISFITS, RecursionError) as error:
            # What stands within an object that does not end is a part of it, and says nothing of the whole.
            if not isinstance(problem, CutOff):
                problem = Unusable(f"{error}.")
    # The last one: what stands before it is a draft, an example or the schema itself.
    if found is not None:
        return found
    raise problem


def _values(text: str) -> Iterator[tuple[Any, bool]]:
    """Yield the JSON objects and lists of a text, one after the other; (None, False) for one that does not end."""
    at, tries = 0, 0
    while tries < _STARTS and (start := _next_start(text, at)) is not None:
        tries += 1
        try:
            value, at = _DECODER.raw_decode(text, start)
        # ValueError: also a number with more digits than Python takes.
        except (ValueError, RecursionError) as error:
            if isinstance(error, RecursionError):
                tries += _UNENDED_COSTS
            end = _end_of(text, start)
            if end is None:
                # Braces in prose do not end either; an object has a key, or a list an object, at once.
                if re.match(r'[{\[]\s*(["{\[]|$)', text[start : start + 200]):
                    tries += _UNENDED_COSTS
                    yield None, False
                at = start + 1
                continue
            try:
                value = json.loads(_mended(text[start:end]), strict=False)
            except (ValueError, RecursionError):
                at = start + 1
                continue
            at = end
        if isinstance(value, (dict, list)) and value:
            yield value, True


def _unquoted(text: str) -> str:
    """Return the text that a JSON string holds: some servers encode twice."""
    try:
        inner, _ = _DECODER.raw_decode(text.lstrip())
    except (ValueError, RecursionError):
        return text
    return inner if isinstance(inner, str) else text


def _next_start(text: str, at: int) -> int | None:
    match = _START.search(text, at)
    return match.start() if match else None


def _end_of(text: str, start: int) -> int | None:
    """Return where the brackets that open at `start` are closed; None if they are not."""
    depth = 0
    for match in _PIECE.finditer(text, start):
        piece = match[0]
        depth += (piece in "{[") - (piece in "}]")
        if depth <= 0:
            return match.end()
    return None


def _mended(text: str) -> str:
    """Return JSON without commas before closing brackets, and with backslashes that escape nothing left out."""

    def mended(match: re.Match[str]) -> str:
        piece = match[0]
        if piece.startswith('"'):
            return _BAD_ESCAPE.sub(r"\1", piece)
        return "" if piece == "," else piece

    return _PIECE.sub(mended, text)


def _fitted(value: Any, type_: type[T], layers: int) -> T:
    """Return a decoded value as a `type_`, also from within a wrapper; raise ValidationError."""
    schema = plain_schema(type_)
    try:
        return msgspec.convert(_without_misfits(_shaped(value, schema), type_), type_, strict=False)
    except _MISFITS:
        for inner in _within(value, schema) if layers else ():
            try:
                return _fitted(inner, type_, layers - 1)
            except _MISFITS:
                continue
        raise


def _without_misfits(value: Any, type_: type[T]) -> Any:
    """Return an object without the fields that have another shape and can be done without: they count as left out."""
    if not isinstance(value, Mapping):
        return value
    kept = dict(value)
    for field in msgspec.structs.fields(type_):
        if not field.required and field.name in kept:
            try:
                msgspec.convert(kept[field.name], field.type, strict=False)
            except _MISFITS:
                del kept[field.name]
    return kept


def _within(value: Any, schema: JsonSchema) -> Iterator[Any]:
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        try:
            yield json.loads(value, strict=False)
        except (ValueError, RecursionError):
            return
    elif isinstance(value, list):
        fields = schema["properties"]
        if len(fields) == 1:
            yield {next(iter(fields)): value}
        yield from (item for item in value[:_STARTS] if isinstance(item, (dict, str)))
    elif isinstance(value, dict):
        yield from (item for item in list(value.values())[:_STARTS] if isinstance(item, (dict, list, str)))


def _shaped(value: Any, schema: JsonSchema) -> Any:
    """Return a value with the keys that the schema has, its texts visible, and its words of a list in our spelling."""
    kind = schema.get("type")
    if kind == "object" and isinstance(value, Mapping):
        return _object(value, schema["properties"])
    if kind == "array":
        listed = value if isinstance(value, list) else [value] if isinstance(value, (str, dict)) else value
        return [_shaped(item, schema["items"]) for item in listed] if isinstance(listed, list) else listed
    if kind == "string":
        return _text(value, schema)
    return value


def _object(value: Mapping[Any, Any], fields: Mapping[str, JsonSchema]) -> dict[str, Any]:
    given = {name_key(str(key).replace("_", "")).replace(" ", ""): item for key, item in value.items()}
    shaped: dict[str, Any] = {}
    for name, schema in fields.items():
        item = value[name] if name in value else given.get(name.replace("_", ""))
        # Nothing counts as left out; so does a word that is not one of the schema's, where there is a default.
        if item is not None and (item := _shaped(item, schema)) is not None:
            shaped[name] = item
    return shaped


def _text(value: Any, schema: JsonSchema) -> Any:
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return value
    text = visible(str(value))
    if words := schema.get("enum"):
        return next((word for word in words if name_key(word) == name_key(text)), None)
    return text
