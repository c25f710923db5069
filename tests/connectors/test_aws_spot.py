"""Spot history: time weighting, paging, one region's refusal, throttling, expired tokens."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from botocore.config import Config
from hypothesis import given
from hypothesis import strategies as st

from connectors import aws_session
from connectors.ask import Ask
from connectors.aws_spot import aws_spot, day_partition, weigh
from connectors.errors import MissingCredentials, RateLimited, RegionNotEnabled, SourceUnavailable
from connectors.records import Partition, SpotPrice, schema_of
from tests.connectors.aws import FIXTURES, ask_of, pull_all, rows_of, signed, unsigned
from tests.fakes import aws_ec2_api
from tests.fakes.aws_ec2_api import Ec2Api, Refusal
from tests.fakes.aws_world import World
from tests.fakes.server import Server

DAY = date(2026, 11, 20)
MIDNIGHT = datetime(2026, 11, 20, tzinfo=UTC)
SKUS = {"aws": frozenset({"p5.48xlarge", "p4d.24xlarge"})}


@pytest.fixture
def api() -> Ec2Api:
    return Ec2Api(World())


@pytest.fixture
def ask(api: Ec2Api, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Ask]:
    with Server([replace(aws_ec2_api.fake(), answer=api)]) as server:
        signed(monkeypatch, server)
        yield ask_of("", tmp_path, skus=SKUS, regions=("us-east-1", "us-west-2", "ap-east-1"))


def recorded() -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads((FIXTURES / "aws_spot.json").read_text())["SpotPriceHistory"]
    return [row | {"Timestamp": datetime.fromisoformat(row["Timestamp"])} for row in rows]


def test_the_worked_day_is_weighted_by_time() -> None:
    found = day_partition("us-east-1", DAY, recorded(), "https://ec2.example")
    rows = {r["zone"]: r for r in found.rows.to_pylist()}
    # 20 until 06:00, 22 until 23:00, 30 until midnight; the mean of the rows would be 24
    assert rows["us-east-1a"]["price_per_hour"] == Decimal("21.8333333333")
    assert (rows["us-east-1a"]["min_per_hour"], rows["us-east-1a"]["max_per_hour"]) == (20, 30)
    assert rows["us-east-1b"]["price_per_hour"] == Decimal("24.75")
    assert {r["coverage_ratio"] for r in rows.values()} == {1.0}
    assert found.rows.schema == schema_of(SpotPrice)


def test_a_pool_without_an_earlier_price_covers_part_of_the_day() -> None:
    price = weigh({MIDNIGHT + timedelta(hours=18): Decimal(3)}, DAY)
    assert price is not None
    assert (price.mean, price.coverage_ratio) == (Decimal(3), 0.25)
    assert weigh({MIDNIGHT + timedelta(hours=24): Decimal(3)}, DAY) is None


@given(
    st.dictionaries(st.integers(-2880, 1439), st.integers(1, 10**7), min_size=1, max_size=12),
)
def test_weighting_equals_sampling_every_minute(events: dict[int, int]) -> None:
    price = weigh({MIDNIGHT + timedelta(minutes=m): Decimal(v) / 1000 for m, v in events.items()}, DAY)
    samples = []
    for minute in range(1440):
        before = [m for m in events if m <= minute]
        samples += [Decimal(events[max(before)]) / 1000] if before else []
    assert price is not None
    assert abs(price.mean - sum(samples, Decimal(0)) / len(samples)) <= Decimal("1e-9")
    assert price.coverage_ratio == pytest.approx(len(samples) / 1440)
    assert (price.low, price.high) == (min(samples), max(samples))


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"SpotPrice": "31.0"}, "conflict"),
        ({"SpotPrice": "n/a", "Timestamp": MIDNIGHT}, "unreadable price"),
        ({"SpotPrice": "0", "Timestamp": MIDNIGHT}, "price is not above 0"),
    ],
)
def test_a_pool_with_one_bad_change_is_rejected_whole(row: dict[str, Any], reason: str) -> None:
    rows = recorded()
    found = day_partition("us-east-1", DAY, [*rows, rows[0] | row], "https://ec2.example")
    assert [(r["key"], r["reason"]) for r in found.rejected.to_pylist()] == [("us-east-1a/p5.48xlarge", reason)]
    assert [r["zone"] for r in found.rows.to_pylist()] == ["us-east-1b"]


def test_other_products_never_leak_in() -> None:
    windows = [row | {"ProductDescription": "Windows", "SpotPrice": "99"} for row in recorded()]
    found = day_partition("us-east-1", DAY, [*recorded(), *windows], "https://ec2.example")
    assert found.dropped == {"another product": 5}
    assert max(r["max_per_hour"] for r in found.rows.to_pylist()) == 30


def test_all_pages_of_all_enabled_regions(ask: Ask) -> None:
    found = pull_all(aws_spot, ask)
    assert [p.region for p in found] == ["us-east-1", "us-west-2"]  # ap-east-1 is not opted in
    prices = {(r["zone"], r["sku"]): r["price_per_hour"] for r in rows_of(found, "spot")}
    assert prices["us-east-1a", "p5.48xlarge"] == Decimal("21.8333333333")
    assert set(prices) == {
        ("us-east-1a", "p5.48xlarge"),
        ("us-east-1b", "p5.48xlarge"),
        ("us-east-1a", "p4d.24xlarge"),
        ("us-east-1b", "p4d.24xlarge"),
        ("us-west-2a", "p4d.24xlarge"),
        ("us-west-2b", "p4d.24xlarge"),
    }
    assert {r["price_date"] for r in rows_of(found, "spot")} == {DAY}


def refused(api: Ec2Api, ask: Ask, refusal: Refusal) -> list[Partition]:
    api.refusals.append(refusal)
    return list(aws_spot.pull(ask, "us-east-1"))


def test_one_regions_auth_failure_is_that_regions_status(api: Ec2Api, ask: Ask) -> None:
    with pytest.raises(RegionNotEnabled, match="region_not_enabled"):
        refused(api, ask, Refusal("DescribeSpotPriceHistory", "AuthFailure", "us-east-1", 401))
    assert next(aws_spot.pull(ask, "us-west-2")).rows.num_rows == 2


@pytest.mark.parametrize("code", ["RequestExpired", "ExpiredToken", "UnauthorizedOperation"])
def test_bad_credentials_leave_yesterdays_prices_alone(api: Ec2Api, ask: Ask, code: str) -> None:
    with pytest.raises(SourceUnavailable, match=code):
        refused(api, ask, Refusal("DescribeSpotPriceHistory", code, status=403))


def test_throttling_is_waited_out_and_then_named(api: Ec2Api, ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    once = refused(api, ask, Refusal("DescribeSpotPriceHistory", "RequestLimitExceeded", status=503, times=1))
    assert once[0].rows.num_rows == 4
    monkeypatch.setattr(aws_session, "CONFIG", aws_session.CONFIG.merge(Config(retries={"max_attempts": 1})))
    with pytest.raises(RateLimited, match="RequestLimitExceeded"):
        refused(api, ask, Refusal("DescribeSpotPriceHistory", "RequestLimitExceeded", status=503))


def test_an_expired_page_token_starts_the_listing_anew(api: Ec2Api, ask: Ask) -> None:
    whole = refused(api, ask, Refusal("DescribeSpotPriceHistory", "InvalidNextToken", times=1))
    assert whole[0].rows.num_rows == 4


def test_without_credentials_the_source_is_skipped(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    unsigned(monkeypatch, tmp_path)
    with pytest.raises(MissingCredentials, match="optional, skipped"):
        aws_spot.plan(ask_of("", tmp_path))


def test_a_broken_profile_is_named_and_looked_up_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    unsigned(monkeypatch, tmp_path)
    (tmp_path / "no-config").write_text("[profile broken]\nrole_arn = arn:aws:iam::1:role/r\nsource_profile = gone\n")
    monkeypatch.setenv("AWS_PROFILE", "broken")
    ask = ask_of("", tmp_path)
    for _ in range(2):
        with pytest.raises(MissingCredentials, match="gone"):
            aws_spot.plan(ask)
    assert ask.web.once("aws credentials", lambda: (None, "looked up again"))[1] != "looked up again"


def test_a_dead_endpoint_is_named_at_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for key in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(key, "fake")
    monkeypatch.setenv("AWS_ENDPOINT_URL_EC2", "http://127.0.0.1:9")
    with pytest.raises(SourceUnavailable, match="no connection"):
        aws_spot.plan(ask_of("", tmp_path))
