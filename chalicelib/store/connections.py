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

from chalicelib.settings import settings
from chalicelib.store.aws import CONNECT_S, POOL, READ_S, TRIES_DYNAMODB

LONG_AGO = "1970-01-01T00:00:00.000Z"
"""The time of an item that does not say its own."""


@cache
def connection() -> Connection:
    """Return the process's one DynamoDB connection, of all tables and of transactions, with all AWS calls' limits."""
    return Connection(
        region=settings.region,
        connect_timeout_seconds=CONNECT_S,
        read_timeout_seconds=READ_S,
        retry_configuration={"mode": "legacy", "total_max_attempts": TRIES_DYNAMODB},
        max_pool_connections=POOL,
    )


_introducing = threading.Lock()


class Where:
    """What all tables share: where they are, and that they cost nothing while nobody uses them."""

    region = settings.region
    billing_mode = PAY_PER_REQUEST_BILLING_MODE


class Table(Model):
    """A model on the shared connection: PynamoDB gives each model a client of its own, and no model can say how often
    that client tries."""

    when_missing: ClassVar[Mapping[str, Any]] = {}
    """What an item that is read is taken to say where it lacks an attribute, or has NULL. New items get none of it."""

    class Meta(Where):
        table_name = ""

    @classmethod
    def connected(cls) -> Connection:
        """Return the shared connection, to which this table is known: in a new process no model has said so yet."""
        cls._get_connection()
        return connection()

    @classmethod
    def _get_connection(cls) -> TableConnection:
        table = super()._get_connection()
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
                setattr(self, name, copy(value))


def _introduce(meta: MetaTable) -> None:
    """Tell the shared connection of a table. It may know it already: two models may share a table and its keys."""
    try:
        connection().get_meta_table(meta.table_name)
    except TableError:
        connection().add_meta_table(meta)
