"""`make cost`: what AWS would charge for one book of ten chapters, made in real time, and for a month without any."""

import sys
from dataclasses import replace

from rich.console import Console
from rich.table import Table

from bench.cost import bill
from bench.cost.assumptions import Assumptions
from bench.cost.bill import Line, total
from bench.cost.book import Measured, measure
from bench.cost.functions import memory_of
from bench.cost.prices import load_prices
from bench.measure import ROOT

MOST_USD = 0.011
"""The most that a book of ten chapters may cost on AWS."""


def main() -> int:
    """Measure and print both bills; return the exit status: 0 when the book was completed."""
    console, assumed, prices = Console(width=110, highlight=False), Assumptions(), load_prices()
    memory = memory_of()
    console.print(f"List prices of {prices.year}, {prices.region}. Assumed: {assumed}")
    measured = measure(assumed, console)
    lines = bill.book(measured, prices, memory, assumed)
    console.print(_table(f"One book: {assumed.chapters} chapters, {measured.sound_s / 60:.0f} minutes", lines))
    usd, metrics = total(lines), bill.metric_hour(measured, prices)
    slower = total(bill.book(_slower(measured), prices, memory, assumed))
    verdict = "within" if usd <= MOST_USD else "ABOVE"
    console.print(
        f"${usd:.4f} a book, ${usd / assumed.chapters:.5f} a chapter: {verdict} ${MOST_USD:.3f}. "
        f"With a processor half as fast ${slower:.4f}.\n"
        f"Not in it: {metrics.what}, ${metrics.usd:.4f} (the first ten of an account are free); "
        f"{measured.out_bytes / 1e6:.0f} MB to the listener (100 GB a month are free).\n"
        f"The providers, for comparison: ${measured.provider['cost_usd']:.2f} for {measured.provider['calls']} calls, "
        f"{measured.provider['characters']:,} characters."
    )
    console.print(f"{measured.counts.conflicts} transactions were tried again because they met another one on an item.")
    month = bill.idle(measured, prices, memory, assumed, ROOT / "infra" / "fireside.yaml")
    console.print(_table("A month in which nobody listens", month, free=True))
    if measured.status != "completed":
        console.print(f"The book was not completed: its task is {measured.status}.")
        return 1
    return 0


def _slower(measured: Measured) -> Measured:
    """Return the same book as if computing took twice as long."""
    used = {
        name: replace(use, cpu_s=2 * use.cpu_s, wall_s=use.wall_s + use.cpu_s) for name, use in measured.used.items()
    }
    return replace(measured, used=used, cold_s={name: 2 * cpu_s for name, cpu_s in measured.cold_s.items()})


def _table(title: str, lines: list[Line], *, free: bool = False) -> Table:
    table = Table(title=title, title_justify="left")
    for heading in ("Service", "What"):
        table.add_column(heading)
    for heading in ("Count", "Dollars", *(["beyond what is always free"] if free else [])):
        table.add_column(heading, justify="right")
    digits = 3 if free else 6
    for line in lines:
        shown = [line.usd, *([line.beyond_free] if free else [])]
        table.add_row(line.service, line.what, line.count, *(f"{usd:.{digits}f}" for usd in shown))
    table.add_section()
    sums = [total(lines), *([sum(line.beyond_free for line in lines)] if free else [])]
    table.add_row("", "Total", "", *(f"{usd:.{digits}f}" for usd in sums))
    return table


if __name__ == "__main__":
    sys.exit(main())
