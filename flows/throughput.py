"""Physics alone: how one node of accelerators serves a model, with no price in it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

import numpy as np

from costmodel import power, serving
from costmodel.architecture import Architecture
from flows.costing import plan_inputs
from flows.figures import Figure
from flows.quantities import one_of
from flows.reference import Reference
from flows.what_if import NAME, choose_scenario, tables_of

#: Fields of a plan: key, unit, what it is.
PLAN: Final = (
    ("status", "", "ok, misses_latency (nearest reachable point), does_not_fit or not_supported"),
    ("status_reason", "", "what is missing"),
    ("tensor_parallel", "", "accelerators that share one replica"),
    ("expert_parallel", "", "accelerators that share the routed experts of a mixture"),
    ("replicas_per_node", "", "replicas that the node holds"),
    ("batch", "", "requests decoded together by one replica at full load"),
    ("bound_by", "", "largest part of a decode step"),
    ("ttft_ms", "ms", "time to first token, 95th percentile at the planned load"),
    ("itl_ms", "ms", "time between tokens (the decode step), mean at full load"),
    ("output_tok_s_per_replica", "token/s", "output tokens of one replica at full load, prefill included"),
)


def node_of(reference: Reference, accelerator: str, count: int) -> None:
    """Leave one option: a node of `count` accelerators.

    Raises:
        UsageError: the accelerator is not in the reference table; lists near names.
    """
    table = reference["accelerator"]
    known = sorted(name for (name,) in reference.con.execute(f"select accelerator from {table}").fetchall())
    one_of("--accelerator", accelerator, known, 'costwatt sql "select distinct accelerator from accelerator"')
    reference.con.execute(
        "create table node as select ? as accelerator, ?::double as accelerators_per_node,"
        " 1.0::double as accelerator_fraction, null::double as scale_out_gbit_s, null::double as server_max_power_w,"
        " null::double as server_idle_power_w",
        [accelerator, count],
    )
    reference["opt_all"] = "node"


def figures(
    reference: Reference, counted: Mapping[str, Architecture], count: int, batch: float | None
) -> Iterator[Figure]:
    """Serve the what-if scenario on the chosen node.

    Args:
        reference: as :func:`node_of` left it, with the what-if scenario.
        counted: the model's architecture, by name.
        count: accelerators of the node.
        batch: requests decoded together instead of the largest number that meets the targets.
    """
    choose_scenario(reference, NAME)
    rows, inputs = plan_inputs(reference.con, tables_of(reference), counted)
    full = replace(inputs.workload, peak_requests_per_s=math.inf)  # the node at full load, whatever the traffic
    plan = serving.plan(*inputs._replace(workload=full), batch=math.nan if batch is None else batch)
    _, load_w = power.node_power_w(inputs.node, plan.accelerator_watts, inputs.coefficients)
    weights_gb = serving.weights_gb(inputs.architecture, inputs.quantisation, inputs.node)
    memory_gb = _first(inputs.node.memory_gb) * count
    yield Figure("weights_gb", _first(weights_gb), "GB", "model weights in this number format")
    yield Figure("memory_gb", memory_gb, "GB", "accelerator memory of the node, as the vendor names it")
    yield Figure(
        "software_support", str(rows["support"][0]), "", "native computes in the format; weight_only stores it"
    )
    for name, unit, note in PLAN:
        yield Figure(name, _known(getattr(plan, name)[0]), unit, note)
    tok_s = _first(plan.output_tok_s_per_replica) * _first(plan.replicas_per_node)
    input_ratio = _first(inputs.workload.input_tokens) / _first(inputs.workload.output_tokens)
    watts = _first(plan.accelerator_watts)
    yield Figure("output_tok_s", _known(tok_s), "token/s", "output tokens of the node at full load")
    yield Figure("input_tok_s", _known(tok_s * input_ratio), "token/s", "prompt tokens of the node beside them")
    yield Figure("requests_per_s", _known(tok_s / _first(inputs.workload.output_tokens)), "1/s", "finished by the node")
    yield Figure("accelerator_w", _known(watts), "W", "power of one accelerator at full load")
    yield Figure("node_w", _known(_first(load_w)), "W", "wall power of the node at full load, host included")
    yield Figure("accelerator_j_per_token", _known(watts * count / tok_s), "J/token", "accelerators, per output token")
    yield Figure("node_j_per_token", _known(_first(load_w) / tok_s), "J/token", "the whole node, per output token")
    yield Figure("evidence", str(plan.evidence[0]), "", "measured: this accelerator was calibrated; family; or prior")
    for bound in ("low", "high"):
        ratio = _first(getattr(plan, f"throughput_ratio_{bound}"))
        percentile = {"low": "P5", "high": "P95"}[bound]
        yield Figure(f"output_tok_s_{bound}", _known(tok_s * ratio), "token/s", f"{percentile} of the node's output")


def _first(values: object) -> float:
    return float(np.ravel(np.asarray(values, dtype=np.float64))[0])


def _known(value: float | str) -> float | str | None:
    """A figure, None where it is NaN or empty."""
    if isinstance(value, str):
        return value or None
    return None if math.isnan(value) else float(value)
