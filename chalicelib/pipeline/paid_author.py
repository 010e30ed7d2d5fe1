"""The author as a step pays for it: the worst case of each call is reserved first, and what it cost is booked."""

from dataclasses import replace

import msgspec

from chalicelib.domain.usage import Purchase
from chalicelib.errors import BudgetExceeded, CutOff, ProviderFault
from chalicelib.pipeline.funds import StepFunds
from chalicelib.story.config import Prices
from chalicelib.story.ports import Author, Completion, CompletionRequest


class PaidAuthor:
    """An author whose calls are paid from the money of a step, for a chapter (0 for the outline).

    `person` is the digest of whom they are made for.
    """

    def __init__(self, author: Author, funds: StepFunds, prices: Prices, chapter: int, *, person: str = "") -> None:
        self._author = author
        self._funds = funds
        self._prices = prices
        self._chapter = chapter
        self._person = person

    def ask(self, request: CompletionRequest) -> Completion:
        """Make one paid call, of as many tokens as there is money for; raise ProviderFault or BudgetExceeded."""
        # A token has two bytes of UTF-8 at the very least, on average over a text in any language.
        given = _bytes(request) // 2

        def worst(tokens: int) -> Purchase:
            return self._purchase(request, given, 0, tokens)

        most = request.max_completion_tokens
        call_id, tokens = self._funds.reserve_tokens(worst, most)
        try:
            reply = self._author.ask(replace(request, max_completion_tokens=tokens, person=self._person))
        except ProviderFault as fault:
            if fault.uncertain:
                self._funds.bought(call_id, msgspec.structs.replace(worst(tokens), uncertain=True))
            else:
                self._funds.give_back(call_id)
            raise
        self._funds.bought(call_id, self._bought(request, reply, tokens))
        # Cut off by our limit, or near it (servers count a little differently), and not by a limit of the server's own.
        if isinstance(reply.problem, CutOff) and 0.9 * tokens <= reply.output_tokens and tokens < most:
            raise BudgetExceeded(
                "The author's reply was longer than what is left of the money allows. What was bought is kept: retry "
                "when there is money again."
            )
        return reply

    def _bought(self, request: CompletionRequest, reply: Completion, tokens: int) -> Purchase:
        if reply.input_tokens or reply.output_tokens:
            return self._purchase(request, reply.input_tokens, reply.cached_tokens, reply.output_tokens)
        # A server that counts nothing, or a reply that was cut off before its count: one token for four bytes, and
        # for a reply that holds no text at all the most that can have been billed.
        answered = len(reply.content.encode()) // 4 if reply.content else tokens
        estimate = self._purchase(request, _bytes(request) // 4, 0, min(answered, tokens))
        # The money is an estimate, and marked as one; of tokens nothing is said that the server did not say.
        return msgspec.structs.replace(estimate, uncertain=True, input_tokens=0, output_tokens=0)

    def _purchase(self, request: CompletionRequest, given: int, cached: int, answered: int) -> Purchase:
        cost = self._prices.of_tokens(request.model, given, cached, answered)
        return Purchase(request.name, request.model, cost, self._chapter, given, cached, answered)


def _bytes(request: CompletionRequest) -> int:
    """Return the size of a request with its schema, in UTF-8."""
    schema = msgspec.json.encode(request.schema)
    return sum(len(message["content"].encode()) for message in request.messages) + len(schema)
