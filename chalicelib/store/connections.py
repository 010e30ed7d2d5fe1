"""The one connection to DynamoDB, and what all tables share: how an item that another version wrote is read.

Chalice replaces the functions one after the other, so at every deploy old and new code read each other's items; and an
item stays for years. Attributes that this version does not know are left alone (PynamoDB reads the ones it knows, and
items are changed by updates of single attributes, never written back whole). One that is missing is what `when_missing`
of its table says, or None.
"""

import threading
from collections.abc import Mapping
from copy import copy
from functools import cache
from typing import Any, ClassVar

from pynamodb.connection import Connection, TableConnection
from pynamodb.connection.base import MetaTable
from pynamodb.constants import PAY_PER_REQUEST_BILLING_MODE
from pynamodb.exceptions import TableError
from pynamodb.models import Model

from chalicelib.settings import Settings
from chalicelib.store.aws import CONNECT_S, POOL, READ_S, TRIES_DYNAMODB

LONG_AGO = "1970-01-01T00:00:00.000Z"
"""The time of an item that does not say its own."""


_bound: Settings | None = None


def connect(settings: Settings) -> None:
    """Bind the tables of this process to a stage.

    PynamoDB stores a table's name and its connection with the class of its items, so a process has one stage at a time.
    """
    global _bound  # noqa: PLW0603 # as PynamoDB's classes are
    if settings != _bound:
        _bound = settings
        connection.cache_clear()


def _stage() -> Settings:
    if _bound is None:
        raise RuntimeError("no stage is connected: call connect(settings) first")
    return _bound


@cache
def connection() -> Connection:
    """Return the process's one DynamoDB connection, of all tables and of transactions, with all AWS calls' limits."""
    return Connection(
        region=_stage().region,
        connect_timeout_seconds=CONNECT_S,
        read_timeout_seconds=READ_S,
        retry_configuration={"mode": "legacy", "total_max_attempts": TRIES_DYNAMODB},
        max_pool_connections=POOL,
    )


# Two threads that ask at once and both find the table unknown would both add it, which PynamoDB refuses.
_introducing = threading.Lock()


class Where:
    """What all tables share: they cost nothing while nobody uses them. `table_name` is one of `naming.TABLES`, until
    the table is first used: then it is the full name on the stage."""

    billing_mode = PAY_PER_REQUEST_BILLING_MODE
    table_name = ""
    of_stage = ""

    def __init_subclass__(cls) -> None:
        cls.of_stage = cls.table_name


class Table(Model):
    """A model on the shared connection: PynamoDB gives each model a client of its own, and no model can say how often
    that client tries."""

    when_missing: ClassVar[Mapping[str, Any]] = {}
    """What an item that is read is taken to say where it lacks an attribute, or has NULL. New items get none of it."""

    class Meta(Where):
        table_name = ""

    @classmethod
    def full_name(cls) -> str:
        """Return the table's full name on the stage."""
        return _stage().table(cls.Meta.of_stage)

    @classmethod
    def connected(cls) -> Connection:
        """Return the shared connection, to which this table is known: in a new process no model has said so yet."""
        cls._get_connection()
        return connection()

    @classmethod
    def _get_connection(cls) -> TableConnection:
        cls.Meta.table_name = cls.full_name()
        table = super()._get_connection()
        # PynamoDB caches the table's connection by class, so it may be that of the stage before, or of no stage.
        if table.connection is not connection():
            with _introducing:  # several threads of a worker may use a table for the first time at the same moment
                _introduce(table.get_meta_table())
            table.connection = connection()
        return table

    def _set_defaults(self, _user_instantiated: bool = True) -> None:
        # PynamoDB's own `default` would fill in new items as well, and hide that one was made without an attribute.
        super()._set_defaults(_user_instantiated)
        if not _user_instantiated:
            for name, value in self.when_missing.items():
                # A copy: the items would otherwise share one dictionary, and one item's change would be another's.
                setattr(self, name, copy(value))


def _introduce(meta: MetaTable) -> None:
    """Tell the shared connection of a table. It may know it already: two models may share a table and its keys."""
    try:
        connection().get_meta_table(meta.table_name)
    except TableError:
        connection().add_meta_table(meta)
