"""A site's own tariff: energy by hour and season, demand per kW and month, fixed charges.

Two ways in, one shape out: a record of the OpenEI utility rate database (URDB, version 7), or rules
from ``costwatt.toml``. A fleet that serves day and night pays the mean over the hours of the year;
the demand charge stays apart, for its price per kWh depends on the load factor.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from connectors.records import Tariff
from connectors.tariff_rows import per_kwh

URDB_LICENCE = "CC0, OpenEI utility rate database"
MONTHS, HOURS = range(12), range(24)
DAYS_IN_MONTH = [calendar.monthrange(2025, m + 1)[1] for m in MONTHS]  # a common year
WEEKDAY_SHARE, WEEKEND_SHARE = Decimal(5) / 7, Decimal(2) / 7
DAYS_PER_MONTH = Decimal(365) / 12
FIXED_PER_MONTH = {"$/month": Decimal(1), "$/day": DAYS_PER_MONTH, "$/year": Decimal(1) / 12}

# [month][hour] -> price per kWh
Matrix = Sequence[Sequence[Decimal]]


@dataclass(frozen=True)
class SiteRates:
    """What one meter pays, excluding VAT.

    Args:
        weekday, weekend: energy price per kWh by month and local hour.
        demand_per_kw: charge per kW of the month's peak, for each month.
        fixed_per_month: charge per meter and month.
    """

    name: str
    currency: str
    weekday: Matrix
    weekend: Matrix
    demand_per_kw: Sequence[Decimal]
    fixed_per_month: Decimal
    licence: str
    valid_from: date
    valid_to: date | None

    def energy_per_kwh(self) -> Decimal:
        """Mean over the hours of a common year: what constant load pays for energy."""
        return sum(
            (
                days * (WEEKDAY_SHARE * sum(self.weekday[m]) + WEEKEND_SHARE * sum(self.weekend[m]))
                for m, days in zip(MONTHS, DAYS_IN_MONTH, strict=True)
            ),
            Decimal(),
        ) / (365 * 24)

    def demand_per_kw_year(self) -> Decimal:
        """Demand charges of twelve months for one kW of peak."""
        return sum(self.demand_per_kw, Decimal())

    def tariff(self, zone: str, peak_kw: Decimal, day: date, *, source_url: str, source_key: str) -> Tariff:
        """The rates as a tariff that stands for the public one of `zone`.

        The fixed charge is spread over the peak: like demand it is paid whatever the energy. Rates
        without an end are in force on `day`.
        """
        end = self.valid_to or day
        return Tariff(
            tariff_zone=zone,
            kind="site",
            valid_from=self.valid_from,
            price_date=end,
            price_period=f"{self.valid_from}..{end}",
            currency=self.currency,
            local_per_kwh=per_kwh(self.energy_per_kwh()),
            local_per_kwh_low=None,
            local_per_kwh_high=None,
            demand_per_kw_month=per_kwh(self.demand_per_kw_year() / 12 + self.fixed_per_month / peak_kw),
            band=self.name,
            band_min_mwh_per_year=None,
            tax_basis="excl_vat",
            confidence="high",
            source_url=source_url,
            source_version="",
            source_key=source_key,
            licence=self.licence,
        )


def rates_of_urdb(record: Mapping[str, Any]) -> SiteRates:
    """A URDB record for constant load.

    At constant load the peak falls into every time-of-use period, so each period's demand charge is
    paid. Of tiers the last counts: a data centre's use passes the others within hours.

    Raises:
        ValueError, KeyError: units other than kWh and kW, or matrices of another size.
    """
    energy = [_last_tier(period, "kWh") for period in record["energyratestructure"]]
    return SiteRates(
        name=f"{record['utility']}, {record['name']}",
        currency="USD",
        weekday=_priced(record["energyweekdayschedule"], energy),
        weekend=_priced(record["energyweekendschedule"], energy),
        demand_per_kw=_demand(record),
        fixed_per_month=_fixed(record),
        licence=URDB_LICENCE,
        valid_from=_day(record["startdate"]),
        valid_to=_day(record["enddate"]) if record.get("enddate") else None,
    )


def rates_of_rules(site: Mapping[str, Any]) -> SiteRates:
    """The rules of one ``[[site]]`` table; a later energy rule wins over the earlier ones.

    Keys and ranges are the caller's to check (flows/sites.py).

    Raises:
        ValueError, KeyError: an hour without a price, or a key that is missing.
    """
    demand = site.get("demand_per_kw_month", 0)
    return SiteRates(
        name=site["name"],
        currency=site["currency"],
        weekday=_ruled(site["energy"], "weekday"),
        weekend=_ruled(site["energy"], "weekend"),
        demand_per_kw=_decimals(demand if isinstance(demand, list) else [demand] * 12),
        fixed_per_month=Decimal(str(site.get("fixed_per_month", 0))),
        licence="given by the user",
        valid_from=_day(site["valid_from"]),
        valid_to=_day(site["valid_to"]) if site.get("valid_to") else None,
    )


def _ruled(rules: Iterable[Mapping[str, Any]], kind_of_day: str) -> Matrix:
    matrix: list[list[Decimal | None]] = [[None] * 24 for _ in MONTHS]
    for rule in rules:
        if rule.get("days", kind_of_day) != kind_of_day:
            continue
        first, end = rule.get("hours", (0, 24))
        night = (*range(first, 24), *range(end))  # 22 to 6: both ends of the same days
        for month in rule.get("months", range(1, 13)):
            for hour in range(first, end) if first < end else night:
                matrix[month - 1][hour] = Decimal(str(rule["per_kwh"]))
    filled = [[price for price in row if price is not None] for row in matrix]
    if any(len(row) < len(HOURS) for row in filled):
        raise ValueError(f"the energy rules leave an hour of a {kind_of_day} without a price")
    return filled


def _demand(record: Mapping[str, Any]) -> list[Decimal]:
    """Flat demand of each month plus the charge of every time-of-use period that occurs in it."""
    flat = [_last_tier(p, "kW", record.get("flatdemandunit", "kW")) for p in record.get("flatdemandstructure", [])]
    timed = [_last_tier(p, "kW", record.get("demandrateunit", "kW")) for p in record.get("demandratestructure", [])]
    total = [Decimal()] * 12
    for month, period in enumerate(record.get("flatdemandmonths", []) if flat else []):
        total[month] += flat[period]
    for month in MONTHS if timed else ():
        schedules = (record["demandweekdayschedule"], record["demandweekendschedule"])
        occurring = {period for schedule in schedules for period in schedule[month]}
        total[month] += sum((timed[period] for period in occurring), Decimal())
    return total


def _last_tier(tiers: Sequence[Mapping[str, Any]], unit: str, given: str = "") -> Decimal:
    tier = tiers[-1]
    found = tier.get("unit") or given or unit
    if found != unit:
        raise ValueError(f"rates per {found}; only rates per {unit} can be read")
    return Decimal(str(tier.get("rate", 0))) + Decimal(str(tier.get("adj", 0)))


def _priced(schedule: Sequence[Sequence[int]], prices: Sequence[Decimal]) -> Matrix:
    if [len(row) for row in schedule] != [len(HOURS)] * len(MONTHS):
        raise ValueError("a schedule that is not 12 months x 24 hours")
    return [[prices[period] for period in row] for row in schedule]


def _fixed(record: Mapping[str, Any]) -> Decimal:
    unit = record.get("fixedchargeunits", "$/month")
    if unit not in FIXED_PER_MONTH:
        raise ValueError(f"a fixed charge in {unit}; expected one of {', '.join(FIXED_PER_MONTH)}")
    return Decimal(str(record.get("fixedchargefirstmeter", 0))) * FIXED_PER_MONTH[unit]


def _day(stamp: object) -> date:
    """Day of an ISO stamp, or of Unix seconds, which the service also sends."""
    text = str(stamp)
    return datetime.fromtimestamp(int(text), UTC).date() if text.isdecimal() else date.fromisoformat(text[:10])


def _decimals(values: Iterable[object]) -> list[Decimal]:
    listed = [Decimal(str(v)) for v in values]
    if len(listed) != len(MONTHS):
        raise ValueError(f"{len(listed)} monthly demand charges; one or twelve expected")
    return listed
