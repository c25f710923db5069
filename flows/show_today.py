"""Print today's answer for people."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from flows.render import Format, emit, money, priced_at, spelt_out
from flows.today import COLUMNS, Today

HEADERS = (
    "rank",
    "option",
    "accelerator",
    "precision",
    "nodes",
    "{c}/day",
    "low",
    "high",
    "{c}/M out",
    "price",
    "age d",
    "regions",
)


def show(answer: Today, scenario: str, form: Format, *, currency: str, rate: Decimal, baseline: bool) -> None:
    """Print `answer`; amounts, and their names for machines, are in `currency` at `rate` units of it per USD."""
    rows = [*answer.options, *answer.substitutes]
    if form is not Format.table:
        emit([name.replace("usd", currency.lower()) for name in COLUMNS], [_converted(r, rate) for r in rows], form)
        return
    _headline(answer, scenario, currency, rate, baseline)
    headers = [h.format(c=currency) for h in HEADERS]
    right = (*headers[4:9], "rank", "age d", "regions")
    emit(headers, [_cells(r, rate) for r in answer.options], form, right=right)
    if answer.substitutes:
        print("\nSubstitutes (another model: not ranked against the above)")
        emit(headers[1:], [_cells(r, rate)[1:] for r in answer.substitutes], form, right=right)
    if answer.on_trust:
        print(f"\n{answer.on_trust} of these are APIs of which latency or number format is not published")
    if answer.hidden:
        reasons = ", ".join(f"{n:,} {why.replace('_', ' ')}" for why, n in answer.hidden.items())
        print(f"\n{sum(answer.hidden.values()):,} hidden: {reasons}")


def _headline(answer: Today, scenario: str, currency: str, rate: Decimal, baseline: bool) -> None:
    if baseline:
        print("No night was run yet: these are the bundled figures. Run: costwatt refresh", file=sys.stderr)
    if answer.best is None:
        print(f"{answer.cost_date}  {scenario}: no option is ranked")
        return
    best = answer.best
    low, high = (money(Decimal(best[f"usd_per_day_{b}"]) * rate) for b in ("low", "high"))
    # nothing about a price per token is uncertain
    interval = f"({low} to {high}, P5 to P95) " if low != high else ""
    print(f"{answer.cost_date}  {scenario}: {money(best['usd_per_day'] * rate)} {currency} per day")
    basis = priced_at(best["usd_per_day"], best["list_usd_per_day"], rate)
    if answer.negotiated and best["usd_per_day"] == best["list_usd_per_day"]:
        basis += f" but for {answer.negotiated} negotiated below"
    print(spelt_out(f"  {interval}on {best['option_id']}; {basis}, excluding tax"))
    total = sum(answer.classes.values())
    parts = [f"{name} {money(v * rate)} ({v / total:.0%})" for name, v in answer.classes.items()]
    print(f"  {', '.join(parts)}\n")


MONEY = slice(5, 9)


def _converted(row: Sequence[Any], rate: Decimal) -> list[Any]:
    amounts = [None if v is None else round(Decimal(v) * rate, 4) for v in row[MONEY]]
    return [*row[: MONEY.start], *amounts, *row[MONEY.stop :]]


def _cells(row: Sequence[Any], rate: Decimal) -> list[Any]:
    cells = _converted(row, rate)
    day = [money(v) for v in cells[MONEY.start : MONEY.stop - 1]]
    return [*cells[: MONEY.start], *day, money(cells[MONEY.stop - 1], 2), *cells[MONEY.stop :]]
