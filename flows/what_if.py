"""What-ifs on the prices of the published night: one scenario over all of its options, and nothing stored.

A what-if is a scenario of ``costwatt.toml`` that is not written down: it takes the night's way from options to ranked
costs (:mod:`flows.costing` and the project's own SQL), on a connection in memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from connectors.errors import CostwattError, UsageError
from costmodel.architecture import Architecture
from flows.config_tables import Scenario
from flows.costing import cost_rows, plan_rows
from flows.given import load_given
from flows.publish import SCHEMA_VERSION, kept_nights
from flows.published import manifest
from flows.reference import Reference, open_reference
from flows.settings import Settings

NAME: Final = "what-if"

#: Stand-ins from the published night for models that only the warehouse can build.
NIGHT: Final = {
    "opt_all": "night.option",
    "opt_tariff": "(from night.tariff_daily where price_date = (select max(price_date) from night.tariff_daily))",
    "opt_fx": "night.fx_rate",
    "opt_region": "(select distinct provider, region from night.region)",
    "hist_service_price": "(select *, region as part_region, '' as part_kind from night.service_price)",
    "opt_answer": (
        "(select record, source, region as part_region, '' as part_kind, min(last_complete_on) as verified_on"
        " from night.source_status group by all)"
    ),
    # which prices were held back is not published: what a night made of them is dated by the source's last answer
    "opt_held": (
        "(select '' as record, '' as source, '' as part_region, '' as part_kind, '' as price_key,"
        " null::date as confirmed_on where false)"
    ),
}


@dataclass(frozen=True)
class Throughput:
    """A person's own measurement, which stands in for the physics.

    Args:
        accelerator: where it was measured.
        output_tok_s: output tokens per second of one accelerator, prefill included.
    """

    accelerator: str
    output_tok_s: float


@contextmanager
def open_night(settings: Settings, day: str = "") -> Iterator[Reference]:
    """Reference tables beside a published night, which is attached read-only as ``night``.

    Args:
        settings: the user's own figures.
        day: a night that is still kept, YYYY-MM-DD; "": the last one.

    Raises:
        UsageError: no night was published yet, or that of `day` is not kept or of another version.
        CostwattError: the published file cannot be read.
    """
    kept = kept_nights(settings.paths)
    if settings.paths.cost_file.exists() and manifest(settings.paths.published) is None:
        # not the night before in its place, without a word
        raise CostwattError(f"{settings.paths.published / 'manifest.json'}: cannot be read; run: costwatt refresh")
    if not kept:
        raise UsageError("this needs the prices of a night, and none was published yet; run: costwatt refresh")
    cost_date = day or max(kept)
    if cost_date not in kept:
        raise UsageError(f"the night of {day!r:.40} is not kept; kept are {', '.join(sorted(kept))}")
    file = kept[cost_date] / "cost.duckdb"
    if (manifest(kept[cost_date]) or {}).get("schema_version") != SCHEMA_VERSION:
        raise UsageError(f"the night of {cost_date} is of another version of costwatt; run: costwatt refresh")
    with beside(settings, file, cost_date) as reference:
        yield reference


@contextmanager
def beside(settings: Settings, file: Path, cost_date: str) -> Iterator[Reference]:
    """Reference tables beside the file of a night, which is attached read-only as ``night``.

    Args:
        settings: the user's own figures.
        file: its ``cost.duckdb``.
        cost_date: its day, YYYY-MM-DD.

    Raises:
        CostwattError: the file cannot be read.
    """
    reference = open_reference(settings, NIGHT, cost_date)
    try:
        reference.con.execute(f"attach '{file.as_posix()}' as night (read_only)")
        reference.con.execute("set TimeZone = 'UTC'")
        yield reference
    except duckdb.IOException as error:
        raise CostwattError(f"{file}: cannot be read ({error}); run: costwatt refresh") from None
    finally:
        reference.con.close()


def with_scenario(reference: Reference, settings: Settings, scenario: Scenario) -> None:
    """Add one scenario, named ``what-if``, to those of ``costwatt.toml``."""
    scenarios = {**settings.scenarios, NAME: scenario}
    load_given(reference.con, settings.model_copy(update={"scenarios": scenarios}))


def choose_scenario(reference: Reference, scenario_id: str) -> None:
    """Leave one scenario in place of all."""
    reference.con.execute(
        f"create table chosen_scenario as from {reference['stg_scenario']} where scenario_id = ?", [scenario_id]
    )
    reference["stg_scenario"] = "chosen_scenario"


def choose_options(reference: Reference, where: str, values: Iterable[object]) -> None:
    """Leave the options for which `where` holds in place of all."""
    reference.con.execute(f"create table chosen_option as from {reference['opt_all']} where {where}", list(values))
    reference["opt_all"] = "chosen_option"


def tables_of(reference: Reference) -> dict[str, str]:
    """The FROM expressions that :mod:`flows.costing` takes, but for ``serving_plan``."""
    names = {
        "scenario": "stg_scenario",
        "option": "opt_all",
        "accelerator": "stg_accelerator",
        "model": "model",
        "model_fact": "stg_model_fact",
        "software_support": "software_support",
        "serving_coefficient": "serving_coefficient",
        "measured": "stg_measured",
        "token_model": "token_model",
        "demand_profile": "stg_demand_profile",
        "assumption": "stg_assumption",
    }
    return {table: reference[model] for table, model in names.items()}


def plan(
    reference: Reference, counted: Mapping[str, Architecture] | None = None, measured: Throughput | None = None
) -> dict[str, str]:
    """Find the serving plans of the chosen scenario; the FROM expressions of all tables, ``serving_plan`` included."""
    tables = tables_of(reference)
    # planned for every node of the night: an API alone has no node to plan for
    plans = plan_rows(reference.con, {**tables, "option": NIGHT["opt_all"]}, counted)
    if measured is not None:
        plans = _with_throughput(reference, plans, measured)
    reference.con.register("serving_plan", plans)
    return {**tables, "serving_plan": "serving_plan"}


def price(reference: Reference, tables: Mapping[str, str], draws: int) -> None:
    """Cost and rank the chosen scenario on every option: makes ``daily_cost`` as the night publishes it.

    Raises:
        UsageError: no option serves the model: an API of another one.
    """
    costs = pa.concat_tables(cost_rows(reference.con, tables, draws=draws))
    if not costs.num_rows:
        raise UsageError("none of these options serves this scenario's model")
    reference.con.register("option_cost", costs)
    reference["option_cost"] = "option_cost"
    reference.con.execute(f"create table daily_cost as {reference.rendered('daily_cost')}")


def _with_throughput(reference: Reference, plans: pa.Table, measured: Throughput) -> pa.Table:
    """Plans in which the measured accelerator serves as fast as measured, one replica per accelerator.

    Precision, batch and latency of the measurement are not known, so they are left empty.
    """
    rows = reference.con.execute(f"select output_tokens from {reference['stg_scenario']}").fetchone()
    output_tokens = float(rows[0]) if rows else np.nan
    here = pc.equal(plans["accelerator"], measured.accelerator)
    per_node = pc.multiply(plans["accelerators_per_node"], plans["accelerator_fraction"])
    stated = {
        "status": "ok",
        "status_reason": "",
        "evidence": "measured",
        "nodes_per_replica": 1.0,
        "replicas_per_node": per_node,
        "tensor_parallel": 1.0,
        "expert_parallel": 1.0,
        "output_tok_s_per_replica": measured.output_tok_s,
        "replica_seconds_per_request": output_tokens / measured.output_tok_s,
        "throughput_ratio_low": 1.0,
        "throughput_ratio_high": 1.0,
        "bound_by": "measured",
        **dict.fromkeys(("batch", "ttft_ms", "itl_ms", "peak_nodes"), pa.scalar(None, pa.float64())),
    }
    for name, value in stated.items():
        column = pc.if_else(here, value, plans[name])
        plans = plans.set_column(plans.schema.get_field_index(name), name, column)
    return plans
