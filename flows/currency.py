"""Amounts in another currency: at the reference rate of the published night."""

from __future__ import annotations

from decimal import Decimal

import duckdb

from connectors.errors import UsageError
from flows.home import Home
from flows.published import open_published


def units_per_usd(con: duckdb.DuckDBPyConnection, currency: str, rates: str = "fx_rate") -> Decimal:
    """Units of `currency` per USD.

    Args:
        con: connection that sees `rates`.
        currency: ISO 4217 code.
        rates: the published table of exchange rates.

    Raises:
        UsageError: no rate is known.
    """
    if currency == "USD":
        return Decimal(1)
    found = con.execute(f"select usd_per_unit from {rates} where currency = ?", [currency]).fetchone()
    if found is None:
        raise UsageError(f"--currency {currency}: no exchange rate is known; see: costwatt sql 'from fx_rate'")
    return 1 / Decimal(str(found[0]))


def published_rate(home: Home, currency: str) -> Decimal:
    """Units of `currency` per USD, as of the published night.

    Raises:
        UsageError: no night was published yet, or no rate is known.
    """
    if currency == "USD":
        return Decimal(1)
    if not home.cost_file.exists():
        raise UsageError(f"--currency {currency}: needs the exchange rates of a night; run: costwatt refresh")
    with open_published(home) as con:
        return units_per_usd(con, currency)
