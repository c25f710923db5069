"""Negotiated discounts: what ``[[discount]]`` can fit, where it fits nothing, and whether a night's are still those."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import Final

import duckdb

from flows.config_tables import Discount
from flows.warehouse import connect

PAYMENTS: Final = ("no_upfront", "partial_upfront", "all_upfront")
#: Purchase options of rents, as the connectors of a provider name them: a discount fits these and no other.
PURCHASE_OPTIONS: Final = {
    "aws": (
        *("on_demand", "spot", "capacity_block_1d", "capacity_block_7d"),
        *(f"reserved_{y}y_{paid}{kind}" for y, paid, kind in product((1, 3), PAYMENTS, ("", "_convertible"))),
        *(f"savings_{plan}_{y}y_{paid}" for plan, y, paid in product(("compute", "ec2"), (1, 3), PAYMENTS)),
    ),
    "azure": ("on_demand", "spot", *(f"{kind}_{y}y" for kind, y in product(("reserved", "savings"), (1, 3, 5)))),
}
#: As in sql/models/options/opt_cloud.sql; a mix has the discounts of what it is made of.
FITS: Final = """
option.provider glob given.provider and option.purchase_option glob given.purchase_option
and option.sku glob given.sku
"""
RENTS: Final = "option.deployment = 'cloud' and option.purchase_option <> 'mix'"
# Rents that the discounts of costwatt.toml would price otherwise than the night did; prices have ten decimals.
REPRICED: Final = f"""
select count(*)
from night.option as option
where {RENTS} and abs(usd_per_hour - list_usd_per_hour * (1 - coalesce(
    (select max(discount_ratio) from landing.given_discount as given where {FITS}), 0
))) > 1e-9
"""


def unused(database: Path, discounts: Sequence[Discount]) -> list[str]:
    """A line for each of the discounts, in the order of ``costwatt.toml``, that fits no rent of a published night."""
    told = []
    with connect(database, read_only=True) as con:
        for number, given in enumerate(discounts, 1):
            patterns = [given.provider, given.purchase_option, given.sku]
            fitted = con.execute(
                f"select 1 from option, (select ? as provider, ? as purchase_option, ? as sku) as given"
                f" where {RENTS} and {FITS} limit 1",
                patterns,
            ).fetchall()
            if not fitted:
                told.append(
                    f"costwatt.toml, [discount.{number}] fits no price of this night and changes nothing:"
                    " provider {!r}, purchase_option {!r}, sku {!r}".format(*patterns)
                )
    return told


def note_of_discounts(con: duckdb.DuckDBPyConnection, option_ids: Sequence[str] | None = None) -> str:
    """Say that the discounts of ``costwatt.toml`` are not those that the night was priced with; "" where they are.

    Args:
        con: connection that sees a night as ``night`` and the present ``landing.given_discount``.
        option_ids: the options shown, of which all prices of the size count; None: all of the night.
    """
    shown = "select provider, region, zone, sku from night.option where list_contains(?, option_id)"
    only = "" if option_ids is None else f"and (provider, region, zone, sku) in ({shown})"
    values = [] if option_ids is None else [list(option_ids)]
    if con.execute(f"{REPRICED} {only}", values).fetchone() == (0,):
        return ""
    return (
        "[[discount]] of costwatt.toml changed since that night; the figures above have the discounts of the night:"
        " costwatt refresh applies the present ones"
    )


def negotiated(con: duckdb.DuckDBPyConnection, option_ids: Sequence[str]) -> int:
    """How many of these options of the attached ``night`` are rented below their list price."""
    shown = "select count(*) from night.option where list_contains(?, option_id) and usd_per_hour < list_usd_per_hour"
    ((found,),) = con.execute(shown, [list(option_ids)]).fetchall()
    return int(found)
