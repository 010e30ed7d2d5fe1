"""The threads on which a chapter's lines are bought and decoded; a test passes threads that run on its own clock."""

from collections.abc import Collection
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor
from concurrent.futures import wait as first_of
from typing import Any, Protocol


class Threads(Protocol):
    """The source of threads, and of ways to wait for them."""

    def pool(self, at_once: int, name: str) -> Executor:
        """Make a pool of `at_once` threads, whose context ends when they have."""

    def wait(self, futures: Collection[Future[Any]], timeout_s: float | None = None) -> set[Future[Any]]:
        """Wait until one of `futures` is done or `timeout_s` have passed; return those that are done."""


class SystemThreads:
    """The operating system's threads."""

    def pool(self, at_once: int, name: str) -> Executor:
        """Make a pool of `at_once` threads."""
        return ThreadPoolExecutor(at_once, thread_name_prefix=name)

    def wait(self, futures: Collection[Future[Any]], timeout_s: float | None = None) -> set[Future[Any]]:
        """Wait for the first of `futures`, for at most `timeout_s`."""
        return first_of(futures, timeout_s, FIRST_COMPLETED).done
