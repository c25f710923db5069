"""focus_cost against a statement of FOCUS 1.2 of our own (fixtures/focus_1_2.csv), read back with pyarrow.

The statement names the columns of FOCUS 1.2 (focus.finops.org, released 2025-05-29) that a modelled cost can fill:
type, whether null is allowed, and the allowed values. Left out: capacity reservations, sub-account type, commitment
quantities and pricing currencies, which FOCUS asks for only where a provider has them.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

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


def test_list_cost_is_unit_price_times_quantity(focus: pa.Table) -> None:
    for row in focus.slice(0, 2000).to_pylist():
        product = float(row["ListUnitPrice"] or 0) * float(row["PricingQuantity"])
        assert product == pytest.approx(float(row["ListCost"]), rel=1e-6, abs=1e-4)
        assert row["ListCost"] >= row["EffectiveCost"]


def test_a_charge_of_a_commitment_names_it_and_no_other_does(focus: pa.Table) -> None:
    rows = focus.select(["PricingCategory", "CommitmentDiscountId", "CommitmentDiscountStatus", "ResourceId"])
    for row in rows.group_by(rows.column_names).aggregate([]).to_pylist():
        committed = row["PricingCategory"] == "Committed"
        assert (row["CommitmentDiscountId"] is not None) == committed
        assert (row["CommitmentDiscountStatus"] == "Used") == committed


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
