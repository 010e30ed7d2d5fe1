"""The operations behind the routes of money: what a user's paid calls of a month add up to, and what is left of it."""

from chalicelib.api import rendering, responses
from chalicelib.clock import Clock, rfc3339
from chalicelib.pipeline.ports import LedgerRepository, StoryRepository, UsageRepository


class UsageService:
    """The sums of paid calls, as the user who caused them sees them. `currency` is that of the prices."""

    def __init__(
        self,
        *,
        usage: UsageRepository,
        ledger: LedgerRepository,
        stories: StoryRepository,
        currency: str,
        clock: Clock,
    ) -> None:
        self._usage = usage
        self._ledger = ledger
        self._stories = stories
        self._currency = currency
        self._clock = clock

    def usage(self, user_id: str, month: str | None) -> responses.Usage:
        """Return the sums of the user's paid calls of a month, such as 2026-11; of the present one for None."""
        chosen = month_or_current(month, rfc3339(self._clock()))
        sums = self._usage.month(user_id, chosen)
        return rendering.render_usage(chosen, self._currency, sums, self._stories.titles(user_id, list(sums)))

    def budget(self, user_id: str) -> responses.Budget:
        """Return the user's present month, and what is left of the tightest limit that applies to it."""
        account = self._ledger.account(user_id, "")
        return rendering.render_budget(account.month, self._currency, self._ledger.standings(account))


def month_or_current(month: str | None, now: str) -> str:
    """Return the month, or for None that of `now`, which is RFC 3339."""
    return now[:7] if month is None else month
