"""configs/story_config.json: how stories are written, what the provider plans allow, and what things cost."""

from pathlib import Path
from typing import Annotated

import msgspec

from chalicelib.domain import budgets
from chalicelib.domain.money import micro
from chalicelib.errors import ConfigError
from chalicelib.limits import MAX_CHAPTERS
from chalicelib.settings import CONFIGS, load_file

Positive = Annotated[int, msgspec.Meta(ge=1)]
Price = Annotated[float, msgspec.Meta(ge=0)]


class Defaults(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What `POST /stories` takes for a field that was left out."""

    num_chapters: Annotated[int, msgspec.Meta(ge=1, le=MAX_CHAPTERS)]
    enhance: bool
    language: str


class Writing(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """How chapters are written. `previous_words`: how much of the previous chapter the author reads word for word."""

    words_per_chapter: Annotated[int, msgspec.Meta(ge=50, le=5000)]
    tone: str
    max_cast: Annotated[int, msgspec.Meta(ge=1, le=20)]
    previous_words: Annotated[int, msgspec.Meta(ge=0, le=5000)]


class Models(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The author model of each call."""

    outline: str
    chapter: str
    enhancement: str
    summary: str


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
    """Dollars per million tokens."""

    input: Price
    cached: Price
    output: Price


class Prices(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """List prices, for estimates only. A model without a price is counted, at no cost."""

    currency: str
    per_million_tokens: dict[str, TokenPrice]
    per_thousand_characters: dict[str, Price]

    def of_tokens(self, model: str, input_tokens: int, cached_tokens: int, output_tokens: int) -> float:
        """Return dollars for an author call; `cached_tokens` are part of `input_tokens`."""
        price = self.per_million_tokens.get(model)
        if price is None:
            return 0.0
        fresh = max(0, input_tokens - cached_tokens)
        return (fresh * price.input + cached_tokens * price.cached + output_tokens * price.output) / 1e6

    def of_characters(self, model: str, characters: int) -> float:
        """Return dollars for a narrator call."""
        return characters * self.per_thousand_characters.get(model, 0.0) / 1000


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
    """Who may call. `cors_origin`: the one other site whose pages may, such as `https://tales.example`; "" for none."""

    cors_origin: Annotated[str, msgspec.Meta(pattern=r"^(https?://[^/\s]+|\*)?$(?!\n)")] = ""


class StoryConfig(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The whole file."""

    defaults: Defaults
    writing: Writing
    models: Models
    limits: Limits
    plan: ProviderLimits
    prices: Prices
    budgets: Budgets = Budgets()
    access: Access = Access()
    schema: str = msgspec.field(name="$schema", default="")
    """For the operator's editor alone."""


def load_config(path: Path = CONFIGS / "story_config.json") -> StoryConfig:
    """Return the story configuration; raises ConfigError with the field at fault."""
    config = load_file(path, StoryConfig)
    if config.plan.lines_at_once > config.plan.narrations_at_once:
        raise ConfigError(f"{path.name}: plan.lines_at_once is larger than plan.narrations_at_once.")
    return config
