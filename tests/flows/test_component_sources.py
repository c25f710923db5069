"""Each line of a cost names the source that it rests on: of its price, of its tariff, or its assumption."""

from __future__ import annotations

import csv
from typing import Any

import pytest

from costmodel.money import COMPONENTS
from flows.dbt import seed
from tests.flows.small_tables import Row, made

REGISTERED = [{"component": c.name, "cost_class": c.cost_class, "formula": c.formula} for c in COMPONENTS]
SERVICES: list[Row] = [
    {"source": "aws_services"},
    {"service": "block_storage", "source": "baseline_service_price"},
    {"region": "eu-west-1", "source": "of another region"},
]
TARIFFS: list[Row] = [{}, {"kind": "wholesale", "source": "of another kind"}, {"tariff_zone": "DE", "source": "other"}]


def sources(deployment: str, source: str, *components: str) -> dict[str, Any]:
    """Source of each component of an option whose price is of `source`."""
    lines = made(
        "daily_cost_component",
        option_cost=[{"rental_usd": 0.0, **{f"{name}_usd": 10.0 for name in components}}],
        opt_all=[
            {"deployment": deployment, "source": source},
            {"deployment": deployment, "source": source, "tier_start_tokens": 128000},
            {"option_id": "other", "source": "of another option"},
        ],
        stg_scenario=[{}],
        opt_service_price=SERVICES,
        opt_tariff=TARIFFS,
        cost_component=REGISTERED,
    )
    assert all(line["usd_per_day"] == 10 and line["formula"] for line in lines)
    return {line["component"].removesuffix("_usd"): line["source"] for line in lines}


def test_rented_nodes_rest_on_prices_of_the_region() -> None:
    assert sources("cloud", "aws_prices", "rental", "network", "storage", "software", "staff") == {
        "rental": "aws_prices",
        "network": "aws_services",
        "storage": "baseline_service_price",
        "software": "assumption software_usd_per_accelerator_hour",
        "staff": "assumption staff_usd_per_fte_year",
    }


@pytest.mark.parametrize(
    ("deployment", "room"), [("owned", "building_usd_per_kw"), ("colocated", "colocation_usd_per_kw_month")]
)
def test_own_servers_rest_on_their_price_a_tariff_and_assumptions(deployment: str, room: str) -> None:
    parts = ("hardware", "energy", "cooling", "facility", "network", "software", "maintenance")
    found = sources(deployment, "server_fact", *parts)
    assert found == {
        "hardware": "server_fact",
        "energy": "eia861m_tariffs",
        "cooling": "eia861m_tariffs",
        "facility": f"assumption {room}",
        "network": "assumption transit_usd_per_gb",
        "software": "assumption software_usd_per_accelerator_year",
        "maintenance": "server_fact",
    }
    with seed("assumption").open(newline="") as file:
        known = {row["assumption"] for row in csv.DictReader(file)}
    assert {source.removeprefix("assumption ") for source in found.values() if " " in source} <= known


def test_tokens_rest_on_the_price_of_the_api_once_whatever_its_tiers() -> None:
    assert sources("api", "token_prices", "tokens") == {"tokens": "token_prices"}
