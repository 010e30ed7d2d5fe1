"""Who has access: what `make token`, `revoke` and `tokens` do on a stage, and `python -m local` on one machine."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from chalicelib.clock import Clock, rfc3339
from chalicelib.domain.money import dollars, micro
from chalicelib.errors import Invalid
from chalicelib.store.access import TokenStore, check_user
from chalicelib.store.user_limits import UserLimits
from chalicelib.timing import AUTHORIZED_S

MAX_LIMIT = 1_000_000
"""Dollars a month."""

MAX_DAYS = 3650

NO_LIMIT = "none"
"""What takes a limit away."""

DAY = len("2026-11-24")
"""Characters of a moment that are its day."""


@dataclass(frozen=True, slots=True)
class TokenOrder:
    """A token as somebody asks for it. `limit` is in micro-dollars a month; it counts where `sets_limit`."""

    user_id: str
    sets_limit: bool = False
    limit: int | None = None
    days: int | None = None


def token_order(name: str, limit: str | None, days: str | None) -> TokenOrder:
    """Return the order that the command line's NAME, LIMIT and DAYS make; raise Invalid with the one at fault."""
    check_user(name)
    return TokenOrder(
        name,
        sets_limit=limit is not None,
        limit=None if limit is None or limit.strip() == NO_LIMIT else _micro(limit.strip()),
        days=None if days is None else _days(days.strip()),
    )


def issue(order: TokenOrder, tokens: TokenStore, limits: UserLimits) -> tuple[str, str]:
    """Issue a token and return it, with a sentence on what limits it, or "" where nothing does.

    The limit is the user's: it holds for all their tokens, until another one replaces it.
    """
    if order.sets_limit:
        limits.put(order.user_id, order.limit)  # before the token, which is never good without it
    token = tokens.issue(order.user_id, order.days)
    return token, " ".join(_said(order, limits.get(order.user_id)))


def _said(order: TokenOrder, limit: int | None) -> Iterator[str]:
    if limit is not None:
        yield f"{order.user_id} may spend {dollars(limit)} a month{'' if order.sets_limit else ', as before'}."
    elif order.sets_limit:
        yield f"{order.user_id} has no limit of their own any more."
    if order.days is not None:
        yield f"The token ends after {order.days} {'day' if order.days == 1 else 'days'}."


def revoke(user_id: str, tokens: TokenStore) -> str:
    """End all tokens of a user and return a sentence on that.

    The limit stays: it holds for tasks that still run, and for a later token.
    """
    check_user(user_id)
    ended = tokens.revoke_all(user_id)
    if not ended:
        return f"{user_id} has no token."
    what = "1 token is" if ended == 1 else f"{ended} tokens are"
    return f"{user_id}: {what} revoked, and refused within {AUTHORIZED_S} seconds, when the last cached answer ends."


def listing(tokens: TokenStore, limits: UserLimits, clock: Clock) -> Iterator[str]:
    """Yield a table of all tokens, by user: the user's limit, and the days each was made, ends and was last used."""
    now, own, issued = rfc3339(clock()), limits.of_all(), tokens.issued()
    rows = [("NAME", "LIMIT A MONTH", "MADE", "ENDS", "LAST USED")]
    for token in issued:
        ends = "never" if token.expires_at is None else token.expires_at[:DAY]
        if token.expires_at is not None and token.expires_at <= now:
            ends = f"{ends} (ended)"
        limit = dollars(own[token.user_id]) if token.user_id in own else "-"
        rows.append((token.user_id, limit, token.created_at[:DAY], ends, token.last_used or "-"))
    without = own.keys() - {token.user_id for token in issued}
    rows += [(user_id, dollars(own[user_id]), "no token", "-", "-") for user_id in sorted(without)]
    yield from _columns(rows)


def _columns(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _micro(text: str) -> int:
    # As text: `float` would take "nan", "1e3" and digits of other scripts.
    if not re.fullmatch(r"[0-9]{1,7}(\.[0-9]{1,6})?", text) or float(text) > MAX_LIMIT:
        raise Invalid(
            f"LIMIT must be dollars a month, 0 to {MAX_LIMIT:,}, such as 5 or 7.50, or {NO_LIMIT} to take it away;"
            f" it is {text or 'empty'}."
        )
    return micro(float(text))


def _days(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,4}", text) or not 1 <= int(text) <= MAX_DAYS:
        raise Invalid(f"DAYS must be a whole number, 1 to {MAX_DAYS:,}; it is {text or 'empty'}.")
    return int(text)
