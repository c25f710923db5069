"""A year of history made at once: what 365 nights leave behind, without running them."""

from __future__ import annotations

from datetime import date, timedelta

import duckdb
import pyarrow as pa

from connectors.records import InstancePrice, Partition, schema_of
from flows.landing import part_folder, write_part
from flows.settings import Settings

LAST = date(2026, 9, 1)
REGIONS = 40
# Sizes, terms and keys as AWS and Azure name them; a key holds a random 16-character code, as theirs do.
PRICES = """
with terms as (
    select * from (values
        ('on_demand', 'JRTCKXETXF'), ('reserved_1y_no_upfront', '4NA7Y494T4'),
        ('reserved_1y_all_upfront', '6QCMYABX3D'), ('reserved_3y_no_upfront', 'BPH4J8HBKS'),
        ('reserved_3y_all_upfront', 'NQ3QZPMQV9')
    ) as t(purchase_option, code)
),
named as (
    select
        i, 'region-' || (i % {regions}) as region,
        'c' || (i // {regions} % 50) || '.' || (i // {regions} // 50) || 'xlarge' as sku,
        terms.purchase_option, terms.code, hash(i, 1) as random
    from range({rows} // 5) as r(i) cross join terms
)
select
    'aws' as provider, region, '' as zone, 'region' as location_type, sku, 'Linux' as operating_system,
    purchase_option, 'USD' as currency,
    (random % 900000000 / 1e7 + 0.1 + case when (i + {night}) % 100 = 0 then {night} * 1e-4 else 0 end)::decimal(18, 10)
        as price_per_hour,
    null::decimal(18, 10) as list_per_hour, null::decimal(18, 10) as upfront, null::bigint as term_hours,
    'list' as quality, 'https://pricing.example/offers/v1.0/aws/AmazonEC2/' || region || '/index.csv' as source_url,
    '20260901000000' as source_version,
    upper(substr(md5(i::varchar), 1, 16)) || '.' || code || '.6YS6EN2CT7' as source_key,
    timestamptz '2026-09-01 00:00:00+00' as published_at
from named
order by region, sku, purchase_option
"""
"""One night's prices: every hundredth one differs from the night before."""


def prices(rows: int, night: int) -> pa.Table:
    """All prices of one night, in the schema of the record."""
    with duckdb.connect() as con:
        con.execute("set TimeZone = 'UTC'")
        table = con.sql(PRICES.format(rows=rows, regions=REGIONS, night=night)).to_arrow_table()
    return table.cast(schema_of(InstancePrice))


def land(settings: Settings, day: date, table: pa.Table) -> None:
    """Write one night's prices into landing, a part per region as a source does."""
    for number in range(REGIONS):
        region = f"region-{number}"
        rows = table.filter(pa.compute.equal(table.column("region"), region))
        folder = part_folder(settings.paths.landing, day, "aws_prices", region)
        write_part(folder, "aws_prices", [Partition(InstancePrice, region, "on_demand", rows)])


def add_year(con: duckdb.DuckDBPyConnection, table: str, key: str, nights: int, price: str) -> None:
    """Give `table` the closed versions of `nights` nights, in each of which every hundredth key changed.

    Args:
        con: connection to the warehouse.
        table: a dated table that holds one open version per key.
        key: expression that numbers the keys at random.
        nights: how many nights ago the first one was.
        price: column that changed; decimal.
    """
    first = LAST - timedelta(days=nights)
    con.execute(f"update {table} set valid_from = date '{first}'")
    con.execute(
        f"""
        insert into {table}
        select v.* replace (
            v.{price} * (1 + night / 10000.0) as {price},
            date '{first}' + night::integer as valid_from,
            least(date '{first}' + night::integer + 100, date '{LAST}' - 1) as valid_to
        )
        from range({nights}) as n(night)
        inner join (select *, {key} % 100 as share from {table}) as v on v.share = n.night % 100
        order by night
        """.replace("v.* replace", "v.* exclude (share) replace")
    )
    con.execute("checkpoint")
