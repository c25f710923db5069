"""What a person gave in ``costwatt.toml``, beside the reference tables: wrong names and units are refused at once."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from decimal import Decimal
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

from connectors.errors import UsageError
from connectors.frankfurter_rates import QUOTES
from connectors.site_rates import rates_of_rules
from flows.dbt import seed
from flows.discounts import PURCHASE_OPTIONS, TIERS
from flows.given import ALL, or_value
from flows.near_names import near
from flows.settings import Settings

SHORT = 40  # names that one line may list
FEW = 4  # providers that a line may list before what it is about
RENTS = '; these are of rents: product = "tokens", "egress", "storage" or "*" names other prices'
PERCENT = 100
SWITCH = "_switch"  # names of assumptions that are on or off end in it
#: What makes a server of one's own, beside its quote; the cost model cannot do without the first three.
NEEDED = ("accelerator", "accelerators", "max_power_w")
DEFINITION = (*NEEDED, "idle_power_w", "scale_out_gbit_s", "memory_gib", "vendor", "name")
LEAST_CAP = 0.5  # of an accelerator's power limit; below it a figure is in a wrong unit, or of one accelerator
# (settings table, field) -> reference table and column whose names it may take
NAMES = {
    ("scenarios", "model"): ("model", "model"),
    ("scenarios", "demand_profile"): ("demand_profile", "profile"),
    ("measured", "model"): ("model", "model"),
    ("measured", "accelerator"): ("accelerator", "accelerator"),
    ("site", "tariff_zone"): ("tariff_zone", "tariff_zone"),
}
#: USD/kWh between which the mean of a contract is used (as in opt_tariff_band.sql), and the dearest single hour.
LOWEST_MEAN, HIGHEST_MEAN, HIGHEST = Decimal("0.005"), Decimal("0.80"), Decimal(10)


def check_names(settings: Settings) -> None:
    """Refuse names that no reference table has, and contracts in a wrong unit, before a night is spent on them.

    Raises:
        UsageError: which name, where it stands, and what would be right.
    """
    own = {"demand_profile": list(settings.demand_profiles)}
    for taken in sorted(settings.demand_profiles.keys() & set(_column("demand_profile", "profile"))):
        raise UsageError(f"costwatt.toml, [demand_profiles.{taken}]: a built-in profile has this name; choose another")
    for (table, field), (reference, column) in NAMES.items():
        entries = getattr(settings, table)
        known = [*_column(reference, column), *own.get(reference, ())]
        for key, entry in entries.items() if isinstance(entries, dict) else enumerate(entries, 1):
            name = entry[field] if isinstance(entry, dict) else getattr(entry, field)
            where = f"costwatt.toml, [{table}.{key}] {field} ="
            _known(where, name, known, reference)
    _check_discounts(settings)
    _check_assumptions(settings)
    for provider in ("aws", "azure"):
        regions = getattr(settings, f"{provider}_regions")
        for region in regions if regions not in (("all",), ("accelerated",)) else ():
            _known(f"{provider}_regions", region, _names_of(provider, "region", "region"), "region")
    for zone in settings.onprem_zones if settings.onprem_zones != (ALL,) else ():
        _known("onprem_zones", zone, _column("tariff_zone", "tariff_zone"), "tariff_zone")
    _check_servers(settings)
    _check_exceptions(settings)
    _check_amounts(settings.site)


def replaced_scenarios(settings: Settings) -> list[str]:
    """The built-in scenarios in whose place stand those of costwatt.toml."""
    return sorted(settings.scenarios.keys() & set(_column("scenario", "scenario")))


def _known(
    where: str, name: str, known: list[str], reference: str = "", *, pattern: bool = False, note: str = ""
) -> None:
    """Refuse a name that is none of `known`, or a pattern that fits none.

    Raises:
        UsageError: names it, and its like.
    """
    if name in known or (pattern and any(fnmatchcase(one, name) for one in known)):
        return
    everything = (
        f"; one of {', '.join(known)}" if len(known) <= SHORT else f"; the names stand in sql/seeds/{reference}.csv"
    )
    hint = near(name, known) or everything
    raise UsageError(f"{where} {name!r:.80}: not known{hint}{note}")


@cache
def _column(reference: str, column: str) -> list[str]:
    with seed(reference).open(newline="") as file:
        return sorted({row[column] for row in csv.DictReader(file)})


@cache
def _names_of(provider: str, reference: str, column: str) -> list[str]:
    """The regions or sizes of a provider that a table knows."""
    with seed(reference).open(newline="") as file:
        return sorted(row[column] for row in csv.DictReader(file) if row["provider"] == provider)


def _check_assumptions(settings: Settings) -> None:
    """Refuse a figure that no table has, and one that cannot be: 5 for 5 %, a life of no years, half a switch.

    Raises:
        UsageError: which one, its bounds and unit.
    """
    with seed("assumption").open(newline="") as file:
        rows = {row["assumption"]: row for row in csv.DictReader(file)}
    for name, given in settings.assumptions.items():
        _known("costwatt.toml, [assumptions]", name, sorted(rows), "assumption")
        where, unit = f"costwatt.toml, [assumptions.{name}]", rows[name]["unit"]
        least, greatest = float(rows[name]["least"]), float(rows[name]["greatest"])
        reached = (or_value(given.low, given.value), given.value, or_value(given.high, given.value))
        if name.endswith(SWITCH) and (len({*reached}) > 1 or given.value not in (least, greatest)):
            raise UsageError(f"{where}: expected {least:g} or {greatest:g}, without an interval")
        for figure in reached:
            if not least <= figure <= greatest:
                percent = f"; {figure:g} % is {figure / PERCENT:g}" if greatest == 1 < figure <= PERCENT else ""
                raise UsageError(f"{where} reaches {figure:g}: expected {least:,g} to {greatest:,g} [{unit}]{percent}")


def _check_discounts(settings: Settings) -> None:
    """Refuse a discount that can fit no price: its provider does not sell that, or has no such purchase option or size.

    Only sizes of ``node_type`` and models of ``token_model`` become options, so these tables know them all.

    Raises:
        UsageError: which pattern, and names like it.
    """
    for number, discount in enumerate(settings.discount, 1):
        where, note = f"costwatt.toml, [discount.{number}]", RENTS if discount.product == "rent" else ""
        sold = _sold(discount.product)
        _known(f"{where} provider =", discount.provider, sorted(sold), pattern=True, note=note)
        providers = [one for one in sold if fnmatchcase(one, discount.provider)]
        of = f" of {', '.join(providers) if len(providers) <= FEW else f'{len(providers)} providers'}"
        bought, sizes = (sorted({name for one in providers for name in sold[one][part]}) for part in (0, 1))
        tables = {"tokens": "token_model", "*": "{node_type,token_model}"}.get(discount.product, "node_type")
        _known(f"{where} purchase_option{of} =", discount.purchase_option, bought, pattern=True, note=note)
        _known(f"{where} sku{of} =", discount.sku, sizes, tables, pattern=True)


def _sold(product: str) -> dict[str, tuple[set[str], set[str]]]:
    """Purchase options and sizes of each provider of a product; where rents have them, egress and disks have none."""
    sold: dict[str, tuple[set[str], set[str]]] = {}
    for provider in PURCHASE_OPTIONS if product != "tokens" else ():
        sold[provider] = ({*PURCHASE_OPTIONS[provider]}, {*_names_of(provider, "node_type", "sku")})
    for provider in _column("token_model", "provider") if product in ("tokens", "*") else ():
        options, sizes = sold.get(provider, (set(), set()))
        sold[provider] = (options | {*TIERS}, sizes | {*_names_of(provider, "token_model", "provider_model")})
    return sold


def _check_servers(settings: Settings) -> None:
    """Refuse figures of a server that a table has, and a new server that is not whole or cannot be.

    Raises:
        UsageError: which server, what is wrong with it, and names like its own.
    """
    known = _column("server", "server")
    for name, given in settings.servers.items():
        where = f"costwatt.toml, [servers.{name}]"
        told = [key for key in DEFINITION if key in given.model_fields_set]
        if name in known and told:
            raise UsageError(f"{where}: is in the table server; give only a quote, without {', '.join(told)}")
        if name in known:
            continue
        if given.accelerator is None or given.accelerators is None or given.max_power_w is None:
            lacking = ", ".join(key for key in NEEDED if getattr(given, key) is None)
            raise UsageError(
                f"{where}: is not in the table server{near(name, known)};"
                f" to define a server of your own give {lacking} too"
            )
        _known(f"{where} accelerator =", given.accelerator, _column("accelerator", "accelerator"), "accelerator")
        _check_power(where, given.accelerator, given.accelerators, given.max_power_w)


def _check_power(where: str, accelerator: str, accelerators: int, max_power_w: float) -> None:
    """Refuse the power of a single accelerator, or kW, in place of the whole server's; accelerators may be capped.

    Raises:
        UsageError: the power, and what its accelerators may draw.
    """
    with seed("accelerator_fact").open(newline="") as file:
        limits = {row["accelerator"]: row["value"] for row in csv.DictReader(file) if row["attribute"] == "tdp_w"}
    if accelerator not in limits:
        raise UsageError(f"{where} accelerator = {accelerator!r}: its power is not known, so it has no cost")
    limit_w = accelerators * float(limits[accelerator])
    if max_power_w < LEAST_CAP * limit_w:
        raise UsageError(
            f"{where} max_power_w = {max_power_w:g}: its {accelerators} {accelerator} alone may draw {limit_w:g};"
            " give the wall power of the whole server [W]"
        )


def _check_exceptions(settings: Settings) -> None:
    """Refuse an exception for a source that is none.

    Raises:
        UsageError: which one, and the names of the sources.
    """
    if not settings.gate_exceptions:
        return
    from connectors.registry import CONNECTORS  # noqa: PLC0415  imports every client: only exceptions need the names

    names = sorted(c.name for c in CONNECTORS)
    for number, exception in enumerate(settings.gate_exceptions, 1):
        _known(f"costwatt.toml, [gate_exceptions.{number}] source =", exception.source, names, pattern=True)


def _check_amounts(sites: Iterable[Mapping[str, Any]]) -> None:
    """Refuse contracts whose price a night would leave out: a currency without a rate, cents, a price per MWh.

    Rates are those of the installed packages: enough to tell a wrong unit.

    Raises:
        UsageError: which site, its price in USD, and what would be right.
    """
    for number, site in enumerate(sites, 1):
        if "urdb" in site:
            continue
        where, currency = f"costwatt.toml, [site.{number}]", site["currency"]
        rates = _usd_per_unit()
        if currency not in rates:
            raise UsageError(f"{where} currency {currency}: no exchange rate is known; one of {', '.join(rates)}")
        usd = rates[currency]
        if usd is None:  # only a night knows its rate
            continue
        mean = rates_of_rules(site).energy_per_kwh() * usd
        dearest = max(Decimal(rule["per_kwh"]) for rule in site["energy"]) * usd
        if not (LOWEST_MEAN <= mean <= HIGHEST_MEAN and dearest <= HIGHEST):
            raise UsageError(
                f"{where} energy: {mean:.4f} USD/kWh in the mean, {dearest:.4f} by the dearest rule; expected a mean of"
                f" {LOWEST_MEAN} to {HIGHEST_MEAN} and no rule above {HIGHEST}: give per_kwh in {currency} per kWh"
            )


@cache
def _usd_per_unit() -> dict[str, Decimal | None]:
    """USD per unit of every currency that a source of rates quotes; None where no package knows a rate."""
    from connectors.bundled_rates import RecentRates  # noqa: PLC0415  reads its rates in 0.3 s: only sites need them

    bundle = RecentRates(decimal=True)
    quoted = {currency: Decimal(bundle.convert(1, currency, "USD")) for currency in bundle.currencies}
    with seed("static_rate").open(newline="") as file:
        pegged = {row["quote_currency"]: 1 / Decimal(row["value"]) for row in csv.DictReader(file)}
    return dict(sorted({**dict.fromkeys(QUOTES), **pegged, **quoted}.items()))
