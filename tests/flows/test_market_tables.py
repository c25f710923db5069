"""Published tables of prices, alerts and sources: what one row of each says, and which rows are there at all."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import pytest

from tests.flows.small_tables import NIGHT, Row, made

LAST_NIGHT = NIGHT - timedelta(days=1)


def test_an_accelerator_hour_is_the_nodes_over_its_accelerators_or_its_part_of_one() -> None:
    prices = [
        {"sku": "p5.48xlarge", "usd_per_hour": 80.0},
        {"sku": "half", "usd_per_hour": 6.0},
        {"sku": "half", "usd_per_hour": 99.0, "operating_system": "Windows"},
    ]
    nodes: list[Row] = [
        {"sku": "p5.48xlarge"},
        {"sku": "half", "accelerators_per_node": 1.0, "accelerator_fraction": 0.5},
    ]
    (row,) = made("accelerator_price_index", opt_instance_price=prices, stg_node_type=nodes)
    # 80 / 8 = 10 and 6 / 0.5 = 12
    assert (row["accelerator"], row["purchase_option"], row["price_count"]) == ("h100-sxm", "on_demand", 2)
    names = (f"usd_per_accelerator_hour{suffix}" for suffix in ("_p25", "", "_p75"))
    assert [float(row[name]) for name in names] == [10.5, 11.0, 11.5]


def test_only_a_second_price_that_differs_is_a_difference() -> None:
    (row,) = made(
        "price_difference",
        hist_instance_price=[{"sku": "same"}, {"sku": "other"}],
        gate__instance_price=[{"sku": "same"}, {"sku": "other", "price_per_hour": 55.0}],
    )
    found = (row["sku"], row["price_per_hour"], row["second_price_per_hour"], row["second_source"])
    assert found == ("other", 50, 55, "aws_query_prices")


def test_a_spot_day_keeps_its_lowest_and_highest_price_in_dollars() -> None:
    (row,) = made("spot_price_daily", hist_spot_price=[{}], opt_fx=[{"usd_per_unit": 1.5}])
    names = ("usd_per_hour_min", "usd_per_hour", "usd_per_hour_max")
    assert [float(row[name]) for name in names] == [15, 30, 60]


def alerts(**given: Sequence[Row]) -> set[tuple[str, str]]:
    """Kind and subject of tonight's alerts, where all else is in order."""
    names = ("opt_instance_price", "stg_node_type", "opt_region", "opt_tariff", "stg_partition")
    fine: dict[str, Sequence[Row]] = {name: [{}] for name in names}
    rows = made("alert", **{**fine, "gate__quarantine": [], **given})
    return {(row["alert"], row["subject"]) for row in rows}


def test_a_night_in_order_alerts_nobody() -> None:
    assert alerts() == set()


def test_a_stale_retail_tariff_is_an_alert() -> None:
    tariffs = [{"tariff_zone": "DE", "stale": True}, {"tariff_zone": "FR", "stale": True, "kind": "wholesale"}, {}]
    assert alerts(opt_tariff=tariffs) == {("stale_tariff", "DE")}


def test_an_unmapped_size_is_an_alert_but_for_units_of_an_api() -> None:
    prices = [{"sku": "p9.48xlarge"}, {"sku": "ptu", "purchase_option": "provisioned"}]
    assert alerts(opt_instance_price=prices) == {("unmapped_size", "aws/p9.48xlarge")}


def test_an_unmapped_region_a_failed_source_and_a_sources_own_alert_are_told() -> None:
    found = alerts(
        opt_region=[{"is_mapped": False}],
        stg_partition=[{"status": "failed"}, {"source": "ecb_rates", "status": "skipped"}],
        gate__quarantine=[
            {"source": "aws_prices", "key": "p9", "reason": "alert: new"},
            {"source": "aws_prices", "key": "p8", "reason": "moved too far"},
            {"source": "aws_prices", "key": "p7", "reason": "alert: old", "cost_date": LAST_NIGHT},
        ],
    )
    assert found == {
        ("unmapped_region", "aws/us-east-1"),
        ("failed_source", "aws_prices/us-east-1"),
        ("source_alert", "aws_prices/p9"),
    }


OPENED: Row = {"valid_from": NIGHT}
CLOSED: Row = {"valid_to": NIGHT}
BUNDLED: Row = {**CLOSED, "price_origin": "bundled"}


@pytest.mark.parametrize(
    ("rows", "kind"),
    [
        ([OPENED], "new"),
        ([CLOSED], "gone"),
        ([CLOSED, OPENED], "terms"),
        ([CLOSED, {**OPENED, "price_per_hour": 51.0}], "price"),
        ([BUNDLED, OPENED], "first_live"),
        ([BUNDLED, {**OPENED, "price_per_hour": 51.0}], "first_live"),
    ],
)
def test_a_change_of_a_price_has_a_kind(rows: list[Row], kind: str) -> None:
    found = made(
        "price_change", hist_instance_price=[*rows, {"sku": "still"}], hist_partition=[{"cost_date": LAST_NIGHT}]
    )
    assert [row["change_kind"] for row in found] == [kind]


@pytest.mark.parametrize("first", [True, False])
def test_a_first_load_is_no_change(first: bool) -> None:
    nights = [{}] if first else [{}, {"cost_date": LAST_NIGHT}]
    found = made("price_change", hist_instance_price=[OPENED], hist_partition=nights)
    assert len(found) == (0 if first else 1)


def test_quarantined_rows_are_those_refused_by_the_source_and_by_the_gate() -> None:
    answer = {"landed_rows": 10, "accepted_rows": 7, "rejected_rows": 2}
    (row,) = made("source_status", stg_partition=[answer], hist_partition=[{}])
    assert row["quarantined_rows"] == 5


def test_an_unchanged_answer_is_of_the_data_of_the_one_before_it() -> None:
    answers = [{"cost_date": LAST_NIGHT, "as_of": date(2026, 11, 1)}]
    (row,) = made("source_status", stg_partition=[{"status": "unchanged"}], hist_partition=answers)
    assert (row["as_of"], row["last_complete_on"], row["age_days"]) == (date(2026, 11, 1), LAST_NIGHT, 1)
