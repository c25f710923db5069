"""How old a price may be: a measured spot price beside a live feed, and a service whose source fell silent."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from flows.reference import open_reference, rows_of
from flows.settings import Settings
from tests.flows.small_tables import NIGHT, Row, made

USD = "(select 'USD' as currency, 1.0 as usd_per_unit, date '2026-11-22' as fx_date, 'identity' as fx_source)"


def days_ago(days: int) -> date:
    return NIGHT - timedelta(days)


def spot_of(measured_on: date, snapshot_on: date, answered_on: date | None = NIGHT) -> dict[str, Any]:
    """The spot option that an API measured at 20 USD and a feed told at 35 USD; when both answered last."""
    answer: Row = {"record": "spot_price", "verified_on": answered_on}
    (row,) = made(
        "opt_spot_price",
        hist_spot_price=[
            {"price_date": measured_on, "price_per_hour": 20.0, "quality": "measured", "source": "aws_spot"},
            {"price_date": snapshot_on, "price_per_hour": 35.0, "quality": "undocumented", "source": "aws_spot_feed"},
        ],
        opt_fx=[{}],
        opt_answer=[{**answer, "source": s} for s in ("aws_spot", "aws_spot_feed")] if answered_on else [],
    )
    return row


@pytest.mark.parametrize(
    ("measured_on", "snapshot_on", "chosen"),
    [
        (NIGHT, NIGHT, ("aws_spot", 20, 0)),
        (days_ago(3), NIGHT, ("aws_spot", 20, 3)),
        (days_ago(4), NIGHT, ("aws_spot_feed", 35, 0)),
        (days_ago(122), NIGHT, ("aws_spot_feed", 35, 0)),
        (days_ago(122), days_ago(120), ("aws_spot", 20, 122)),
    ],
)
def test_a_measured_spot_price_wins_for_three_days(
    measured_on: date, snapshot_on: date, chosen: tuple[str, float, int]
) -> None:
    row = spot_of(measured_on, snapshot_on)
    assert (row["source"], row["usd_per_hour"], row["price_age_days"]) == chosen


@pytest.mark.parametrize(
    ("price_date", "answered_on", "origin"),
    [
        (days_ago(2), NIGHT, "live"),
        (days_ago(3), NIGHT, "last_known"),
        (NIGHT, days_ago(1), "last_known"),
        (NIGHT, None, "last_known"),
    ],
)
def test_a_spot_price_is_live_if_its_source_answered_tonight(
    price_date: date, answered_on: date | None, origin: str
) -> None:
    assert spot_of(price_date, days_ago(30), answered_on)["price_origin"] == origin


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


@pytest.mark.parametrize(
    ("source", "checked_on", "answered_on", "shown"),
    [
        ("token_prices", None, NIGHT, ("live", NIGHT)),
        ("token_prices", days_ago(498), NIGHT, ("last_known", days_ago(498))),
        ("token_prices", days_ago(2), days_ago(9), ("last_known", days_ago(9))),
        ("bundled_token_prices", days_ago(498), NIGHT, ("bundled", days_ago(498))),
        ("bundled_token_prices", None, NIGHT, ("bundled", days_ago(12))),
        # a provider's own meters are no row of the catalogue
        ("azure_tokens", days_ago(498), NIGHT, ("live", NIGHT)),
    ],
)
def test_a_price_is_no_younger_than_its_row_of_the_catalogue(
    source: str, checked_on: date | None, answered_on: date, shown: tuple[str, date]
) -> None:
    price: Row = {"source": source, "published_at": days_ago(12)}
    answer: Row = {"record": "token_price", "source": source, "verified_on": answered_on}
    (row,) = made(
        "opt_api",
        hist_token_price=[price],
        opt_fx=[{}],
        # served for two models, and only one of the rows tells
        token_model=[{"price_as_of": checked_on}, {"model": "gpt-3.5-20b", "price_as_of": None}],
        opt_answer=[answer],
        opt_held=[],
    )
    assert (row["price_origin"], row["price_as_of"]) == shown


@pytest.mark.parametrize(
    ("answers", "held", "confirmed_on"),
    [
        # the row of yesterday's answer was refused, and "unchanged" stands for that answer
        ({2: "complete", 1: "complete", 0: "unchanged"}, (1,), days_ago(2)),
        ({3: "complete", 2: "unchanged", 1: "complete", 0: "failed"}, (1,), days_ago(2)),
        ({1: "complete", 0: "unchanged"}, (1,), None),
        # refused once, and accepted since
        ({2: "complete", 1: "complete", 0: "unchanged"}, (2,), NIGHT),
    ],
)
def test_a_held_price_is_confirmed_by_answers_in_which_it_was_not_refused(
    answers: dict[int, str], held: tuple[int, ...], confirmed_on: date | None
) -> None:
    refused: Row = {"record": "instance_price", "source": "aws_prices", "region": "us-east-1", "kind": "on_demand"}
    (row,) = made(
        "opt_held",
        hist_partition=[{"cost_date": days_ago(days), "status": status} for days, status in answers.items()],
        gate__quarantine=[{**refused, "key": "p5", "cost_date": days_ago(days), "held": True} for days in held],
    )
    assert (row["price_key"], row["confirmed_on"]) == ("p5", confirmed_on)
