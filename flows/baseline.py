"""The bundled baseline: what ``costwatt today`` shows before the first night.

It is the night of BASELINE_DATE run without network: ``python -m tests.regenerate`` makes it anew,
and a test compares.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

BASELINE_DATE = "2026-11-21"
LISTED, SUBSTITUTES = 30, 10

# The rows that today lists first: an option in its cheapest region, and the cheapest substitutes.
ROWS = f"""
with cheapest as (
    select * from daily_cost
    where status = 'ok' and (rank is not null or equivalence = 'substitute')
    qualify row_number() over (
        partition by scenario_id, provider, sku, purchase_option order by usd_per_day, option_id
    ) = 1
)
select * from cheapest
qualify row_number() over (partition by scenario_id, rank is null order by usd_per_day, option_id)
    <= case when rank is null then {SUBSTITUTES} else {LISTED} end
order by scenario_id, rank is null, usd_per_day, option_id
"""


def write_baseline(con: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Write the baseline of the night that `con` shows."""
    con.execute(f"copy ({ROWS}) to '{path}' (header, delimiter ',')")
