"""Average US retail prices by state over twelve months, from monthly revenue and sales.

Both ways to EIA's Form 861M (the workbook and API v2) carry the same figures; this is what
costwatt makes of them. Average revenue per kWh already contains demand and fixed charges.
"""

from __future__ import annotations

import calendar
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from decimal import Decimal

from connectors.records import Rejected, Tariff
from connectors.tariff_rows import per_kwh

COMMERCIAL, INDUSTRIAL = "COM", "IND"
MONTHS_PER_YEAR = 12
MONTHS_KEPT = 24  # windows that tonight's rows reach back: an earlier day finds its price
LICENCE = "public domain (US Government)"
CENTS_TOLERANCE = Decimal("0.02")  # the published price is rounded to two decimals of a cent


@dataclass(frozen=True, slots=True)
class Month:
    """Revenue [USD] and sales [kWh] of one state, sector and month."""

    state: str
    sector: str  # COM, IND
    year: int
    month: int
    revenue_usd: Decimal
    sales_kwh: Decimal

    @property
    def ordinal(self) -> int:
        """Months since year 0: windows are ranges of it."""
        return self.year * 12 + self.month - 1

    def agrees_with(self, cents_per_kwh: Decimal) -> bool:
        """Whether revenue over sales gives the published price: proof that units and columns are as read."""
        return abs(self.revenue_usd / self.sales_kwh * 100 - cents_per_kwh) <= CENTS_TOLERANCE


Sales = Mapping[tuple[str, str, int], Month]


@dataclass
class Ledger:
    """Months as they are read: what is trusted, what contradicts itself or another, what is left out."""

    found: dict[tuple[str, str, int], set[Month]] = field(default_factory=dict)
    rejected: list[Rejected] = field(default_factory=list)
    dropped: Counter[str] = field(default_factory=Counter)

    def add(self, month: Month, cents_per_kwh: Decimal, row: Mapping[str, object]) -> None:
        """File a month whose published price is its revenue over its sales; any other is not trusted.

        Raises:
            ValueError: it is no month of a year.
        """
        if not 1 <= month.month <= MONTHS_PER_YEAR:
            raise ValueError(f"month {month.month}")
        if month.agrees_with(cents_per_kwh):
            self.found.setdefault((month.state, month.sector, month.ordinal), set()).add(month)
        else:
            key = f"{month.state}.{month.sector}.{month.year}-{month.month:02}"
            self.rejected.append(Rejected.of(key, "price is not revenue over sales", row))

    def months(self) -> list[Month]:
        """One entry per state, sector and month; of two different ones none, both in quarantine."""
        for (state, sector, _), versions in self.found.items():
            if len(versions) > 1:
                self.rejected += [Rejected.of(f"{state}.{sector}", "conflict", asdict(m)) for m in versions]
        return [month for versions in self.found.values() if len(versions) == 1 for month in versions]


def tariffs(months: Iterable[Month], *, source_url: str, source_version: str) -> list[Tariff]:
    """A price per state for each of the latest months: the mean of twelve months, and the month alone.

    The base is the commercial sector, where EIA counts data centres; the industrial sector bounds it.
    """
    sales = {(m.state, m.sector, m.ordinal): m for m in months}
    if not sales:
        return []
    last = max(ordinal for _, _, ordinal in sales)
    states = sorted({state for state, _, _ in sales})
    return [
        row
        for state in states
        for ordinal in range(last - MONTHS_KEPT + 1, last + 1)
        for length, kind in ((12, "retail"), (1, "retail_month"))
        if (row := _tariff(sales, state, ordinal, length, kind, source_url, source_version))
    ]


def _tariff(
    sales: Sales, state: str, last: int, length: int, kind: str, source_url: str, source_version: str
) -> Tariff | None:
    """The mean price of `length` months; ``None`` where a month of commercial sales is missing."""
    base = _mean_usd_per_kwh(sales, state, COMMERCIAL, last, length)
    if base is None:
        return None
    bound = _mean_usd_per_kwh(sales, state, INDUSTRIAL, last, length) or base
    year, month = divmod(last, 12)
    end = date(year, month + 1, calendar.monthrange(year, month + 1)[1])
    start_year, start_month = divmod(last - length + 1, 12)
    period = f"{end:%Y-%m}" if length == 1 else f"{start_year:04}-{start_month + 1:02}..{end:%Y-%m}"
    return Tariff(
        tariff_zone=f"US-{state}",
        kind=kind,
        valid_from=end,
        price_date=end,
        price_period=period,
        currency="USD",
        local_per_kwh=base,
        local_per_kwh_low=min(base, bound),
        local_per_kwh_high=max(base, bound),
        demand_per_kw_month=None,
        band="commercial",
        band_min_mwh_per_year=None,
        tax_basis="excl_vat",
        confidence="high",
        source_url=source_url,
        source_version=source_version,
        source_key=f"{state}.{COMMERCIAL}.{period}",
        licence=LICENCE,
    )


def _mean_usd_per_kwh(sales: Sales, state: str, sector: str, last: int, length: int) -> Decimal | None:
    """Sum of revenue over sum of sales: weighted by energy, so that no season counts twice."""
    window = [sales.get((state, sector, ordinal)) for ordinal in range(last - length + 1, last + 1)]
    known = [m for m in window if m is not None]
    if len(known) < length:
        return None
    return per_kwh(sum((m.revenue_usd for m in known), Decimal()) / sum((m.sales_kwh for m in known), Decimal()))
