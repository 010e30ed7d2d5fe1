"""Monthly sums of usage, computed ahead of requests: a large library from an earlier version has none yet."""

import threading
from collections.abc import Callable, Iterator

from chalicelib import log
from chalicelib.bootstrap import Services
from chalicelib.clock import rfc3339
from chalicelib.errors import StoreUnavailable


def start_summing(services: Services, user: str) -> Callable[[], None]:
    """Sum up the user's present month, then start a thread that sums up the rest.

    Returns a function that stops the thread after the month it is working on.
    """
    services.usage.month(user, rfc3339(services.runtime.clock())[: len("2026-11")])
    over = threading.Event()
    thread = threading.Thread(target=sum_up, args=(services, user, over), name="summing", daemon=True)
    thread.start()

    def end() -> None:
        over.set()
        thread.join()

    return end


def sum_up(services: Services, user: str, over: threading.Event) -> None:
    """Compute and store the sums of every month of every user, `user` first, until `over` is set.

    A month that has its sums costs three short reads. If AWS stops answering, the rest is summed up on request.
    """
    try:
        users = services.tokens.users()
        for name in (user, *sorted(users - {user})):
            for month in months_of(services, name):
                if over.is_set():
                    return
                services.usage.month(name, month)
    except StoreUnavailable as error:
        log.event("sums_left_out", error=error.fault)


def months_of(services: Services, user: str) -> Iterator[str]:
    """Yield the months since the user's first purchase, such as `2026-11`, newest first."""
    first = services.usage.first(user)
    if first is None:
        return
    year, month = (int(part) for part in rfc3339(services.runtime.clock())[: len("2026-11")].split("-"))
    while f"{year}-{month:02d}" >= first.time[: len("2026-11")]:
        yield f"{year}-{month:02d}"
        year, month = (year, month - 1) if month > 1 else (year - 1, 12)
