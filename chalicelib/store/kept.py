"""Stored texts (outline, seam, scripts), which any version of the program may have written.

The structs of replies are strict, since a model must answer just what it was asked. What is stored was checked
when it was written, perhaps by a newer version, which knows more fields, or by an older one, which knew fewer. So a
field that is not known is ignored, and one that is missing is empty.
"""

from typing import Any, TypeVar

import msgspec

T = TypeVar("T")


def read_kept(text: str | None, type_: type[T]) -> T:
    """Return the text, JSON that another version may have written, as a `type_`; empty where there is no text."""
    if text:
        try:
            return msgspec.json.decode(text, type=type_)
        except msgspec.ValidationError:  # hardly ever, so msgspec.inspect is imported only now
            pass
    from msgspec import inspect  # noqa: PLC0415

    kept = msgspec.json.decode(text) if text else {}
    return msgspec.convert(_fitted(kept, inspect.type_info(type_)), type_)


def _fitted(kept: Any, wanted: Any) -> Any:
    """Return a stored value in the wanted shape: its fields, their types, and of a Literal a known word."""
    from msgspec import inspect  # noqa: PLC0415

    if isinstance(wanted, inspect.StructType):
        given = kept if isinstance(kept, dict) else {}
        known = {field.encode_name: field for field in wanted.fields}
        return {
            name: _fitted(given.get(name), field.type)
            for name, field in known.items()
            if name in given or field.required
        }
    if isinstance(wanted, inspect.ListType):
        return [_fitted(one, wanted.item_type) for one in kept] if isinstance(kept, list) else []
    if isinstance(wanted, inspect.LiteralType):
        # A word of a later version: the last one listed is the fallback, such as "neutral" of the genders.
        return kept if kept in wanted.values else wanted.values[-1]
    if isinstance(wanted, inspect.UnionType):
        # Such as a struct that may be missing.
        real = next(one for one in wanted.types if not isinstance(one, inspect.NoneType))
        return None if kept is None else _fitted(kept, real)
    if isinstance(wanted, inspect.IntType):
        return kept if isinstance(kept, int) else 0
    if isinstance(wanted, inspect.BoolType):
        # A missing flag is off, as before the version that introduced it.
        return kept is True
    return kept if isinstance(kept, str) else ""
