"""Texts that were kept, read by whatever version comes along: outline, seam, scripts.

The structs of replies are strict, since a model must answer just what it was asked. What lies in the store was checked
when it was written, perhaps by a newer version, which knows more fields, or by an older one, which knew fewer. So a
field that is not known is passed over, and one that is missing is empty.
"""

from typing import Any, TypeVar

import msgspec

T = TypeVar("T")


def read_kept(text: str | None, type_: type[T]) -> T:
    """Return the text, JSON that another version may have written, as a `type_`; empty where there is no text."""
    if text:
        try:
            return msgspec.json.decode(text, type=type_)
        except msgspec.ValidationError:  # as good as never: so only now what can fit it is imported
            pass
    from msgspec import inspect  # noqa: PLC0415

    kept = msgspec.json.decode(text) if text else {}
    return msgspec.convert(_fitted(kept, inspect.type_info(type_)), type_)


def _fitted(kept: Any, wanted: Any) -> Any:
    """Return what was kept, in the shape that is wanted: its fields, their types, a word of those that are known."""
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
        return kept if kept in wanted.values else wanted.values[-1]
    if isinstance(wanted, inspect.BoolType):
        return kept is True
    return kept if isinstance(kept, str) else ""
