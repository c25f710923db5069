"""Tables of few rows in place of models, so that one SQL model runs alone: a row gives only what its test is about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import pyarrow as pa

from costmodel.money import COMPONENTS
from flows.reference import Reference, open_reference, rows_of
from flows.settings import Settings

NIGHT = date(2026, 11, 22)
Row = Mapping[str, Any]

SOURCE: Row = {"source": "aws_prices", "source_url": "", "source_version": "", "source_key": ""}
PART: Row = {"part_region": "us-east-1", "part_kind": "on_demand"}
PLACE: Row = {"provider": "aws", "region": "us-east-1"}
OPEN: Row = {"valid_from": date(2026, 1, 1), "valid_to": None}
IN_USD: Row = {"currency": "USD", "usd_per_unit": 1.0, "fx_date": NIGHT, "fx_source": "identity"}
REGION: Row = {
    **PLACE,
    "country": "US",
    "tariff_zone": "US-VA",
    "pue_ratio": 1.15,
    "pue_ratio_low": 1.1,
    "pue_ratio_high": 1.2,
    "grid_gco2_per_kwh": 300.0,
}
LIVE: Row = {"quality": "list", "price_origin": "live", "price_as_of": NIGHT, "price_age_days": 0}
SIZE: Row = {**PLACE, "zone": "", "sku": "p5.48xlarge", "operating_system": "Linux"}
SHAPE: Row = {
    "accelerator": "h100-sxm",
    "accelerators_per_node": 8.0,
    "accelerator_fraction": 1.0,
    "scale_out_gbit_s": 3200.0,
    "server_max_power_w": None,
    "server_idle_power_w": None,
}
PRICE: Row = {
    **SIZE,
    **LIVE,
    **SOURCE,
    **IN_USD,
    "purchase_option": "on_demand",
    "usd_per_hour": 100.0,
    "upfront_usd": None,
    "term_hours": None,
}
PARTITION: Row = {
    "source": "aws_prices",
    "record": "instance_price",
    "region": "us-east-1",
    "kind": "on_demand",
    "cost_date": NIGHT,
    "status": "complete",
    "as_of": NIGHT,
}

#: One row of each table as the model behind it makes it; columns that no test reads are left out.
DEFAULTS: dict[str, Row] = {
    "opt_instance_price": PRICE,
    "opt_spot_price": {**PRICE, "purchase_option": "spot"},
    # a service of 1,000 requests a day, at 1,000 tokens in and 100 out
    "stg_scenario": {
        "scenario_id": "chat",
        "scenario_hash": "",
        "model": "llama-3.1-70b",
        "demand_profile": "flat",
        "interruption_tolerated": False,
        "allowed_precisions": "fp8",
        "requests_per_day": 1000.0,
        "input_tokens": 1000.0,
        "output_tokens": 100.0,
        "ttft_p95_ms": None,
        "itl_mean_ms": None,
    },
    "serving_plan": {
        **SHAPE,
        "scenario_id": "chat",
        "precision": "fp8",
        "status": "ok",
        "status_reason": "",
        "evidence": "measured",
        "peak_nodes": 2.0,
        "replica_seconds_per_request": 1.0,
        "replicas_per_node": 4.0,
        "nodes_per_replica": 1.0,
        "tensor_parallel": 2.0,
        "expert_parallel": 1.0,
        "batch": 64.0,
        "output_tok_s_per_replica": 900.0,
        "ttft_ms": 300.0,
        "itl_ms": 30.0,
        "bound_by": "memory",
        "accelerator_watts": 500.0,
        "weights_gb": 70.0,
        "node_idle_power_w": 2000.0,
        "node_load_power_w": 7140.0,
    },
    # 100 USD of rent and nothing else
    "option_cost": {
        "scenario_id": "chat",
        "option_id": "p5",
        "status": "ok",
        "evidence": "measured",
        "equivalence": "same_weights",
        "usd_per_kwh": None,
        "upfront_usd": 0.0,
        **{f"{part.name}{end}": 0.0 for part in COMPONENTS for end in ("", "_low", "_high")},
        **dict.fromkeys(("usd_per_day", "usd_per_day_p50", "usd_per_day_low", "usd_per_day_high"), 100.0),
        "list_usd_per_day": 100.0,
        "rental_usd": 100.0,
    },
    "opt_availability": {
        **PLACE,
        "sku": "",
        "available": True,
        "unavailable_reason": "sold out",
        "interruption_band": None,
    },
    "stg_region": REGION,
    "opt_region": {**REGION, "is_mapped": True},
    "opt_tariff_band": {
        "tariff_zone": "US-VA",
        "kind": "retail",
        "band": "",
        "band_from_mwh_per_year": 0.0,
        "usd_per_kwh": 0.1,
        "usd_per_kwh_low": 0.1,
        "usd_per_kwh_high": 0.1,
        "usd_per_unit": 1.0,
    },
    "opt_service_price": {
        **PLACE,
        **LIVE,
        "service": "internet_egress",
        "usd_per_unit_sold": 0.09,
        "usd_per_unit_by_tier": None,
        "source": "aws_services",
    },
    "hist_service_price": {
        **PLACE,
        **PART,
        **OPEN,
        "service": "internet_egress",
        "product": "internet",
        "unit": "GB",
        "tier_start": 0.0,
        "currency": "USD",
        "price": 0.09,
        "source": "aws_services",
    },
    "opt_tariff": {
        "tariff_zone": "US-VA",
        "kind": "retail",
        "tariff_origin": "live",
        "observed_date": NIGHT,
        "source": "eia861m_tariffs",
        "price_period": "2026-09",
        "age_days": 50,
        "stale": False,
    },
    "hist_tariff": {
        "tariff_zone": "US-VA",
        "kind": "retail",
        "period_start": date(2024, 1, 1),
        "valid_to": None,
        "price_date": NIGHT,
        "price_period": "",
        "currency": "USD",
        "local_per_kwh": 0.1,
        "local_per_kwh_low": None,
        "local_per_kwh_high": None,
        "demand_per_kw_month": None,
        "band": "commercial",
        "band_min_mwh_per_year": None,
        "tax_basis": "excl_vat",
        "confidence": "high",
        "tariff_origin": "live",
        "source": "eia861m_tariffs",
        "source_url": "",
        "licence": "",
    },
    "opt_fx": IN_USD,
    "opt_cloud": {
        **PRICE,
        "option_id": "",
        "billing": "always_on",
        "on_demand_usd_per_hour": 50.0,
        "purchase_option": "reserved_1y",
    },
    "opt_all": {
        **SIZE,
        **SHAPE,
        **LIVE,
        "option_id": "p5",
        "deployment": "cloud",
        "billing": "always_on",
        "purchase_option": "on_demand",
        "deployable": True,
        "unavailable_reason": "sold out",
        "usd_per_hour": 55.04,
        "server_price_usd": None,
        "usd_per_kwh": None,
        "egress_usd_per_gb": 0.09,
        "egress_usd_per_gb_by_tier": None,
        "storage_usd_per_gb_month": 0.08,
        "pue_ratio": 1.15,
        "grid_gco2_per_kwh": 300.0,
        "tariff_zone": "US-VA",
        "tariff_band": "IE",
        "usd_per_kwh_by_band": None,
        "tier_start_tokens": 0,
        "usd_per_million_input_tokens": None,
        "usd_per_million_output_tokens": None,
    },
    "stg_node_type": {"provider": "aws", "sku": "p5.48xlarge", **SHAPE, "deployable": True},
    "stg_partition": {
        **PARTITION,
        "message": "",
        "landed_rows": 10,
        "accepted_rows": 10,
        "rejected_rows": 0,
        "dropped": "",
        "source_version": "",
        "source_url": "",
        "duration_s": 1.0,
    },
    "hist_partition": PARTITION,
    "opt_answer": {"record": "instance_price", "source": "aws_prices", **PART, "verified_on": NIGHT},
    "opt_held": {"record": "", "source": "aws_prices", **PART, "price_key": "", "confirmed_on": NIGHT},
    "hist_fx_rate": {
        **OPEN,
        "base_currency": "EUR",
        "quote_currency": "USD",
        "rate_date": NIGHT,
        "rate": 1.1,
        "source": "ecb_rates",
    },
    "hist_token_price": {
        **PLACE,
        **PART,
        **SOURCE,
        **OPEN,
        "model": "llama",
        "tier": "standard",
        "tier_start_tokens": 0,
        "currency": "USD",
        "per_million_input": 1.0,
        "per_million_cached_input": None,
        "per_million_output": 1.0,
        "quality": "list",
        "published_at": None,
    },
    "hist_instance_spec": {
        **PLACE,
        **PART,
        **SOURCE,
        **OPEN,
        "sku": "p5.48xlarge",
        "source": "aws_offerings",
        "vcpu": 192.0,
        "memory_gib": 2048.0,
        "accelerator_name": "NVIDIA H100",
        "accelerators": 8.0,
        "accelerator_memory_gib": 80.0,
        "zones": "us-east-1a,us-east-1b",
        "available": True,
        "unavailable_reason": "sold out",
        "interruption_band": None,
    },
    "hist_instance_price": {
        **SIZE,
        **SOURCE,
        **OPEN,
        "purchase_option": "on_demand",
        "location_type": "region",
        "currency": "USD",
        "price_per_hour": 50.0,
        "list_per_hour": None,
        "upfront": None,
        "term_hours": None,
        "quality": "list",
        "price_origin": "live",
        "published_at": None,
    },
    "hist_spot_price": {
        **SIZE,
        **SOURCE,
        "price_date": NIGHT,
        "currency": "USD",
        "price_per_hour": 20.0,
        "min_per_hour": 10.0,
        "max_per_hour": 40.0,
        "coverage_ratio": 1.0,
        "quality": "measured",
        "valid_to": None,
        **PART,
    },
    "token_model": {
        "provider": "aws",
        "provider_model": "llama",
        "model": "llama-3.1-70b",
        "equivalence": "same_weights",
        "precision": "unknown",
        "price_as_of": NIGHT,
    },
    "cost_component": {"component": "rental_usd", "cost_class": "hardware", "formula": ""},
    "night.option": SHAPE,
    "gate.quarantine": {"source": "", "key": "", "reason": "", "cost_date": NIGHT},
    "gate.instance_price": {
        **SIZE,
        **SOURCE,
        "source": "aws_query_prices",
        "purchase_option": "on_demand",
        "currency": "USD",
        "price_per_hour": 50.0,
    },
}


def made(model: str, settings: Settings | None = None, /, **given: Iterable[Row]) -> list[dict[str, Any]]:
    """Rows that a model makes of these, each over the defaults of its table; ``schema__table`` names a source."""
    reference = tables(settings or Settings(), **given)
    with reference.con:
        return rows_of(reference.con, f"from {reference[model]}")


def tables(settings: Settings, /, **given: Iterable[Row]) -> Reference:
    """The project's SQL where these rows stand in for models, as of NIGHT."""
    reference = open_reference(settings, cost_date=NIGHT.isoformat())
    for key, rows in given.items():
        name = key.replace("__", ".")
        whole = [{**DEFAULTS[name], **row} for row in rows]
        # the default row gives an empty table its columns, and is cut off again
        few = pa.Table.from_pylist([*whole, dict(DEFAULTS[name])]).slice(0, len(whole))
        schema = key.split("__")[0] if "__" in key else "main"
        reference.con.execute(f"create schema if not exists {schema}")
        reference.con.register("few", few).execute(f"create table {name} as from few")
        reference[name] = name
    return reference
