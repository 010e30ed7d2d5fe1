"""The names of a stage's tables. Nothing is read from the environment: infra/ asks for a stage by its name."""

import re
from collections.abc import Mapping

from chalicelib.errors import ConfigError

TABLES = ("stories", "chapters", "tasks", "leases", "usage", "tokens", "keys", "listening")
"""The tables of a stage. Each is called `fireside-<stage>-<name>`, unless FIRESIDE_TABLES gives another name."""


def full_name(stage: str, name: str) -> str:
    """Return the full name of a table or queue of a stage, such as `fireside-dev-stories`."""
    return f"fireside-{stage}-{name}"


def encode_tables(tables: Mapping[str, str]) -> str:
    """Encode full names of tables, by name, for the environment variable FIRESIDE_TABLES."""
    return ",".join(f"{name}={full}" for name, full in sorted(tables.items()))


def decode_tables(text: str, stage: str) -> dict[str, str]:
    """Decode FIRESIDE_TABLES, such as `keys=fireside-dev-keys-2,stories=fireside-dev-stories-restored`."""
    parts = (part.partition("=") for part in text.split(",") if part)
    tables = {name.strip(): full.strip() for name, _, full in parts}
    check_tables(tables, stage, "FIRESIDE_TABLES")
    return tables


def check_tables(tables: Mapping[str, str], stage: str, where: str) -> None:
    """Raise ConfigError unless these names are allowed for the stage's tables; `where` is the source of the names.

    Every full name begins with the default name of the table it replaces: the permissions to deploy a stage can then
    be limited to the stage's tables, and no table is mistaken for another one.
    """
    for name, full in tables.items():
        if name not in TABLES:
            raise ConfigError(f"{where} names the table {name!r}; there are {', '.join(TABLES)}.")
        prefix = full_name(stage, name)
        if not re.fullmatch(re.escape(prefix) + r"(-[a-zA-Z0-9_.-]+)?", full) or len(full) > 255:
            raise ConfigError(
                f"{where}: the table {name} must be called {prefix} or {prefix}-<more>, of letters, digits, '_', '.'"
                f" and '-', with at most 255 characters; it says {full!r}."
            )
