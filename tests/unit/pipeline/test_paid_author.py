"""What a question to the author is reserved and booked as."""

from collections.abc import Callable
from typing import Any, cast

import pytest

from chalicelib.domain.usage import Purchase
from chalicelib.errors import BudgetExceeded, CutOff, ProviderFault, Unusable
from chalicelib.pipeline.funds import StepFunds
from chalicelib.pipeline.paid_author import PaidAuthor
from chalicelib.story.config import load_config
from chalicelib.story.ports import Completion, CompletionRequest

PRICES = load_config().prices
MODEL = load_config().models.chapter
REQUEST = CompletionRequest("chapter", MODEL, [{"role": "user", "content": "x" * 4000}], {}, 16_000)


class Purse:
    """Money for replies of so many tokens; it notes what becomes of it."""

    def __init__(self, tokens: int) -> None:
        self._tokens = tokens
        self.reserved: Purchase | None = None
        self.booked: list[Purchase | None] = []

    def reserve_tokens(self, worst: Callable[[int], Purchase], most: int) -> tuple[str, int]:
        tokens = min(most, self._tokens)
        self.reserved = worst(tokens)
        return "call", tokens

    def bought(self, _call_id: str, purchase: Purchase) -> None:
        self.booked.append(purchase)

    def give_back(self, _call_id: str) -> None:
        self.booked.append(None)


class Replying:
    """An author that gives one reply, or fails."""

    def __init__(self, reply: Completion | ProviderFault) -> None:
        self._reply = reply
        self.limits: list[int] = []

    def ask(self, request: CompletionRequest) -> Completion:
        self.limits.append(request.max_completion_tokens)
        if isinstance(self._reply, ProviderFault):
            raise self._reply
        return self._reply


def asked(reply: Completion | ProviderFault, tokens: int = 50_000) -> tuple[Purse, Replying, Any]:
    purse, author = Purse(tokens), Replying(reply)
    try:
        outcome: Any = PaidAuthor(author, cast(StepFunds, purse), PRICES, 3).ask(REQUEST)
    except (ProviderFault, BudgetExceeded) as error:
        outcome = error
    return purse, author, outcome


def test_a_reply_is_booked_as_it_was_counted() -> None:
    purse, author, _ = asked(Completion("{}", 1000, 200, 50))
    [bought] = purse.booked
    assert bought == Purchase("chapter", MODEL, PRICES.of_tokens(MODEL, 1000, 200, 50), 3, 1000, 200, 50)
    assert author.limits == [16_000]
    assert purse.reserved is not None
    assert purse.reserved.input_tokens >= 1000  # of 4,000 characters, whatever the language


def test_the_limit_that_is_sent_is_what_the_money_pays_for() -> None:
    purse, author, _ = asked(Completion("{}", 1000, 0, 50), tokens=700)
    assert author.limits == [700]
    assert purse.reserved is not None
    assert purse.reserved.output_tokens == 700


@pytest.mark.parametrize(
    ("reply", "answered"),
    [
        (Completion("x" * 400, 0, 0, 0), 100),
        (Completion("x" * 400, 0, 0, 0, CutOff("ended early")), 100),
        (Completion("", 0, 0, 0, Unusable("no chat completion")), 16_000),
    ],
    ids=["a server that counts nothing", "a stream that was cut off", "nothing that can be read"],
)
def test_what_was_not_counted_is_estimated_and_marked(reply: Completion, answered: int) -> None:
    [bought] = asked(reply)[0].booked
    assert bought is not None
    assert (bought.uncertain, bought.input_tokens, bought.output_tokens) == (True, 0, 0)  # nothing was counted
    assert bought.cost_usd >= PRICES.of_tokens(MODEL, 0, 0, answered) > 0


def test_a_reply_that_our_own_limit_cut_off_is_for_want_of_money() -> None:
    reply = Completion("x" * 400, 1000, 0, 700, CutOff("ended early"))
    purse, _, outcome = asked(reply, tokens=700)
    assert isinstance(outcome, BudgetExceeded)
    assert len(purse.booked) == 1
    assert asked(reply)[2] is reply  # by the configuration's limit: the reply says so itself


def test_a_call_without_an_answer_is_booked_as_reserved_and_a_refused_one_is_given_back() -> None:
    purse, _, _ = asked(ProviderFault("OpenAI", "timeout"))
    [bought] = purse.booked
    assert bought is not None
    assert purse.reserved is not None
    assert (bought.uncertain, bought.cost_usd) == (True, purse.reserved.cost_usd)
    assert asked(ProviderFault("OpenAI", "status", status=503))[0].booked == [None]
    assert asked(ProviderFault("OpenAI", "connection", sent=False))[0].booked == [None]
