"""configs/story_config.json: how stories are written, what the provider plans allow, and what things cost."""

from collections.abc import Mapping
from datetime import date
from decimal import ROUND_CEILING, Decimal
from functools import cache
from pathlib import Path
from typing import Annotated, Literal, TypeVar

import msgspec

from chalicelib.domain import budgets
from chalicelib.domain.money import micro, usd
from chalicelib.errors import ConfigError
from chalicelib.limits import MAX_CHAPTERS
from chalicelib.settings import CONFIGS, load_file
from chalicelib.story.framing import Frame
from chalicelib.story.notifying import Webhooks
from chalicelib.story.safety import Safety
from chalicelib.timing import AUTHOR_CALL_S, LONGEST_AUTHOR_CALL_S

Positive = Annotated[int, msgspec.Meta(ge=1)]
Price = Annotated[float, msgspec.Meta(ge=0)]
Day = Annotated[date, msgspec.Meta(description="A day, such as 2026-11-26.")]
Source = Annotated[str, msgspec.Meta(min_length=1, description="Where the price was read.")]
P = TypeVar("P")


class Defaults(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What `POST /stories` takes for a field that was left out."""

    num_chapters: Annotated[int, msgspec.Meta(ge=1, le=MAX_CHAPTERS)]
    enhance: bool
    language: str


class Writing(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """How chapters are written. `previous_words`: how much of the previous chapter the author reads word for word.

    `revise`: whether the author reads each chapter once more, against its plan and the rules for the ear, and corrects
    it. That is one more paid call a chapter.
    """

    words_per_chapter: Annotated[int, msgspec.Meta(ge=50, le=5000)]
    tone: str
    max_cast: Annotated[int, msgspec.Meta(ge=1, le=20)]
    previous_words: Annotated[int, msgspec.Meta(ge=0, le=5000)]
    revise: bool = False


class Models(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The author model of each call."""

    outline: str
    chapter: str
    enhancement: str
    summary: str

    def of_call(self, name: str) -> str:
        """Return the model of a call; the question whether a story may be told is a small one, as summaries are."""
        model: str = getattr(self, "summary" if name == "safety" else name)
        return model


Effort = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]
Verbosity = Literal["low", "medium", "high"]


class ModelSettings(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """How one author model is asked. What is null is not sent; then the model's own default applies.

    `longest_call_s`: the longest that a call may take by the clock; null for 120 seconds.
    """

    reasoning_effort: Effort | None = None
    verbosity: Verbosity | None = None
    longest_call_s: Annotated[float, msgspec.Meta(ge=5, le=LONGEST_AUTHOR_CALL_S)] | None = None


class AuthorConfig(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Whom the author is asked from, and how.

    `provider`: whether it is OpenAI itself, which alone is sent what only OpenAI knows (`store`, `safety_identifier`,
    `prompt_cache_key`, `moderation`), or a compatible server; null to tell by the host of OPENAI_BASE_URL.
    """

    provider: Literal["openai", "compatible"] | None = None
    models: dict[str, ModelSettings] = {}

    def of_model(self, model: str) -> ModelSettings:
        """Return the settings of a model."""
        return self.models.get(model, ModelSettings())


class Limits(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`max_completion_tokens` bounds what one author call can cost."""

    max_completion_tokens: Positive


class ProviderLimits(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What the provider accounts allow at once.

    `narrations_at_once` is the narrator account's concurrency; all workers together never pass it. One worker asks
    for `lines_at_once` of them. `narrators_at_once` and `writers_at_once` are the functions' maximum concurrency.
    """

    lines_at_once: Positive
    narrations_at_once: Positive
    writers_at_once: Annotated[int, msgspec.Meta(ge=2)]
    narrators_at_once: Annotated[int, msgspec.Meta(ge=2)]


class TokenPrice(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Dollars per million tokens, as they stood on a day, and where they were read."""

    input: Price
    cached: Price
    output: Price
    as_of: Day
    source: Source


class CharacterPrice(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Dollars per thousand characters, as they stood on a day, and where they were read."""

    usd: Price
    as_of: Day
    source: Source


class Prices(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """List prices. A model that is configured must have one; that of a server of one's own may be 0.

    Costs are whole micro-dollars, each purchase rounded up, so that sums of them are exact.
    """

    currency: str
    per_million_tokens: dict[str, TokenPrice]
    per_thousand_characters: dict[str, CharacterPrice]

    def of_tokens(self, model: str, input_tokens: int, cached_tokens: int, output_tokens: int) -> float:
        """Return dollars for an author call; `cached_tokens` are part of `input_tokens`. Raises ConfigError."""
        price = self.author_price(model)
        fresh = max(0, input_tokens - cached_tokens)
        # A dollar for a million tokens is a micro-dollar for one.
        parts = ((fresh, price.input), (cached_tokens, price.cached), (output_tokens, price.output))
        return _rounded_up(sum((tokens * _exact(each) for tokens, each in parts), Decimal(0)))

    def of_characters(self, model: str, characters: int) -> float:
        """Return dollars for a narrator call; raises ConfigError."""
        return _rounded_up(characters * 1000 * _exact(self.narrator_price(model).usd))

    def author_price(self, model: str) -> TokenPrice:
        """Return the price of an author model; raises ConfigError if it has none."""
        return _priced(self.per_million_tokens, model, "per_million_tokens")

    def narrator_price(self, model: str) -> CharacterPrice:
        """Return the price of a narrator model; raises ConfigError if it has none."""
        return _priced(self.per_thousand_characters, model, "per_thousand_characters")

    def older_than(self, days: int, today: date) -> list[str]:
        """Return the models whose prices were read more than so many days ago."""
        prices: dict[str, TokenPrice | CharacterPrice] = {**self.per_million_tokens, **self.per_thousand_characters}
        return sorted(name for name, price in prices.items() if (today - price.as_of).days > days)


@cache
def _exact(price: float) -> Decimal:
    # By its shortest text: 0.1 is meant as a tenth, not as the binary number beside it.
    return Decimal(str(price))


def _rounded_up(micro_usd: Decimal) -> float:
    """Return dollars for micro-dollars, rounded up to a whole one."""
    return usd(int(micro_usd.to_integral_value(ROUND_CEILING)))


def _priced(prices: Mapping[str, P], model: str, where: str) -> P:
    if model not in prices:
        raise ConfigError(
            f"story_config.json: prices.{where}: {model} is configured, but has no price here. Add one (0 for a server "
            "of your own): without it nobody's budget would hold."
        )
    return prices[model]


class Budgets(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What may be spent on paid calls, in dollars: by a user in a month, on a story, and by all users in a day.

    Each may be null, for no limit. Months and days are in UTC. A token may give its user another limit a month.
    """

    user_month_usd: Price | None = None
    story_usd: Price | None = None
    stage_day_usd: Price | None = None

    @property
    def limits(self) -> budgets.Limits:
        """The limits in micro-dollars."""
        given = self.user_month_usd, self.story_usd, self.stage_day_usd
        return budgets.Limits(*(None if limit is None else micro(limit) for limit in given))


class Access(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Who may call, and with what.

    `cors_origin`: the one other site whose pages may, such as `https://tales.example`; "" for none. `any_voice`: a
    story may be told in any voice of the narrator's account, whose price nobody here knows, and not only in configured
    ones.
    """

    cors_origin: Annotated[str, msgspec.Meta(pattern=r"^(https?://[^/\s]+|\*)?$(?!\n)")] = ""
    any_voice: bool = False


class StoryConfig(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The whole file."""

    defaults: Defaults
    writing: Writing
    models: Models
    limits: Limits
    plan: ProviderLimits
    prices: Prices
    author: AuthorConfig = AuthorConfig()
    safety: Safety = Safety()
    budgets: Budgets = Budgets()
    access: Access = Access()
    frame: Frame = Frame()
    webhooks: Webhooks = Webhooks()
    schema: str = msgspec.field(name="$schema", default="")
    """For the operator's editor alone."""

    @property
    def longest_author_call_s(self) -> float:
        """Seconds that a call to the author may take, whichever of the configured models is asked."""
        models = map(self.author.of_model, msgspec.structs.astuple(self.models))
        return max(settings.longest_call_s or AUTHOR_CALL_S for settings in models)


def load_config(path: Path = CONFIGS / "story_config.json") -> StoryConfig:
    """Return the story configuration; raises ConfigError with the field at fault."""
    config = load_file(path, StoryConfig)
    for model in msgspec.structs.astuple(config.models):
        config.prices.author_price(model)
    if config.plan.lines_at_once > config.plan.narrations_at_once:
        raise ConfigError(f"{path.name}: plan.lines_at_once is larger than plan.narrations_at_once.")
    return config
