"""Money: whole micro-dollars inside, dollars as JSON numbers outside, and as text for people."""

from decimal import ROUND_HALF_UP, Decimal

MICRO = 1_000_000
"""Micro-dollars of a dollar: sums are integers, so that they add up exactly and in any order."""


def micro(usd: float) -> int:
    """Return dollars as whole micro-dollars, rounded half up."""
    # By its shortest text: 0.1 is meant as a tenth, not as the binary number beside it.
    return int((Decimal(str(usd)) * MICRO).to_integral_value(ROUND_HALF_UP))


def usd(micro: int) -> float:
    """Return micro-dollars as dollars."""
    return micro / MICRO


def dollars(micro: int) -> str:
    """Return micro-dollars as a person reads them: cents, and below a cent the first digits that are not zero."""
    exact = Decimal(micro) / MICRO
    if micro and abs(exact) < Decimal("0.01"):
        digits = -exact.adjusted() + 1
        return f"${exact:.{min(6, digits)}f}"
    return f"${exact:,.2f}"
