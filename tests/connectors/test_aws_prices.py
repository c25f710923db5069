"""On-demand, reserved and gp3 prices from the regional CSV: golden rows, traps, properties."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.ask import Known
from connectors.aws_offer_csv import OfferCsv
from connectors.aws_offers import OfferFile
from connectors.aws_prices import NEEDED, OFFER, aws_prices, parse
from connectors.errors import SchemaDrift, SourceUnavailable
from connectors.records import InstancePrice, Partition, schema_of
from tests.connectors.aws import FIXTURES, ask_of, prices_of, pull_all, remembered, rows_of
from tests.fakes import aws_price_list
from tests.fakes.aws_ec2_csv import COLUMNS, Row, csv_text, region_rows
from tests.fakes.aws_world import ON_DEMAND, World
from tests.fakes.server import Fault, Server

VERSION = "20260910195514"
PUBLISHED = "2026-09-10T19:55:14Z"


def parsed(path: Path, region: str = "us-east-1", scope: str = "all") -> dict[str, Partition]:
    file = OfferFile(region, VERSION, f"https://prices.example/{region}/index.json")
    ask = ask_of("https://prices.example", path.parent, scope=scope)
    return {p.kind: p for p in parse(ask, file, OfferCsv.of(path, OFFER.code, NEEDED))}


def parsed_rows(folder: Path, rows: list[Row], columns: list[str] = COLUMNS) -> dict[str, Partition]:
    path = folder / "offer.csv"
    path.write_text(csv_text(rows, VERSION, PUBLISHED, columns))
    return parsed(path)


@pytest.fixture(scope="module")
def golden(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Partition]:
    path = tmp_path_factory.mktemp("golden") / "offer.csv"
    shutil.copy(FIXTURES / "aws_prices.csv", path)
    return parsed(path)


@pytest.fixture
def server() -> Iterator[Server]:
    with Server([aws_price_list.fake()]) as running:
        yield running


def test_golden_on_demand_prices_to_the_last_decimal(golden: dict[str, Partition]) -> None:
    rows = golden["on_demand"].rows.to_pylist()
    assert {r["sku"]: str(r["price_per_hour"]) for r in rows} == {
        "m5.xlarge": "0.1920000000",
        "p4d.24xlarge": "21.9576420000",
        "p5.48xlarge": "55.0400000000",
        "trn1.32xlarge": "21.5000000000",
    }
    p5 = next(r for r in rows if r["sku"] == "p5.48xlarge")
    assert p5["source_key"] == "3D4V8UAYEMB38GU2.JRTCKXETXF.6YS6EN2CT7"
    assert (p5["source_version"], p5["published_at"].isoformat()) == (VERSION, "2026-09-10T19:55:14+00:00")
    assert (p5["operating_system"], p5["currency"], p5["location_type"], p5["zone"]) == ("Linux", "USD", "region", "")
    assert golden["on_demand"].rows.schema == schema_of(InstancePrice)


def test_every_other_product_is_dropped_and_counted(golden: dict[str, Partition]) -> None:
    assert golden["on_demand"].dropped == {
        "another region": 1,
        "CapacityStatus=AllocatedCapacityReservation": 4,
        "CapacityStatus=UnusedCapacityReservation": 4,
        "MarketOption=CapacityBlock": 3,
        "Operating System=Windows": 12,
        "Pre Installed S/W=SQL Std": 4,
        "Tenancy=Dedicated": 4,
    }
    assert all(p.rejected.num_rows == 0 for p in golden.values())


def test_reserved_terms_are_folded_to_an_effective_hour(golden: dict[str, Partition]) -> None:
    m5 = {r["purchase_option"]: r for r in golden["reserved"].rows.to_pylist() if r["sku"] == "m5.xlarge"}
    assert len(m5) == 9
    partial = m5["reserved_1y_partial_upfront"]
    assert (partial["list_per_hour"], partial["upfront"], partial["term_hours"]) == (
        Decimal("0.0576"),
        Decimal(505),
        8760,
    )
    assert partial["price_per_hour"] == Decimal("0.1152484018")  # 0.0576 + 505 / 8760
    convertible = m5["reserved_3y_all_upfront_convertible"]  # "3 yr", with a blank, in the file
    assert convertible["list_per_hour"] == 0
    assert convertible["price_per_hour"] == (convertible["upfront"] / 26280).quantize(Decimal("1e-10"))
    assert m5["reserved_1y_no_upfront"]["upfront"] is None


def test_gp3_is_priced_per_gb_iops_and_mib(golden: dict[str, Partition]) -> None:
    prices = {r["unit"]: r["price"] for r in golden["block_storage"].rows.to_pylist()}
    assert prices == {"GB-month": Decimal("0.08"), "IOPS-month": Decimal("0.005"), "MiB/s-month": Decimal("0.04")}


def test_two_skus_for_one_key_are_both_rejected(tmp_path: Path) -> None:
    rows = region_rows(World(on_demand={"us-east-1": {"p5.48xlarge": "55.0400000000"}}), "us-east-1")
    linux = next(r for r in rows if r.get("MarketOption") == "OnDemand" and r["TermType"] == "OnDemand")
    found = parsed_rows(tmp_path, [*rows, linux | {"SKU": "OTHER", "RateCode": "OTHER.1.2", "PricePerUnit": "12.5"}])
    assert found["on_demand"].rows.num_rows == 0
    assert found["on_demand"].rejected.column("reason").to_pylist() == ["conflict", "conflict"]
    assert "12.5" in "".join(found["on_demand"].rejected.column("row").to_pylist())


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"PricePerUnit": "n/a"}, "unreadable price"),
        ({"PricePerUnit": "0.0000000000"}, "price is not above 0"),
        ({"PricePerUnit": "-1"}, "price is not above 0"),
        ({"Unit": "Quantity"}, "unit is not Hrs"),
        ({"Currency": ""}, "required field is missing"),
    ],
)
def test_unusable_rows_are_rejected_with_the_reason(tmp_path: Path, change: Row, reason: str) -> None:
    rows = region_rows(World(on_demand={"us-east-1": {"p5.48xlarge": "55.0400000000"}}), "us-east-1")
    at = next(i for i, r in enumerate(rows) if r.get("MarketOption") == "OnDemand" and r["TermType"] == "OnDemand")
    rows[at] |= change
    found = parsed_rows(tmp_path, rows)["on_demand"]
    assert (found.rows.num_rows, found.rejected.column("reason").to_pylist()) == (0, [reason])


@pytest.mark.parametrize("lease", ["", "a year", "999999999yr"])
def test_a_term_of_no_length_is_rejected_alone(tmp_path: Path, lease: str) -> None:
    rows = region_rows(World(on_demand={"us-east-1": {"p5.48xlarge": "55.0400000000"}}), "us-east-1")
    term = next(r for r in rows if r["TermType"] == "Reserved" and r["PurchaseOption"] == "No Upfront")
    whole = parsed_rows(tmp_path, rows)["reserved"].rows.num_rows
    term["LeaseContractLength"] = lease
    found = parsed_rows(tmp_path, rows)
    assert (found["on_demand"].rows.num_rows, found["reserved"].rows.num_rows) == (1, whole - 1)
    assert found["reserved"].rejected.column("reason").to_pylist() == ["unreadable term"]


def test_half_a_reserved_term_is_never_a_price(tmp_path: Path) -> None:
    rows = region_rows(World(on_demand={"us-east-1": {"p5.48xlarge": "55.0400000000"}}), "us-east-1")
    found = parsed_rows(tmp_path, [r for r in rows if r.get("Unit") != "Quantity"])["reserved"]
    assert {r["purchase_option"] for r in found.rows.to_pylist()} == {
        "reserved_1y_no_upfront",
        "reserved_3y_no_upfront",
        "reserved_1y_no_upfront_convertible",
    }
    assert set(found.rejected.column("reason").to_pylist()) == {"upfront fee does not fit the payment option"}


def test_a_fee_on_a_term_without_one_is_never_a_price(tmp_path: Path) -> None:
    rows = region_rows(World(on_demand={"us-east-1": {"p5.48xlarge": "55.0400000000"}}), "us-east-1")
    term = next(r for r in rows if r.get("PurchaseOption") == "No Upfront")
    fee = term | {"RateCode": "A.FEE.2TG2D8R56U", "Unit": "Quantity", "PricePerUnit": "144645"}
    whole = parsed_rows(tmp_path, rows)["reserved"].rows.num_rows
    found = parsed_rows(tmp_path, [*rows, fee])["reserved"]
    assert found.rejected.column("reason").to_pylist() == ["upfront fee does not fit the payment option"]
    assert found.rows.num_rows == whole - 1
    assert "reserved_1y_no_upfront" not in found.rows.column("purchase_option").to_pylist()


@pytest.mark.parametrize(("payment", "unit"), [("No Upfront", "Hrs"), ("All Upfront", "Quantity")])
def test_a_term_for_nothing_is_never_a_price(tmp_path: Path, payment: str, unit: str) -> None:
    """Of an all-upfront term the hour is 0: its fee alone is its price."""
    rows = region_rows(World(on_demand={"us-east-1": {"p5.48xlarge": "55.0400000000"}}), "us-east-1")
    next(r for r in rows if r.get("PurchaseOption") == payment and r["Unit"] == unit)["PricePerUnit"] = "0"
    found = parsed_rows(tmp_path, rows)["reserved"]
    assert found.rejected.column("reason").to_pylist() == ["price is not above 0"]
    option = f"reserved_1y_{payment.lower().replace(' ', '_')}"
    assert option not in found.rows.column("purchase_option").to_pylist()


def test_rows_listed_twice_change_no_price(tmp_path: Path) -> None:
    rows = region_rows(World(on_demand={"us-east-1": {"p5.48xlarge": "55.0400000000"}}), "us-east-1")
    once, twice = parsed_rows(tmp_path, rows), parsed_rows(tmp_path, rows + rows)
    assert twice["reserved"].rows.num_rows > 0
    assert {kind: p.rows for kind, p in twice.items()} == {kind: p.rows for kind, p in once.items()}


@pytest.mark.parametrize("unit", ["Hrs", "Quantity"])
def test_two_prices_for_one_part_of_a_term_are_rejected(tmp_path: Path, unit: str) -> None:
    rows = region_rows(World(on_demand={"us-east-1": {"p5.48xlarge": "55.0400000000"}}), "us-east-1")
    part = next(r for r in rows if r.get("PurchaseOption") == "Partial Upfront" and r["Unit"] == unit)
    other = part | {"PricePerUnit": "1.0000000000"}
    found = parsed_rows(tmp_path, [*rows, other])["reserved"]
    assert found.rejected.column("reason").to_pylist() == ["conflict"]
    assert "reserved_1y_partial_upfront" not in found.rows.column("purchase_option").to_pylist()


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_column_order_and_other_columns_do_not_matter(tmp_path: Path, data: st.DataObject) -> None:
    rows = region_rows(World(on_demand={"us-east-1": {"p5.48xlarge": "55.0400000000"}}), "us-east-1")
    needed = [*NEEDED, "MarketOption", "GPU", "LeaseContractLength", "PurchaseOption", "OfferingClass"]
    others = data.draw(st.lists(st.sampled_from([c for c in COLUMNS if c not in needed]), unique=True))
    columns = data.draw(st.permutations([*needed, *others, "instanceFamilyCategory", "gpu"]))
    straight, shuffled = parsed_rows(tmp_path, rows), parsed_rows(tmp_path, rows, columns)
    assert all(straight[kind].rows.equals(shuffled[kind].rows) for kind in straight)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(fees=st.lists(st.integers(1, 2_000_000), min_size=2, max_size=2, unique=True))
def test_reserved_price_rises_with_its_upfront_fee(tmp_path: Path, fees: list[int]) -> None:
    rows = region_rows(World(on_demand={"us-east-1": {"p5.48xlarge": "55.0400000000"}}), "us-east-1")
    prices = []
    for fee in sorted(fees):
        changed = [r | ({"PricePerUnit": str(fee)} if r.get("Unit") == "Quantity" else {}) for r in rows]
        found = {r["purchase_option"]: r for r in parsed_rows(tmp_path, changed)["reserved"].rows.to_pylist()}
        row = found["reserved_1y_partial_upfront"]
        prices.append(row["price_per_hour"])
        assert abs(row["price_per_hour"] - row["list_per_hour"] - Decimal(fee) / 8760) <= Decimal("0.5e-10")
    assert prices[0] < prices[1]


def test_a_missing_needed_column_is_schema_drift(tmp_path: Path) -> None:
    with pytest.raises(SchemaDrift, match="Tenancy"):
        parsed_rows(tmp_path, [], [c for c in COLUMNS if c != "Tenancy"])


def test_without_market_option_the_operation_keeps_capacity_blocks_out(tmp_path: Path) -> None:
    rows = region_rows(World(on_demand={"us-east-1": {"p5.48xlarge": "55.0400000000"}}), "us-east-1")
    found = parsed_rows(tmp_path, rows, [c for c in COLUMNS if c != "MarketOption"])
    assert [r["price_per_hour"] for r in found["on_demand"].rows.to_pylist()] == [Decimal("55.04")]


@pytest.mark.parametrize("broken", ["no preamble", "another offer", "short line"])
def test_another_shape_is_schema_drift(tmp_path: Path, broken: str) -> None:
    path = tmp_path / "offer.csv"
    lines = (FIXTURES / "aws_prices.csv").read_text().splitlines(keepends=True)
    text = {
        "no preamble": "".join(lines[5:]),
        "another offer": "".join(lines).replace('"OfferCode","AmazonEC2"', '"OfferCode","AmazonRDS"'),
        "short line": "".join(lines)[:-200],
    }
    path.write_text(text[broken])
    with pytest.raises(SchemaDrift):
        parsed(path)


def test_scope_accelerated_keeps_listed_types_and_any_with_a_gpu(server: Server, tmp_path: Path) -> None:
    ask = ask_of(server.url("aws-price-list"), tmp_path, regions=("us-east-1",), skus={"aws": frozenset({"m5.xlarge"})})
    assert {k[1] for k in prices_of(pull_all(aws_prices, ask), "on_demand")} == set(ON_DEMAND["us-east-1"])
    bare = ask_of(server.url("aws-price-list"), tmp_path, regions=("us-east-1",))
    found = pull_all(aws_prices, bare)
    assert "m5.xlarge" not in {k[1] for k in prices_of(found, "on_demand")}
    assert found[0].dropped["not accelerated"] == 16  # one on-demand row, 15 rows of terms


def test_every_served_region_has_its_own_price(server: Server, tmp_path: Path) -> None:
    found = prices_of(pull_all(aws_prices, ask_of(server.url("aws-price-list"), tmp_path, scope="all")), "on_demand")
    assert found == {
        (region, sku, "on_demand"): Decimal(price)
        for region, prices in ON_DEMAND.items()
        if not region.startswith("cn-")
        for sku, price in prices.items()
    }
    assert found["us-east-1", "p4d.24xlarge", "on_demand"] - found["us-west-2", "p4d.24xlarge", "on_demand"] == Decimal(
        "2e-6"
    )


def test_a_local_zone_is_flagged_and_belongs_to_its_region(server: Server, tmp_path: Path) -> None:
    ask = ask_of(server.url("aws-price-list"), tmp_path, regions=("us-east-1-atl-1",))
    (row,) = rows_of(pull_all(aws_prices, ask), "on_demand")
    assert (row["region"], row["zone"], row["location_type"]) == ("us-east-1", "us-east-1-atl-1", "local_zone")


def test_plan_knows_only_what_the_index_lists(server: Server, tmp_path: Path) -> None:
    asked = ask_of(server.url("aws-price-list"), tmp_path, regions=("us-east-1", "mars-1", "cn-north-1"))
    assert aws_prices.plan(asked) == ["us-east-1"]
    everywhere = aws_prices.plan(ask_of(server.url("aws-price-list"), tmp_path))
    assert "us-gov-west-1" in everywhere
    assert "cn-north-1-pkx-1" not in everywhere


def test_a_night_without_news_downloads_kilobytes(server: Server, tmp_path: Path) -> None:
    ask = ask_of(server.url("aws-price-list"), tmp_path, regions=("us-east-1",))
    first = pull_all(aws_prices, ask)
    server.bytes_sent = 0
    second = pull_all(aws_prices, remembered(ask, first))
    assert [(p.kind, p.unchanged, p.rows.num_rows) for p in second] == [(p.kind, True, 0) for p in first]
    assert server.bytes_sent < 10_000
    assert not list(tmp_path.glob("*.csv*"))


def test_a_new_version_with_the_known_etag_is_not_downloaded(server: Server, tmp_path: Path) -> None:
    ask = ask_of(server.url("aws-price-list"), tmp_path, regions=("us-east-1",))
    first = pull_all(aws_prices, ask)
    older = replace(ask, known={(p.region, p.kind): Known("20260101000000", p.etag) for p in first})
    second = pull_all(aws_prices, older)
    assert [(p.unchanged, p.etag, p.source_version) for p in second] == [(True, first[0].etag, VERSION)] * 3


def test_after_a_kill_a_whole_file_is_not_downloaded_again(server: Server, tmp_path: Path) -> None:
    ask = ask_of(server.url("aws-price-list"), tmp_path, regions=("us-east-1",))
    killed = aws_prices.pull(ask, "us-east-1")
    next(killed)
    killed.close()  # type: ignore[attr-defined] # a generator
    assert (tmp_path / f"AmazonEC2.us-east-1.{VERSION}.csv").exists()
    assert len(prices_of(pull_all(aws_prices, ask), "on_demand")) == 11
    assert sum("index.csv" in line for line in server.seen) == 1


def test_running_twice_gives_the_same_rows(server: Server, tmp_path: Path) -> None:
    ask = ask_of(server.url("aws-price-list"), tmp_path, scope="all")
    first, second = pull_all(aws_prices, ask), pull_all(aws_prices, ask)
    assert all(a.rows.equals(b.rows) and a.dropped == b.dropped for a, b in zip(first, second, strict=True))


def test_a_republished_file_with_one_new_price_is_read_again(tmp_path: Path) -> None:
    fake = aws_price_list.fake()
    with Server([fake]) as server:
        ask = ask_of(server.url("aws-price-list"), tmp_path, regions=("us-east-1",))
        first = pull_all(aws_prices, ask)
        world = World().republished("20260921194712", "us-east-1", "p5.48xlarge", "54.0000000000")
        fake.answer.world = world  # type: ignore[attr-defined] # a PriceList
        second = pull_all(aws_prices, remembered(ask, first))
    old, new = prices_of(first, "on_demand"), prices_of(second, "on_demand")
    assert {k: (old[k], v) for k, v in new.items() if old[k] != v} == {
        ("us-east-1", "p5.48xlarge", "on_demand"): (Decimal("55.04"), Decimal(54))
    }


def test_a_broken_download_resumes_and_gives_the_whole_file(server: Server, tmp_path: Path) -> None:
    server.faults.append(Fault("index.csv", truncate_to=30_000, times=2))
    ask = ask_of(server.url("aws-price-list"), tmp_path, regions=("us-east-1",))
    assert len(prices_of(pull_all(aws_prices, ask), "on_demand")) == 11
    assert sum("index.csv" in line for line in server.seen) == 3


def test_an_unreadable_file_is_set_aside_and_downloaded_again(server: Server, tmp_path: Path) -> None:
    server.faults.append(Fault("index.csv", status=200, body=b"<html>back soon</html>"))
    ask = ask_of(server.url("aws-price-list"), tmp_path, regions=("us-east-1",))
    with pytest.raises(SchemaDrift, match="back soon"):
        pull_all(aws_prices, ask)
    assert [p.name for p in tmp_path.glob("*.csv*")] == [f"AmazonEC2.us-east-1.{VERSION}.csv.unreadable"]
    assert len(prices_of(pull_all(aws_prices, ask), "on_demand")) == 11


def test_an_absent_region_file_fails_that_region_only(server: Server, tmp_path: Path) -> None:
    server.faults.append(Fault("us-west-2/index.csv", status=403, body=b"AccessDenied"))
    ask = ask_of(server.url("aws-price-list"), tmp_path, regions=("us-west-2", "us-east-1"))
    with pytest.raises(SourceUnavailable, match="403"):
        list(aws_prices.pull(ask, "us-west-2"))
    assert list(aws_prices.pull(ask, "us-east-1"))
