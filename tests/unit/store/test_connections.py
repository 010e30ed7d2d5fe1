"""The shared connection, to which a table is made known when it is first used."""

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from pynamodb.attributes import UnicodeAttribute

from chalicelib.store.connections import Table, Where, connection

THREADS = 8


@pytest.fixture
def hasty() -> Iterator[None]:
    """Threads that take turns as often as the interpreter lets them."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def model(name: str) -> type[Table]:
    class Meta(Where):
        table_name = name

    return type("Anything", (Table,), {"Meta": Meta, "key": UnicodeAttribute(hash_key=True)})


def test_threads_that_use_a_table_first_at_the_same_moment_all_get_the_connection(hasty: None) -> None:
    for number in range(40):
        table, together = model(f"met-{number}"), Barrier(THREADS)

        def use(table: type[Table] = table, together: Barrier = together) -> object:
            together.wait()
            return table.connected()

        with ThreadPoolExecutor(THREADS) as threads:
            found = [each.result() for each in [threads.submit(use) for _ in range(THREADS)]]
        assert set(map(id, found)) == {id(connection())}


def test_two_models_may_share_a_table() -> None:
    one, other = model("shared"), model("shared")
    assert one.connected() is other.connected()
