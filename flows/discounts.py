"""Negotiated discounts: what ``[[discount]]`` can fit, where it fits nothing, and whether a night's are still those."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import TYPE_CHECKING, Final, get_args

import duckdb

from flows.config_tables import Discount, Product

if TYPE_CHECKING:  # it reads what a person gave, and looks up the names of this file
    from flows.reference import Reference

PRODUCTS: Final = tuple(name for name in get_args(Product) if name != "*")
PAYMENTS: Final = ("no_upfront", "partial_upfront", "all_upfront")
#: Purchase options of rents, as the connectors of a provider name them: a discount on rents fits these and no other.
PURCHASE_OPTIONS: Final = {
    "aws": (
        *("on_demand", "spot", "capacity_block_1d", "capacity_block_7d"),
        *(f"reserved_{y}y_{paid}{kind}" for y, paid, kind in product((1, 3), PAYMENTS, ("", "_convertible"))),
        *(f"savings_{plan}_{y}y_{paid}" for plan, y, paid in product(("compute", "ec2"), (1, 3), PAYMENTS)),
    ),
    "azure": ("on_demand", "spot", *(f"{kind}_{y}y" for kind, y in product(("reserved", "savings"), (1, 3, 5)))),
}
#: Purchase options of APIs: their tiers, as the connectors of token prices name them.
TIERS: Final = ("standard", "batch")
# Every price of a night that a discount may come off: what it is found by, its list price (where the night keeps only
# the discount: 1), what is paid of it, and the size that it is a price of. A mix has the rents of what it is made of.
# Nights of versions that knew discounts on rents alone lack the other columns.
PRICES: Final = """
with options as (
    from night.option
    union all by name
    select
        null::double as egress_discount_ratio, null::double as storage_discount_ratio,
        null::double as tokens_discount_ratio
    where false
)
select 'rent' as product, provider, purchase_option, sku, list_usd_per_hour as list_price, usd_per_hour as paid,
    (provider, region, zone, sku) as size
from options where deployment = 'cloud' and purchase_option <> 'mix'
union all
select 'tokens', provider, purchase_option, sku, 1, 1 - coalesce(tokens_discount_ratio, 0),
    (provider, region, zone, sku)
from options where deployment = 'api'
union all
select 'egress', provider, '', '', 1, 1 - coalesce(egress_discount_ratio, 0), (provider, region, zone, sku)
from options where egress_usd_per_gb is not null
union all
select 'storage', provider, '', '', 1, 1 - coalesce(storage_discount_ratio, 0), (provider, region, zone, sku)
from options where storage_usd_per_gb_month is not null
"""
PRICE: Final = "'price.product', 'price.provider', 'price.purchase_option', 'price.sku'"
# Discounts of costwatt.toml, numbered from 1, that fit a price of the night.
USED: Final = f"""
select rowid + 1 from landing.given_discount as given
where exists (select 1 from ({PRICES}) as price where {{{{ discount_fits({PRICE}) }}}})
"""
# Prices that the discounts of costwatt.toml would make otherwise than the night did; prices have ten decimals.
REPRICED: Final = f"""
select count(*) from ({PRICES}) as price
where abs(paid - list_price * (1 - coalesce({{{{ discount_ratio({PRICE}) }}}}, 0))) > 1e-9
"""


def unused(reference: Reference, discounts: Sequence[Discount]) -> list[str]:
    """A line for each discount that changes nothing of a night: it is out of its term, or fits no price.

    Args:
        reference: tables of ``costwatt.toml`` beside the night, which is attached as ``night``.
        discounts: those of the same file, in its order.
    """
    ((night,),) = reference.con.execute("select warehouse.landing.cost_date()").fetchall()
    used = {number for (number,) in reference.con.execute(reference.filled(USED)).fetchall()}
    told = []
    for number, given in enumerate(discounts, 1):
        where = f"costwatt.toml, [discount.{number}]"
        if given.valid_from and night < given.valid_from:
            told.append(f"{where} changes nothing yet: its term begins on {given.valid_from}")
        elif given.valid_until and night > given.valid_until:
            told.append(f"{where} changes nothing any more: its term ended on {given.valid_until}")
        elif number not in used:
            told.append(
                f"{where} fits no price of this night and changes nothing: product {given.product!r}, provider"
                f" {given.provider!r}, purchase_option {given.purchase_option!r}, sku {given.sku!r}"
            )
    return told


def note_of_discounts(
    reference: Reference, option_ids: Sequence[str] | None = None, products: Sequence[str] = PRODUCTS
) -> str:
    """Say that the discounts of ``costwatt.toml`` are not those that the night was priced with; "" where they are.

    Args:
        reference: the present tables of ``costwatt.toml`` beside a night, which is attached as ``night``.
        option_ids: the options shown, of which all prices of the size count; None: all of the night.
        products: what of theirs is shown.
    """
    shown = "select (provider, region, zone, sku) from night.option where list_contains(?, option_id)"
    only = "" if option_ids is None else f"and size in ({shown})"
    values = [list(products)] if option_ids is None else [list(products), list(option_ids)]
    repriced = f"{reference.filled(REPRICED)} and list_contains(?, product) {only}"
    if reference.con.execute(repriced, values).fetchone() == (0,):
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
