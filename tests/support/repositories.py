"""Repositories that are all one fake, for tests of what stands around them."""

from typing import Any

from chalicelib.pipeline.ports import Repositories


def all_of(fake: Any) -> Repositories:
    """Return repositories that are all `fake`: it has the methods that the test needs."""
    return Repositories(
        stories=fake,
        chapters=fake,
        versions=fake,
        manuscripts=fake,
        listening=fake,
        tasks=fake,
        usage=fake,
        ledger=fake,
        leases=fake,
        shares=fake,
        claims=fake,
        failures=fake,
        books=fake,
        commit=fake,
    )
