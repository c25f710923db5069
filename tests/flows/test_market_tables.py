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
    (row,) = made("accelerator_price_index", opt_instance_price=prices, opt_spot_price=[], stg_node_type=nodes)
    # 80 / 8 = 10 and 6 / 0.5 = 12
    assert (row["accelerator"], row["purchase_option"], row["price_count"]) == ("h100-sxm", "on_demand", 2)
    names = (f"usd_per_accelerator_hour{suffix}" for suffix in ("_p25", "", "_p75"))
    assert [float(row[name]) for name in names] == [10.5, 11.0, 11.5]


def test_the_index_is_of_prices_that_the_ranking_admits_and_names_their_providers() -> None:
    azure: Row = {"provider": "azure", "sku": "Standard_ND96isr_H100_v5"}
    prices: list[Row] = [
        {"usd_per_hour": 80.0},
        {"usd_per_hour": 160.0, "region": "us-west-2", "quality": "quoted"},
        {"usd_per_hour": 8.0, "region": "eu-west-1", "quality": "undocumented"},
        {**azure, "usd_per_hour": 96.0},
        {**azure, "usd_per_hour": 16.0, "purchase_option": "spot", "quality": "formula"},
    ]
    spot: list[Row] = [
        {"usd_per_hour": 24.0, "quality": "measured"},
        {"usd_per_hour": 8.0, "quality": "undocumented", "region": "us-west-2"},
        {"usd_per_hour": 99.0, "quality": "measured", "operating_system": "Windows"},
    ]
    nodes: list[Row] = [{}, azure]
    found = made("accelerator_price_index", opt_instance_price=prices, opt_spot_price=spot, stg_node_type=nodes)
    names = ("purchase_option", "providers", "price_count", "usd_per_accelerator_hour")
    assert [tuple(row[name] for name in names) for row in found] == [
        ("on_demand", "aws,azure", 3, 12),
        ("spot", "aws", 1, 3),
    ]


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


def test_a_price_is_in_dollars_at_the_rate_of_its_first_night() -> None:
    """Two nights, two rates; a yuan is crossed through the euro; no rate, no dollars."""
    quoted = {"USD": {5: 1.10, 12: 1.20, 19: 1.50}, "CNY": {5: 8.8, 11: 8.0}}
    rates = [
        {"quote_currency": currency, "rate_date": date(2026, 11, day), "rate": rate}
        for currency, days in quoted.items()
        for day, rate in days.items()
    ]
    copy = {"source": "bundled_rates", "quote_currency": "CNY", "rate_date": date(2026, 11, 11), "rate": 1.0}
    sold = (("USD", 1), ("EUR", 8), ("CNY", 4), ("CNY", 8), ("CNY", 13), ("INR", 13))
    prices = [{"currency": currency, "valid_from": date(2026, 11, day)} for currency, day in sold]
    found = made("instance_price", hist_instance_price=prices, hist_fx_rate=[*rates, copy])
    shown = {
        (row["currency"], row["valid_from"].day): (row["usd_per_hour"] and float(row["usd_per_hour"]), row["fx_date"])
        for row in found
    }
    assert shown == {
        ("USD", 1): (50.0, date(2026, 11, 1)),
        ("EUR", 8): (55.0, date(2026, 11, 5)),
        ("CNY", 4): (None, None),
        ("CNY", 8): (6.25, date(2026, 11, 5)),
        ("CNY", 13): (7.5, date(2026, 11, 11)),
        ("INR", 13): (None, None),
    }
    assert {row["fx_source"] for row in found} == {"identity", "ecb_rates", None}


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


def test_a_spec_is_what_a_source_says_tonight_since_the_night_that_confirmed_it() -> None:
    advisor = {"source": "aws_spot_advisor", "part_region": "all", "interruption_band": 2}
    silent = dict.fromkeys(("vcpu", "memory_gib", "accelerator_name", "accelerators", "accelerator_memory_gib"))
    found = made(
        "instance_spec",
        hist_instance_spec=[{}, {"valid_to": NIGHT, "vcpu": 96.0}, {**advisor, **silent}],
        opt_answer=[
            {"record": "instance_spec", "source": "aws_offerings", "verified_on": LAST_NIGHT},
            {"record": "instance_price", **advisor},
        ],
    )
    names = ("source", "vcpu", "memory_gib", "accelerators", "accelerator_memory_gib", "interruption_band", "as_of")
    assert [tuple(row[name] for name in names) for row in found] == [
        ("aws_offerings", 192.0, 2048.0, 8.0, 80.0, None, LAST_NIGHT.isoformat()),
        ("aws_spot_advisor", None, None, None, None, 2, "2026-01-01"),
    ]


def test_node_types_are_published_with_source_and_date() -> None:
    nodes = {(row["provider"], row["sku"]): row for row in made("reference_node_type")}
    names = ("accelerator", "accelerators_per_node", "accelerator_fraction", "vcpu", "deployable", "as_of")
    assert [nodes["azure", "Standard_NC80adis_H100_v5"][name] for name in names[:4]] == ["h100-nvl", 2, 1, 80]
    assert [nodes["aws", "g3.4xlarge"][name] for name in names] == ["m60", 1, 1, 16, False, "2026-11-21"]
    assert nodes["aws", "g6f.large"]["accelerator_fraction"] == 0.125
    assert all(row["source"] and row["as_of"] for row in nodes.values())
    assert list(nodes) == sorted(nodes)


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


@pytest.mark.parametrize(
    ("answer", "answered_before", "origin"),
    [
        ({"status": "complete"}, False, "live"),
        ({"status": "unchanged"}, True, "live"),
        ({"status": "rejected"}, True, "last_known"),
        ({"status": "failed", "kind": ""}, True, "last_known"),
        ({"status": "failed"}, False, None),
        ({"status": "skipped"}, False, None),
        ({"status": "complete", "source": "bundled_prices"}, False, "bundled"),
        ({"status": "unchanged", "source": "static_tariffs"}, False, "bundled"),
    ],
)
def test_a_source_says_where_its_figures_are_from(answer: Row, answered_before: bool, origin: str | None) -> None:
    answers = [{"cost_date": LAST_NIGHT}] if answered_before else []
    (row,) = made("source_status", stg_partition=[answer], hist_partition=answers)
    assert row["origin"] == origin


def test_an_unchanged_answer_is_of_the_data_of_the_one_before_it() -> None:
    answers = [{"cost_date": LAST_NIGHT, "as_of": date(2026, 11, 1)}]
    (row,) = made("source_status", stg_partition=[{"status": "unchanged"}], hist_partition=answers)
    assert (row["as_of"], row["last_complete_on"], row["age_days"]) == (date(2026, 11, 1), LAST_NIGHT, 1)
