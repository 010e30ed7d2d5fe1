"""The price table: what AWS charges per unit, and how much of it is free every month."""

from pathlib import Path

import msgspec

from chalicelib.settings import load_file

PRICES = Path(__file__).with_name("prices.json")


class Price(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The price `usd` of `per` units; the first `free` of a month cost nothing, in every account and permanently."""

    usd: float
    per: float
    unit: str
    source: str
    free: float = 0.0

    def of(self, count: float) -> float:
        """Return the dollars for `count` units at the list price."""
        return count * self.usd / self.per

    def beyond_free(self, count: float) -> float:
        """Return the dollars for `count` units in a month, if nothing else in the account uses what is free."""
        return self.of(max(0.0, count - self.free))


class Prices(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """List prices of one region."""

    region: str
    year: int
    api_requests: Price
    lambda_requests: Price
    lambda_gb_seconds: Price
    dynamodb_writes: Price
    dynamodb_reads: Price
    dynamodb_storage: Price
    dynamodb_backup: Price
    sqs_requests: Price
    sqs_fair: Price
    s3_puts: Price
    s3_gets: Price
    s3_storage: Price
    logs: Price
    logs_storage: Price
    metrics: Price
    alarms: Price
    dashboards: Price
    kms: Price


def load_prices(path: Path = PRICES) -> Prices:
    """Return the table; raises ConfigError with the file and the field at fault."""
    return load_file(path, Prices)
