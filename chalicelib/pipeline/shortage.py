"""What people are told when there is too little money."""

from collections.abc import Iterable

from chalicelib.domain.budgets import OVERRUN, Scope, Standing
from chalicelib.domain.money import dollars

BUDGETS: dict[Scope, str] = {
    "user_month": "Your budget for the month",
    "story": "The budget of this story",
    "stage_day": "The budget that all listeners share for today",
}
"""How sentences name a budget."""


def too_little(standings: Iterable[Standing], quote: int) -> str | None:
    """Return the sentence that says which budget has too little left for a quote; None if all have enough."""
    for standing in standings:
        if standing.left is not None and standing.left < quote:
            left = f"{BUDGETS[standing.scope]} has {dollars(standing.left)} left of {dollars(standing.limit or 0)}"
            held = f", not counting {dollars(standing.held)} set aside for running tasks" if standing.held else ""
            return f"{left}{held}; this takes about {dollars(quote)}."
    return None


def used_up(scarce: Standing, short: int) -> str:
    """Say that a call which takes `short` more does not fit the scarcest budget."""
    return (
        f"{BUDGETS[scarce.scope]} has {dollars(scarce.left or 0)} left, and the next call may take {dollars(short)}. "
        "What was bought is kept: retry when there is money again."
    )


def over_quote() -> str:
    """Say that a task would cost too much more than its quote."""
    return (
        f"This would cost more than {OVERRUN:g} times what was quoted. What was bought is kept: retry, and the rest is "
        "quoted anew."
    )
