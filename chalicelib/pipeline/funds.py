"""The money of one step: drawn once from the hold of its task, reserved before each paid call, booked after it.

A step has one worker, so its draw has one writer; the threads that buy lines take turns. A worker that dies leaves its
draw to the next one, or to the sweeper: calls that were under way are booked as they were reserved, and as uncertain.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress

import msgspec

from chalicelib import log
from chalicelib.domain.budgets import REPAIR, Draw, Hold, scarcest
from chalicelib.domain.lease import Lease
from chalicelib.domain.task import Task
from chalicelib.domain.usage import Purchase
from chalicelib.errors import BudgetExceeded, LeaseLost, StoreUnavailable
from chalicelib.pipeline.ports import Commit, LedgerRepository, Repositories, UsageRepository, Write
from chalicelib.pipeline.shortage import over_quote, used_up

SETTLED_AT_ONCE = 25
"""Purchases that are handed over to the budgets in one write: all tasks of a user meet at that item."""

FEWEST_TOKENS = 300
"""A reply with fewer tokens is none, so no question is asked that could not bring more."""

TAKEN_OVER = "another worker has taken over the step and its money"

RACES = 5
"""Times that money is asked for again which was there a moment ago."""


class StepFunds:
    """The money that one worker spends on one step. `hold` returns the hold of the task's attempt."""

    def __init__(
        self, *, repositories: Repositories, task: Task, lease: Lease, hold: Callable[[Task], Hold | None]
    ) -> None:
        self._ledger = repositories.ledger
        self._usage = repositories.usage
        self._commit = repositories.commit
        self._task = task
        self._lease = lease
        self._find_hold = hold
        self._hold: Hold | None = None
        self._expected = 0
        self._draw: Draw | None = None
        """As it is stored."""
        self._unknown: tuple[Draw, int] | None = None
        """A draw whose storing may have failed, and how many of `_ended` are booked in it."""
        self._ended: list[tuple[str, Purchase | None]] = []
        """Calls that have ended, not booked yet, and what they bought; None for nothing."""
        # Many threads buy lines, and each of these operations reads and writes the draw.
        self._lock = threading.RLock()

    def quoted(self) -> int | None:
        """Return what the step was quoted to cost; None if its part of the work was not quoted."""
        with self._lock:
            return self._held().shares.get(self._lease.step)

    def expect(self, total: int) -> None:
        """Say what all calls of the step will cost, so that it draws that at once, if it can be had."""
        self._expected = total

    def reserve(self, worst: Purchase) -> str:
        """Reserve the worst case of a call, and return its id; raise BudgetExceeded if it does not fit, LeaseLost."""
        with self._lock:
            self._resolve()
            self._look_for_left_over()
            call_id = self._usage.new_id()
            for _ in range(RACES):
                try:
                    if self._try_to_reserve(call_id, worst):
                        self._expected -= worst.micro
                        return call_id
                except StoreUnavailable:
                    # It may be stored all the same, and this call will not be made.
                    self._ended.append((call_id, None))
                    raise
            raise self._refusal(worst.micro)

    def reserve_tokens(self, worst: Callable[[int], Purchase], most: int) -> tuple[str, int]:
        """Reserve a call to the author, which may answer with `most` tokens, or with as many as its money allows.

        Returns the id of the call and the number of tokens. Raises BudgetExceeded if they would cost less than the
        step was quoted to, and LeaseLost.
        """
        with self._lock:
            for tries in range(RACES, -1, -1):
                tokens = self._affordable_tokens(worst, most, beyond_share=tries > 0)
                try:
                    return self.reserve(worst(tokens)), tokens
                except BudgetExceeded:
                    # Other steps have taken some of it in between: what is left may still do, for fewer tokens.
                    if not tries:
                        raise
            raise AssertionError("the last try returns or raises")

    def _affordable_tokens(self, worst: Callable[[int], Purchase], most: int, *, beyond_share: bool) -> int:
        """Return how many tokens of a reply can be paid for now; raise BudgetExceeded if they are too few."""
        self._resolve()
        self._look_for_left_over()
        held = self._held()
        share = held.shares.get(self._lease.step, 0)
        left = self._booked(self._draw)[0].left if self._draw else min(share, held.left)
        if (beyond := worst(most).micro - left) <= 0:
            return most
        # A repair may follow, and other steps run: no call takes all of the room at once.
        room = self._held(now=True).room if beyond_share else 0
        extra = min(beyond, max(room // 2, min(room, round(share * (REPAIR + 0.1)))))
        scarce = scarcest(self._ledger.standings(held.account))
        afforded = left + (extra if scarce is None else min(extra, scarce.left or 0))
        least = min(worst(most).micro, max(share, worst(FEWEST_TOKENS).micro))
        if afforded < least:
            raise self._refusal(least - left)
        return _tokens_for(afforded, worst, most)

    def give_back(self, call_id: str) -> None:
        """Give back what was reserved for a call that cost nothing."""
        self._end(call_id, None)

    def bought(self, call_id: str, purchase: Purchase) -> None:
        """Note what a call has bought: it is booked with the step's next result, or by `save`."""
        _log_paid(self._task.story_id, purchase)
        self._end(call_id, purchase)

    def save(self, *, settled: bool = False) -> None:
        """Book what was bought, for results that are not stored with it; with `settled` hand it over to the budgets.

        Raises LeaseLost if the step was taken over: its new worker has then booked it as uncertain.
        """
        with self.booking(settled=settled) as writes:
            if writes and not self._commit(*writes):
                raise LeaseLost(TAKEN_OVER)

    @contextmanager
    def booking(self, *, settled: bool = False) -> Iterator[Sequence[Write]]:
        """Yield the writes that book what was bought, to be made in the block, which raises if they were not."""
        with self._lock:
            self._resolve()
            if self._draw is None or not (self._ended or (settled and self._draw.spent)):
                yield ()
                return
            after, missing, writes, count = self._booked(self._draw)
            if missing or settled or after.counts[0] >= SETTLED_AT_ONCE:
                writes += self._ledger.settlement(after, committed=missing)
                after = after.settled()
            writes.append(self._ledger.update(self._draw, after))
            self._unknown = msgspec.structs.replace(after, version=self._draw.version + 1), count
            yield writes
            self._stored()

    def settle(self) -> None:
        """Book everything, and hand it over to the budgets; what is drawn stays for the step's next worker.

        One that has taken it over already has booked everything: then nothing is left to do.
        """
        with suppress(LeaseLost):
            self.save(settled=True)

    def close(self) -> None:
        """Book everything and give back what is left, also of a worker that has died.

        A call of which nothing is known any more is booked as uncertain. Nothing is left to do if another worker has
        taken the step over.
        """
        with self._lock, suppress(LeaseLost):
            self._resolve()
            draw = self._draw or self._ledger.draw_of(self._task.attempt_id, self._lease.step)
            if draw is None:
                return
            if self._draw is None:
                self._take_over(draw)
            ended = {call_id for call_id, _ in self._ended}
            for call_id, call in (self._draw or draw).calls.items():
                if call_id not in ended:
                    self.bought(call_id, msgspec.structs.replace(call, uncertain=True))
            self.save()
            if self._draw is not None:
                self._ledger.close(self._draw)
                self._draw = None

    def _booked(self, draw: Draw) -> tuple[Draw, int, list[Write], int]:
        """Return a draw with the calls that have ended, the money that was not reserved for them, and their records.

        The last is how many calls that are.
        """
        missing, writes = 0, list[Write]()
        for call_id, purchase in self._ended:
            if purchase is None:
                draw = draw.without(call_id)
                continue
            draw, more = draw.buying(call_id, purchase)
            missing += more
            writes.append(self._usage.record(draw.account, call_id, purchase))
        return draw, missing, writes, len(self._ended)

    def _end(self, call_id: str, purchase: Purchase | None) -> None:
        with self._lock:
            self._ended.append((call_id, purchase))

    def _held(self, *, now: bool = False) -> Hold:
        """Return what the task holds: as it was when it was read first, which its shares stay, or `now`."""
        if now:
            self._hold = self._ledger.find(self._task.attempt_id)
        else:
            self._hold = self._hold or self._find_hold(self._task)
        if self._hold is None or self._hold.closed:
            raise LeaseLost("the task has ended")
        return self._hold

    def _try_to_reserve(self, call_id: str, worst: Purchase) -> bool:
        """Store the draw with the call; return False if that met another writer, and may succeed the next time."""
        before = self._draw
        if before is None:
            return self._begin(call_id, worst)
        booked, missing, records, count = self._booked(before)
        if missing or booked.left < worst.micro or booked.counts[0] >= SETTLED_AT_ONCE:
            # The budgets change by it, which a transaction may do but once.
            self.save()
            before = booked = self._draw or before
            records, count = [], 0
        short = worst.micro - booked.left
        after = booked.topped_up(self._extra(booked.left, worst.micro)).reserving(call_id, worst)
        self._unknown = msgspec.structs.replace(after, version=before.version + 1), count
        if short > 0:
            stored_it = self._ledger.top_up(before, after)
        elif records:
            stored_it = self._commit(self._ledger.update(before, after), *records)
        else:
            stored_it = self._ledger.change(before, after)
        if stored_it:
            self._stored()
            return True
        self._unknown = None
        stored = self._ledger.draw_of(self._task.attempt_id, self._lease.step)
        if stored is None or (stored.owner, stored.version) != (before.owner, before.version):
            self._taken_over()
        if (refusal := self._refusal_now(short)) is not None:
            raise refusal
        return False

    def _begin(self, call_id: str, worst: Purchase) -> bool:
        held = self._held()
        share = min(held.left, held.shares.get(self._lease.step, 0))
        extra = self._extra(share, worst.micro)
        draw = Draw(
            attempt_id=self._task.attempt_id,
            step=self._lease.step,
            owner=self._lease.owner,
            account=held.account,
            money=share + extra,
            extra=extra,
            calls={call_id: worst},
        )
        self._unknown = draw, 0
        if self._ledger.begin(draw):
            self._stored()
            return True
        self._unknown = None
        self._held(now=True)  # another step may have drawn from it, or the task has ended
        if extra and (refusal := self._refusal_now(worst.micro - share)) is not None:
            raise refusal
        return False

    def _extra(self, left: int, worst: int) -> int:
        """Return what to take beyond what is `left`: what the call needs, or what the step will, if there is so much.

        All tasks of a user meet at their budget: a step that took for each of its lines would be in their way.
        """
        short, missing = worst - left, self._expected - left
        if short <= 0 and (self._draw is not None or missing <= 0):
            return 0
        if missing <= short:
            return short
        scarce, room = scarcest(self._ledger.standings(self._held().account)), self._held(now=True).room
        possible = room if scarce is None else min(room, scarce.left or 0)
        return max(0, short, min(missing, possible))

    def _refusal_now(self, short: int) -> BudgetExceeded | None:
        """Return why `short` more money cannot be had; None if it can, by now."""
        if short <= 0:
            return None
        held = self._held(now=True)
        scarce = scarcest(self._ledger.standings(held.account))
        if scarce is not None and (scarce.left or 0) < short:
            return BudgetExceeded(used_up(scarce, short))
        return BudgetExceeded(over_quote()) if held.room < short else None

    def _refusal(self, short: int) -> BudgetExceeded:
        """Return the same of money that could not be had a moment ago: others may have given some back since."""
        return self._refusal_now(short) or BudgetExceeded(over_quote())

    def _look_for_left_over(self) -> None:
        """Take over what a worker that died, or gave the step back, has drawn: once, before the first call."""
        if self._draw is None and (draw := self._ledger.draw_of(self._task.attempt_id, self._lease.step)):
            self._take_over(draw)

    def _take_over(self, draw: Draw) -> None:
        self._draw = take_over(draw, self._lease.owner, self._ledger, self._usage, self._commit)
        if self._draw is None:
            raise LeaseLost(TAKEN_OVER)

    def _taken_over(self) -> None:
        # The worker that took over has booked the calls that were under way, so they are not booked again.
        self._ended.clear()
        self._draw = self._unknown = None
        raise LeaseLost(TAKEN_OVER)

    def _stored(self) -> None:
        if self._unknown is not None:
            self._draw, booked = self._unknown
            del self._ended[:booked]
            self._unknown = None

    def _resolve(self) -> None:
        """Learn what became of a write without an answer."""
        if self._unknown is None:
            return
        stored = self._ledger.draw_of(self._task.attempt_id, self._lease.step)
        if stored is not None and (stored.owner, stored.version) == (self._unknown[0].owner, self._unknown[0].version):
            self._stored()
        elif self._draw is None or (
            stored and (stored.owner, stored.version) == (self._draw.owner, self._draw.version)
        ):
            self._unknown = None
        else:
            self._taken_over()


def take_over(draw: Draw, owner: str, ledger: LedgerRepository, usage: UsageRepository, commit: Commit) -> Draw | None:
    """Make `owner` the one that may change a dead worker's draw, and book its calls under way as uncertain.

    Returns the draw as it is then; None if another was faster.
    """
    after, records = msgspec.structs.replace(draw, owner=owner), list[Write]()
    for call_id, call in draw.calls.items():
        uncertain = msgspec.structs.replace(call, uncertain=True)
        after, _ = after.buying(call_id, uncertain)
        records.append(usage.record(draw.account, call_id, uncertain))
    if not commit(ledger.update(draw, after), *records):
        return None
    for call in draw.calls.values():
        _log_paid(draw.account.story_id, msgspec.structs.replace(call, uncertain=True))
    return msgspec.structs.replace(after, version=draw.version + 1)


def _tokens_for(money: int, worst: Callable[[int], Purchase], most: int) -> int:
    """Return how many tokens of a reply the money pays for, `most` at most."""
    none = worst(0).micro
    dearest = worst(most).micro - none
    tokens = most if not dearest else max(0, min(most, (money - none) * most // dearest))
    while tokens and worst(tokens).micro > money:  # each cost is rounded up
        tokens -= 1
    return tokens


def _log_paid(story_id: str, purchase: Purchase) -> None:
    log.event(
        "paid",
        story_id=story_id,
        kind=purchase.kind,
        model=purchase.model,
        cost_usd=purchase.cost_usd,
        characters=purchase.characters,
        uncertain=purchase.uncertain,
    )
