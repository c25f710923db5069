"""A region that is in prices alone gets its country's row where its name tells the country, and no row else."""

from __future__ import annotations

import pytest

from flows.reference import open_reference, rows_of
from flows.settings import Settings
from tests.flows.small_tables import made


def located(provider: str, region: str) -> list[dict[str, object]]:
    prices = f"(select '{provider}' as provider, '{region}' as region)"
    reference = open_reference(Settings(), {"opt_instance_price": prices})
    with reference.con:
        return rows_of(reference.con, f"from {reference['opt_region']} where region = ?", [region])


@pytest.mark.parametrize(
    ("provider", "region", "zone"),
    [
        ("aws", "mx-central-2", "MX"),
        ("aws", "ca-east-1", "CA"),
        ("azure", "greecenorth", "GR"),
        ("azure", "westfrance3", "FR"),
        ("azure", "newzealandsouth", "NZ"),
        ("azure", "northmacedonia", "MK"),
    ],
)
def test_a_name_that_tells_the_country_gets_the_countrys_row(provider: str, region: str, zone: str) -> None:
    (row,) = located(provider, region)
    assert (row["tariff_zone"], row["is_mapped"]) == (zone, False)
    assert row["region_name"] == f"in no table of regions: country row of {zone}"
    assert 1.0 < float(str(row["pue_ratio_low"])) < float(str(row["pue_ratio"])) < float(str(row["pue_ratio_high"]))
    assert float(str(row["grid_gco2_per_kwh"])) > 0


@pytest.mark.parametrize(
    ("provider", "region"),
    [
        ("aws", "sa-east-2"),  # South America, not Saudi Arabia
        ("aws", "me-west-1"),  # the Middle East, not Montenegro
        ("aws", "eu-south-3"),
        ("azure", "eastus9"),
        ("azure", "romaniaoman"),
        ("other", "france"),
    ],
)
def test_a_name_that_tells_no_country_gets_no_row(provider: str, region: str) -> None:
    assert located(provider, region) == []


def test_an_unknown_region_has_the_usual_pue_of_its_provider() -> None:
    """The middle one of its regions, and the widest bounds: the one far off is not the usual one."""
    known = [
        {"region": "us-east-1", "pue_ratio": 1.15, "pue_ratio_low": 1.10, "pue_ratio_high": 1.20},
        {"region": "us-west-2", "pue_ratio": 1.12, "pue_ratio_low": 1.12, "pue_ratio_high": 1.12},
        {"region": "ap-south-1", "pue_ratio": 1.44, "pue_ratio_low": 1.39, "pue_ratio_high": 1.49},
        {"provider": "azure", "region": "eastus", "pue_ratio": 1.9, "pue_ratio_low": 1.0, "pue_ratio_high": 2.0},
    ]
    rows = made("opt_region", stg_region=known, opt_instance_price=[{"region": "mx-central-2"}])
    (row,) = [row for row in rows if row["region"] == "mx-central-2"]
    assert (row["pue_ratio"], row["pue_ratio_low"], row["pue_ratio_high"]) == (1.15, 1.10, 1.49)


def test_a_region_of_the_table_keeps_its_row() -> None:
    (row,) = located("aws", "us-east-1")
    assert (row["tariff_zone"], row["is_mapped"]) == ("US-VA", True)
