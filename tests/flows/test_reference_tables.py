"""What every hand-kept reference table promises: its shape, its keys, its units and where each figure comes from."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from tests.seed_tables import columns, ids, rows

FACTS = ("attribute", "value", "low", "high", "unit", "source", "as_of")

COLUMNS = {
    "accelerator": ("accelerator", "name", "vendor", "kind", "family", "note"),
    "accelerator_fact": ("accelerator", *FACTS),
    "server": ("server", "name", "vendor", "accelerator", "accelerators", "price_quality", "note"),
    "server_fact": ("server", *FACTS),
    "software_support": ("family", "architecture", "precision", "support", "source", "as_of"),
    "node_type": (
        "provider", "sku", "accelerator", "accelerators", "accelerator_fraction", "vcpu", "memory_gib",
        "scale_out_gbit_s", "family_name", "deployable", "source", "as_of",
    ),
    "model": (
        "model", "name", "model_type", "architecture", "licence_kind", "assumed", "quantisation_native", "note",
    ),
    "model_fact": ("model", *FACTS),
    "scenario": (
        "scenario", "name", "model", "demand_profile", "interruption_tolerated", "allowed_precisions", "assumed",
        "is_default", "note",
    ),
    "scenario_fact": ("scenario", *FACTS),
    "demand_profile": ("profile", "hour", "share_of_day", "source", "as_of"),
    "token_model": (
        "provider", "provider_model", "model", "equivalence", "precision", "note", "price_as_of", "source", "as_of",
    ),
    "baseline_price": (
        "provider", "region", "zone", "sku", "operating_system", "purchase_option", "currency", "usd_per_hour",
        "list_per_hour", "upfront", "term_hours", "quality", "source_url", "source_version", "source_key",
        "published_at",
    ),
}  # fmt: skip

KEYS = {
    "accelerator": ("accelerator",),
    "accelerator_fact": ("accelerator", "attribute"),
    "server": ("server",),
    "server_fact": ("server", "attribute"),
    "software_support": ("family", "architecture", "precision"),
    "node_type": ("provider", "sku"),
    "model": ("model",),
    "model_fact": ("model", "attribute"),
    "scenario": ("scenario",),
    "scenario_fact": ("scenario", "attribute"),
    "demand_profile": ("profile", "hour"),
    "token_model": ("provider", "provider_model", "model"),
    "baseline_price": ("provider", "region", "zone", "sku", "operating_system", "purchase_option", "currency"),
}

REFERENCES = (
    ("accelerator_fact", "accelerator", "accelerator", "accelerator"),
    ("server", "accelerator", "accelerator", "accelerator"),
    ("server_fact", "server", "server", "server"),
    ("node_type", "accelerator", "accelerator", "accelerator"),
    ("baseline_price", "sku", "node_type", "sku"),
    ("accelerator", "family", "software_support", "family"),
    ("software_support", "family", "accelerator", "family"),
    ("model_fact", "model", "model", "model"),
    ("model", "architecture", "software_support", "architecture"),
    ("model", "quantisation_native", "software_support", "precision"),
    ("scenario", "model", "model", "model"),
    ("scenario", "demand_profile", "demand_profile", "profile"),
    ("scenario_fact", "scenario", "scenario", "scenario"),
    ("token_model", "model", "model", "model"),
)

FACT_TABLES = ("accelerator_fact", "server_fact", "model_fact", "scenario_fact")
SOURCED_TABLES = tuple(table for table, names in COLUMNS.items() if "source" in names)
COUNT = "1"
# The longest suffix that fits an attribute names its unit; what fits none is a count.
UNIT_OF_SUFFIX = {
    "_gb_s": "GB/s",
    "_gbit_s": "Gbit/s",
    "_gb": "GB",
    "_gib": "GiB",
    "_tflops": "TFLOPS",
    "_tops": "TOPS",
    "_w": "W",
    "_usd": "usd",
    "_ratio": "ratio",
    "_ms": "ms",
    "_per_day": "1/day",
    "_tokens": "token",
    "_params_b": "billion",
}
UNIT_OF_ATTRIBUTE = {"vocab_size": "token", "sliding_window": "token"}
DATE = re.compile(r"20\d\d(-(0[1-9]|1[0-2])(-([0-2]\d|3[01]))?)?")
BOOLEANS = (
    ("node_type", "deployable"),
    ("model", "assumed"),
    ("scenario", "assumed"),
    ("scenario", "is_default"),
    ("scenario", "interruption_tolerated"),
)


def unit_of(attribute: str) -> str:
    if attribute in UNIT_OF_ATTRIBUTE:
        return UNIT_OF_ATTRIBUTE[attribute]
    suffix = max((s for s in UNIT_OF_SUFFIX if attribute.endswith(s)), key=len, default="")
    return UNIT_OF_SUFFIX.get(suffix, COUNT)


@pytest.mark.parametrize("table", COLUMNS)
def test_columns(table: str) -> None:
    assert columns(table) == COLUMNS[table]


@pytest.mark.parametrize("table", COLUMNS)
def test_keys_are_given_and_unique(table: str) -> None:
    optional = {"zone"}
    keys = [tuple(row[name] for name in KEYS[table]) for row in rows(table)]
    repeated = [key for key, count in Counter(keys).items() if count > 1]
    assert repeated == []
    for name in set(KEYS[table]) - optional:
        assert all(row[name] for row in rows(table)), name


@pytest.mark.parametrize("table", COLUMNS)
def test_cells_are_trimmed(table: str) -> None:
    assert [value for row in rows(table) for value in row.values() if value != value.strip()] == []


@pytest.mark.parametrize(("table", "column", "other", "key"), REFERENCES)
def test_references_resolve(table: str, column: str, other: str, key: str) -> None:
    assert ids(table, column) <= ids(other, key)


@pytest.mark.parametrize("table", SOURCED_TABLES)
def test_every_row_names_source_and_date(table: str) -> None:
    assert [row for row in rows(table) if not row["source"]] == []
    assert [row["as_of"] for row in rows(table) if not DATE.fullmatch(row["as_of"])] == []


@pytest.mark.parametrize("table", FACT_TABLES)
def test_value_lies_in_its_interval(table: str) -> None:
    outside = [row for row in rows(table) if not float(row["low"]) <= float(row["value"]) <= float(row["high"])]
    assert outside == []


@pytest.mark.parametrize("table", FACT_TABLES)
def test_unit_is_the_one_in_the_name(table: str) -> None:
    wrong = [(row["attribute"], row["unit"]) for row in rows(table) if row["unit"] != unit_of(row["attribute"])]
    assert wrong == []


@pytest.mark.parametrize("table", ["accelerator_fact", "server_fact"])
def test_unknown_hardware_figures_have_no_row_instead_of_zero(table: str) -> None:
    assert [row for row in rows(table) if float(row["low"]) <= 0] == []


@pytest.mark.parametrize(("table", "column"), BOOLEANS)
def test_booleans_are_spelt_one_way(table: str, column: str) -> None:
    assert ids(table, column) <= {"true", "false"}


def test_every_accelerator_has_its_memory_and_every_server_its_power() -> None:
    for table, attribute in (("accelerator", "memory_gb"), ("server", "max_power_w"), ("server", "idle_power_w")):
        known = {row[table] for row in rows(f"{table}_fact") if row["attribute"] == attribute}
        assert known == ids(table, table), attribute
