"""focus_cost against a statement of FOCUS 1.2 of our own (fixtures/focus_1_2.csv), read back with pyarrow.

The statement names the columns of FOCUS 1.2 (focus.finops.org, released 2025-05-29) that a modelled cost can fill:
type, whether null is allowed, and the allowed values. Left out: capacity reservations, sub-account type, commitment
quantities and pricing currencies, which FOCUS asks for only where a provider has them.
"""

from __future__ import annotations

import csv
import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from costmodel.evaluate import evaluate
from flows.config_tables import Discount
from flows.reference import Reference, open_reference, rows_of
from flows.settings import Settings
from tests.costmodel.options import BEDROCK, CLOUD, FP8, columns, exact_assumptions, option
from tests.flows.conftest import Night

SPEC = {row["column"]: row for row in csv.DictReader((Path(__file__).parents[1] / "fixtures/focus_1_2.csv").open())}
IS_TYPE = {
    "string": pa.types.is_string,
    "json": pa.types.is_string,
    "decimal": pa.types.is_decimal,
    "datetime": lambda kind: pa.types.is_timestamp(kind) and kind.tz == "UTC",
}
PARENT = {
    "Virtual Machines": "Compute",
    "Other (Compute)": "Compute",
    "Block Storage": "Storage",
    "Other (Networking)": "Networking",
    "Generative AI": "AI and Machine Learning",
    "Other (Other)": "Other",
}


@pytest.fixture(scope="session")
def focus(live_night: Night) -> pa.Table:
    return pq.read_table(live_night.home / "published" / "parquet" / "focus_cost")


def test_it_has_exactly_the_stated_columns_and_marks_its_own(focus: pa.Table) -> None:
    ours = [name for name in focus.column_names if name not in SPEC]
    assert [name for name in focus.column_names if name in SPEC] == list(SPEC)
    assert ours
    assert all(name.startswith("x_") for name in ours)


@pytest.mark.parametrize("column", SPEC)
def test_types_nulls_and_values_are_allowed(focus: pa.Table, column: str) -> None:
    spec, values = SPEC[column], focus[column]
    assert IS_TYPE[spec["type"]](values.type)
    assert spec["nullable"] == "true" or values.null_count == 0
    allowed = set(filter(None, spec["allowed"].split(";")))
    assert not allowed or set(values.unique().drop_null().to_pylist()) <= allowed


def test_nothing_was_billed_and_every_row_says_it_is_modelled(focus: pa.Table) -> None:
    assert focus.num_rows > 1000
    assert pc.max(pc.abs(focus["BilledCost"])).as_py() == 0
    assert pc.all(focus["x_is_modelled"]).as_py()


def test_effective_cost_is_the_cost_of_the_ranked_options_to_the_cent(focus: pa.Table, live_night: Night) -> None:
    sums = focus.group_by(["x_scenario_id", "x_option_id"]).aggregate([("EffectiveCost", "sum")])
    found = {(r["x_scenario_id"], r["x_option_id"]): r["EffectiveCost_sum"] for r in sums.to_pylist()}
    ranked = live_night.rows("select scenario_id, option_id, usd_per_day from daily_cost where rank is not null")
    assert found == {(scenario, option): usd for scenario, option, usd in ranked}


def of_commitments(focus: pa.Table) -> pa.ChunkedArray:
    """Rents of commitments, and of mixes, which hold one."""
    committed = pc.or_(pc.is_valid(focus["CommitmentDiscountId"]), pc.ends_with(focus["x_option_id"], "/mix"))
    return pc.and_(committed, pc.equal(focus["x_component"], "rental_usd"))


def test_without_a_negotiated_discount_the_list_cost_is_the_contracted_and_the_effective_one(focus: pa.Table) -> None:
    for row in focus.filter(pc.invert(of_commitments(focus))).slice(0, 2000).to_pylist():
        assert float(row["ListCost"]) == pytest.approx(float(row["EffectiveCost"]), abs=2e-4)
        assert float(row["ContractedCost"]) == pytest.approx(float(row["EffectiveCost"]), abs=2e-4)


def test_a_commitment_shows_in_the_effective_cost_alone(focus: pa.Table, live_night: Night) -> None:
    rents = focus.filter(of_commitments(focus)).to_pylist()
    prices = dict(live_night.rows("select option_id, on_demand_usd_per_hour from option where deployment = 'cloud'"))
    assert len(rents) > 100
    for row in rents:
        on_demand = float(row["PricingQuantity"]) * prices[row["x_option_id"]]  # type: ignore[operator]
        assert float(row["ListCost"]) == float(row["ContractedCost"]) == pytest.approx(on_demand, abs=1e-4)
        assert float(row["EffectiveCost"]) <= on_demand


class Relation(str):
    """FROM expression as dbt's `ref` gives it to a view."""

    __slots__ = ()

    def include(self, **_: bool) -> Relation:
        return self


def reserved_node(*discounts: Discount, on_demand_usd: float | None = None) -> tuple[Reference, dict[str, Any]]:
    """A reserved p5.48xlarge at a list price of 55.04 USD/hour, as the night offers it; other prices are unknown."""
    price = {"provider": "aws", "region": "us-east-1", "zone": "", "sku": "p5.48xlarge", "operating_system": "Linux"}
    price |= {"purchase_option": "reserved_1y_no_upfront", "usd_per_hour": 55.04, "price_origin": "live"}
    unknown = ("upfront_usd", "term_hours", "quality", "price_as_of", "price_age_days", "source")
    unknown += ("source_url", "source_version", "source_key", "currency", "usd_per_unit", "fx_date", "fx_source")
    stated = ", ".join([*(f"{v!r} as {n}" for n, v in price.items()), *(f"null as {n}" for n in unknown)])
    on_demand = f"'on_demand' as purchase_option, {on_demand_usd or 0} as usd_per_hour"
    given = {
        "opt_instance_price": f"(with reserved as (select {stated}) from reserved union all"
        f" select * replace ({on_demand}) from reserved where {on_demand_usd is not None})",
        "opt_spot_price": f"(select {stated} limit 0)",
        "opt_availability": "(select '' as provider, '' as region, '' as sku, true as available,"
        " '' as unavailable_reason, '' as interruption_band)",
        "opt_service_price": "(select '' as provider, '' as region, '' as service, 0 as usd_per_unit_sold,"
        " null::varchar as usd_per_unit_by_tier)",
        "opt_tariff_band": "(select '' as tariff_zone, 'retail' as kind, '' as band, 0 as band_from_mwh_per_year,"
        " 0 as usd_per_kwh, 0 as usd_per_kwh_low, 0 as usd_per_kwh_high, 0 as usd_per_unit)",
    }
    reference = open_reference(Settings(discount=list(discounts)), given, "2026-06-01")
    (node,) = rows_of(reference.con, f"from {reference['opt_cloud']} where purchase_option <> 'on_demand'")
    return reference, node


RATIOS = ("egress_discount_ratio", "storage_discount_ratio", "tokens_discount_ratio")


def bill_of(node: dict[str, Any]) -> dict[str, float]:
    """Figures of a day of eleven of these nodes, or of an API's tokens."""
    priced = {name: node[name] for name in ("usd_per_hour", "list_usd_per_hour", *RATIOS) if name in node}
    row = option(BEDROCK, priced) if node["deployment"] == "api" else option(CLOUD, FP8, priced)
    figures = evaluate(columns([{k: np.nan if v is None else v for k, v in row.items()}]), exact_assumptions(), draws=0)
    return {name: values.item() for name, values in figures.items()}


def rent_of(reference: Reference, node: dict[str, Any], component: str = "rental_usd") -> dict[str, Any]:
    """The line that eleven of these nodes all day make, or another component of the same cost."""
    return lines_of(reference, node, {component: bill_of(node)["rental_usd"]})[component]


def lines_of(reference: Reference, node: dict[str, Any], components: dict[str, float]) -> dict[str, dict[str, Any]]:
    """Lines of these components' cost, on a day of eleven of these nodes or of an API's tokens."""
    bill = bill_of(node)
    named = {"scenario_id": "dialogue", "option_id": node["option_id"]}
    day = {"cost_date": date(2026, 6, 1), "model": "llama-3.1-70b", "rank": 1, "node_hours": bill["node_hours_per_day"]}
    day |= {name: bill[name] for name in ("usd_per_day", "list_usd_per_day", "network_usd", "storage_usd")}
    parts = [
        named
        | {"component": name, "cost_class": "", "formula": ""}
        | dict.fromkeys(("usd_per_day", "usd_per_day_low", "usd_per_day_high"), usd)
        for name, usd in components.items()
    ]
    unknown = dict.fromkeys(("on_demand_usd_per_hour", "list_on_demand_usd_per_hour", *RATIOS))
    tables = {"daily_cost": [node | named | day], "daily_cost_component": parts, "option": [unknown | node]}
    for name, rows in tables.items():
        reference.con.register(name, pa.Table.from_pylist(rows))
        reference[name] = Relation(name)
    return {line["x_component"]: line for line in rows_of(reference.con, reference.rendered("focus_cost"))}


def test_the_list_cost_of_a_rent_is_its_cost_without_the_negotiated_discount() -> None:
    line = rent_of(*reserved_node(Discount(provider="aws", purchase_option="reserved_*", discount_ratio=0.2)))
    assert float(line["PricingQuantity"]) == 11 * 24
    assert float(line["ListUnitPrice"]) == pytest.approx(55.04)
    assert float(line["ListCost"]) == pytest.approx(11 * 24 * 55.04)
    assert float(line["EffectiveCost"]) == pytest.approx(0.8 * 11 * 24 * 55.04)
    assert float(line["ContractedCost"]) == pytest.approx(0.8 * 11 * 24 * 55.04)


def test_a_negotiated_discount_shows_between_list_and_contracted_cost_and_a_commitment_below() -> None:
    line = rent_of(*reserved_node(Discount(provider="aws", discount_ratio=0.2), on_demand_usd=100.0))
    costs = [float(line[name]) for name in ("ListCost", "ContractedCost", "EffectiveCost")]
    # 11 nodes all day: 264 hours at 100 on demand, at 80 as negotiated, and reserved at 80 % of 55.04
    assert costs == pytest.approx([26_400, 21_120, 11_624.448])
    assert [float(line[f"{name}UnitPrice"]) for name in ("List", "Contracted")] == [100, 80]


def costs_of(line: dict[str, Any]) -> list[float]:
    return [float(line[name]) for name in ("ListCost", "ContractedCost", "EffectiveCost")]


def test_each_component_is_listed_without_its_own_discount() -> None:
    reference, node = reserved_node(
        Discount(provider="aws", discount_ratio=0.1),
        Discount(product="egress", provider="a*", discount_ratio=0.2),
        Discount(product="storage", discount_ratio=0.5),
        Discount(product="storage", provider="azure", discount_ratio=0.9),
    )
    bill = bill_of(node)
    parts = {name: bill[name] for name in ("rental_usd", "network_usd", "storage_usd", "staff_usd")}
    lines = lines_of(reference, node, parts)
    # 10 M answers of 211.1 tokens at 210 bytes: 443.31 GB at .09 USD; 11 disks of 100 + 2 x 141 GB at .08 USD a month
    egress, disks = 443.31 * 0.09, 11 * 382 * 0.08 * 12 / 365
    rent = 11 * 24 * 55.04
    assert costs_of(lines["network_usd"]) == pytest.approx([egress, 0.8 * egress, 0.8 * egress], abs=2e-4)
    assert costs_of(lines["storage_usd"]) == pytest.approx([disks, disks / 2, disks / 2], abs=2e-4)
    assert costs_of(lines["rental_usd"]) == pytest.approx([rent, 0.9 * rent, 0.9 * rent], abs=2e-4)
    assert costs_of(lines["staff_usd"]) == pytest.approx([bill["staff_usd"]] * 3, abs=2e-4)
    assert sum(float(line["ListCost"]) for line in lines.values()) == pytest.approx(bill["list_usd_per_day"], abs=4e-4)


def test_tokens_are_listed_without_their_discount() -> None:
    reference, _ = reserved_node()
    api = {"deployment": "api", "option_id": "api/aws/us-east-1/llama/standard", "provider": "aws", "sku": "llama"}
    api |= {"region": "us-east-1", "purchase_option": "standard", "price_origin": "live", "tokens_discount_ratio": 0.25}
    (line,) = lines_of(reference, api, {"tokens_usd": bill_of(api)["tokens_usd"]}).values()
    listed = 10e6 * (1154.7 + 211.1) * 0.72 / 1e6
    assert costs_of(line) == pytest.approx([listed, 0.75 * listed, 0.75 * listed], abs=2e-4)


def test_a_charge_of_a_commitment_names_it_and_no_other_does(focus: pa.Table) -> None:
    rows = focus.select(["PricingCategory", "CommitmentDiscountId", "CommitmentDiscountStatus", "ResourceId"])
    for row in rows.group_by(rows.column_names).aggregate([]).to_pylist():
        committed = row["PricingCategory"] == "Committed"
        assert (row["CommitmentDiscountId"] is not None) == committed
        assert (row["CommitmentDiscountStatus"] == "Used") == committed


@pytest.mark.parametrize(
    ("bought", "category", "commitment"),
    [
        ("reserved_1y", "Committed", "Usage"),
        ("savings_1y", "Committed", "Spend"),
        ("capacity_block_1d", "Committed", "Usage"),
        ("spot", "Dynamic", None),
        ("mix", "Other", None),
        ("on_demand", "Standard", None),
    ],
)
def test_only_the_rent_of_an_option_is_priced_as_the_option_is_bought(
    bought: str, category: str, commitment: str | None
) -> None:
    names = ("PricingCategory", "CommitmentDiscountCategory", "CommitmentDiscountType", "ChargeFrequency")
    found = {}
    for component in ("rental_usd", "network_usd", "storage_usd", "staff_usd"):
        reference, node = reserved_node(Discount(provider="aws", discount_ratio=0.2), on_demand_usd=100.0)
        line = rent_of(reference, node | {"purchase_option": bought}, component)
        found[component] = tuple(line[name] for name in names)
    rent = (category, commitment, bought if commitment else None, "Recurring" if commitment else "Usage-Based")
    assert found.pop("rental_usd") == rent
    assert set(found.values()) == {("Standard", None, None, "Usage-Based")}


def test_price_times_quantity_is_the_cost_in_plain_sql(live_night: Night) -> None:
    ((rows, listed, contracted, total, cost),) = live_night.rows(
        "select count(*), max(abs(ListUnitPrice * PricingQuantity - ListCost)),"
        " max(abs(ConsumedQuantity * ContractedUnitPrice - ContractedCost)),"
        " sum(ListUnitPrice * PricingQuantity), sum(ListCost) from focus_cost"
    )
    assert isinstance(rows, int)
    assert rows > 1000
    assert listed <= Decimal("0.0001")
    assert contracted <= Decimal("0.0001")
    assert abs(total - cost) <= Decimal("0.0001") * rows


def test_a_line_of_trillions_has_its_unit_price() -> None:
    reference, node = reserved_node(Discount(provider="aws", discount_ratio=0.2))
    dear = {"usd_per_hour": 2.8e10, "list_usd_per_hour": 2.8e10}
    line = rent_of(reference, node | dear, "tokens_usd")
    assert (line["PricingQuantity"], line["ContractedUnitPrice"]) == (1, Decimal(7392000000000))


def test_each_subcategory_has_its_parent(focus: pa.Table) -> None:
    pairs = focus.group_by(["ServiceSubcategory", "ServiceCategory"]).aggregate([]).to_pylist()
    assert {row["ServiceSubcategory"]: row["ServiceCategory"] for row in pairs}.items() <= PARENT.items()
    assert len(pairs) >= 4


def test_the_charge_period_is_the_day_inside_its_billing_month(focus: pa.Table, live_night: Night) -> None:
    ((day,),) = live_night.rows("select distinct cost_date from daily_cost")
    start, end, month, after = (
        focus[name].unique().to_pylist()
        for name in ("ChargePeriodStart", "ChargePeriodEnd", "BillingPeriodStart", "BillingPeriodEnd")
    )
    assert [start[0].date(), (end[0] - start[0]).days] == [day, 1]
    assert month[0].day == after[0].day == 1
    assert month[0] <= start[0] < after[0]


def test_tags_are_json_objects(focus: pa.Table) -> None:
    tags = [json.loads(text) for text in focus["Tags"].unique().to_pylist()]
    assert {"scenario", "model"} == {key for tag in tags for key in tag}
