"""How old a price may be: a measured spot price beside a live feed, and a service whose source fell silent."""

from __future__ import annotations

import pytest

from flows.reference import open_reference, rows_of
from flows.settings import Settings

USD = "(select 'USD' as currency, 1.0 as usd_per_unit, date '2026-11-22' as fx_date, 'identity' as fx_source)"


def spot_of(measured_on: str, snapshot_on: str) -> tuple[str, float, int]:
    """Source, price and age of the spot option: measured at 20 USD, told by a feed at 35 USD."""
    history = (
        "(select 'aws' as provider, 'us-east-1' as region, 'p5.48xlarge' as sku, 'Linux' as operating_system,"
        " 'USD' as currency, '' as source_url, '' as source_version, null::date as valid_to, spot.* from (values"
        f" (date '{measured_on}', 20.0, 'measured', 'aws_spot'),"
        f" (date '{snapshot_on}', 35.0, 'undocumented', 'aws_spot_feed')"
        ") as spot(price_date, price_per_hour, quality, source))"
    )
    reference = open_reference(Settings(), {"hist_spot_price": history, "opt_fx": USD}, "2026-11-22")
    (row,) = rows_of(reference.con, f"from {reference['opt_spot_price']}")
    return row["source"], float(row["usd_per_hour"]), row["price_age_days"]


@pytest.mark.parametrize(
    ("measured_on", "snapshot_on", "chosen"),
    [
        ("2026-11-22", "2026-11-22", ("aws_spot", 20, 0)),
        ("2026-11-19", "2026-11-22", ("aws_spot", 20, 3)),
        ("2026-11-18", "2026-11-22", ("aws_spot_feed", 35, 0)),
        ("2026-07-23", "2026-11-22", ("aws_spot_feed", 35, 0)),
        ("2026-07-23", "2026-07-25", ("aws_spot", 20, 122)),
    ],
)
def test_a_measured_spot_price_wins_for_three_days(
    measured_on: str, snapshot_on: str, chosen: tuple[str, float, int]
) -> None:
    assert spot_of(measured_on, snapshot_on) == chosen


@pytest.mark.parametrize(
    ("answers", "held_on", "egress"),
    [
        ("(date '2026-01-27', 'complete'), (date '2026-11-22', 'unchanged')", None, ("live", "2026-11-22", 0)),
        ("(date '2026-01-27', 'complete'), (date '2026-11-22', 'failed')", None, ("last_known", "2026-01-27", 299)),
        # tonight's row was refused: the one before it stays, and is as old as it is
        (
            "(date '2026-11-21', 'complete'), (date '2026-11-22', 'complete')",
            "2026-11-22",
            ("last_known", "2026-11-21", 1),
        ),
    ],
)
def test_a_service_price_is_as_old_as_its_last_answer(
    answers: str, held_on: str | None, egress: tuple[str, str, int]
) -> None:
    history = (
        "(select 'aws' as provider, 'eu-west-1' as region, 'internet_egress' as service, 'internet' as product,"
        " 'GB' as unit, 0.0 as tier_start, 'USD' as currency, 0.09 as price, 'aws_services' as source,"
        " 'eu-west-1' as part_region, 'services' as part_kind, date '2026-01-27' as valid_from,"
        " null::date as valid_to)"
    )
    partitions = (
        "(select 'aws_services' as source, 'service_price' as record, 'eu-west-1' as region, 'services' as kind,"
        f" answer.* from (values {answers}) as answer(cost_date, status))"
    )
    given = {"hist_service_price": history, "hist_partition": partitions, "opt_fx": USD}
    given["opt_region"] = "(select 'aws' as provider, 'eu-west-1' as region)"
    reference = open_reference(Settings(), given, "2026-11-22")
    reference.con.execute("create schema gate")
    reference.con.execute(
        "create table gate.quarantine as select 'service_price' as record, 'aws_services' as source,"
        " 'eu-west-1' as region, 'services' as kind, 'aws/eu-west-1/internet_egress/internet/GB/0.0/USD' as key,"
        " ?::date as cost_date, true as held",
        [held_on or "2025-01-01"],
    )
    if held_on is None:
        reference.con.execute("delete from gate.quarantine")
    rows = rows_of(reference.con, f"from {reference['opt_service_price']}")
    found = {r["service"]: (r["price_origin"], str(r["price_as_of"]), r["price_age_days"]) for r in rows}
    assert found["internet_egress"] == egress
    assert found["block_storage"][:2] == ("bundled", "2026-09-01")
