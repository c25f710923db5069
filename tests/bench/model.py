"""The cost model's rate, beside llm-analysis called per configuration and the memory's bandwidth."""

from __future__ import annotations

import os
from collections.abc import Iterator

from costmodel.evaluate import DRAWS as DEFAULT_DRAWS
from tests.bench.measure import Limit, Raw, Table, in_turn, module, ratios, run, spread, spreads
from tests.bench.places import HERE, clean_environment, home, peers_python

TITLE = "The cost model"
DRAWS, ROWS, CONFIGURATIONS, CALLS = 256, 400_000, 20_000, 2_000
COST, BASE = "cost of a row, base values and 256 draws", "cost of a row, base values alone"
NIGHTLY = "cost of a row, base values and 2,048 draws"
PLAN, PEER = "serving plan of a configuration", "llm-analysis, one call"
# set for other programs on some machines; numpy chooses better by itself
BLAS_CHOICES = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
HOW = {
    COST: "`costmodel.evaluate`: money, power and demand of an option, with P5-P95 of each component; two threads",
    BASE: "the same without intervals",
    NIGHTLY: "the same with the draws of a night",
    PLAN: "`costmodel.serving.plan`: parallel plan, largest batch within latency, tokens/s, TTFT, ITL; one thread",
    PEER: "`llm_analysis.infer` of one given batch and plan: memory, latency, cost per token",
}


def measure(runs: int) -> Raw:
    """All in turn, each in a process of its own; seconds without imports."""
    log = home() / "model.log"
    env = {k: v for k, v in clean_environment().items() if k not in BLAS_CHOICES}
    peer = HERE / "peers" / "llm_analysis_infer.py"
    found = in_turn(
        {
            COST: lambda: module("tests.bench.model_rows", "cost", ROWS, DRAWS, log=log, env=env),
            NIGHTLY: lambda: module("tests.bench.model_rows", "cost", ROWS // 4, DEFAULT_DRAWS, log=log, env=env),
            BASE: lambda: module("tests.bench.model_rows", "cost", ROWS, 0, log=log, env=env),
            PLAN: lambda: module("tests.bench.model_rows", "plan", CONFIGURATIONS, log=log, env=env),
            PEER: lambda: run([peers_python(), peer, str(CALLS)], log).answer(),
        },
        runs,
    )
    for result in (r for results in found.values() for r in results):
        result["rows_per_s"] = result["rows"] / result["seconds"]
        result["us_per_row"] = 1e6 / result["rows_per_s"]
    points = [{"us_per_row": r["us_per_row"] / (DRAWS + 1)} for r in found[COST]]
    bound = [r["limit_rows_per_s"] / r["rows_per_s"] for r in found[COST]]
    both = [{"us_per_row": a["us_per_row"] + b["us_per_row"]} for a, b in zip(found[COST], found[PLAN], strict=True)]
    return {
        "rates": {name: spreads(results) for name, results in found.items()},
        "peer_over_cost": ratios(found[COST], found[PEER], "us_per_row"),
        "peer_over_point": ratios(points, found[PEER], "us_per_row"),
        "peer_over_base": ratios(found[BASE], found[PEER], "us_per_row"),
        "peer_over_plan": ratios(found[PLAN], found[PEER], "us_per_row"),
        "peer_over_both": ratios(both, found[PEER], "us_per_row"),
        "limit_over_ours": spread(bound),
        "processors": os.cpu_count(),
    }


def limits(raw: Raw) -> Iterator[Limit]:
    """A thousand configurations in the time that llm-analysis takes for one; each draw is one."""
    what = "llm-analysis over our cost model, per set of inputs (257 in a row: base values and 256 draws)"
    yield Limit(what, raw["peer_over_point"]["median"], 1000, "x", at_most=False)


def tables(raw: Raw) -> Iterator[Table]:
    """What the page shows."""
    over = {COST: raw["peer_over_cost"], BASE: raw["peer_over_base"], PLAN: raw["peer_over_plan"]}
    yield Table(
        "A row is one (scenario, option), a configuration one (scenario, node shape, precision). A night plans each"
        " configuration once and costs many options with it.",
        ["work", "what it does", "rows/s", "us a row", "peak MB", "llm-analysis over it, a call against a row"],
        [
            [name, HOW[name], r["rows_per_s"], r["us_per_row"], r["peak_mb"], over.get(name)]
            for name, r in raw["rates"].items()
        ],
    )
    cost = raw["rates"][COST]
    yield Table(
        "The limit: each draw of each of the twelve outputs written once and read once, at the rate at which numpy"
        " copies an array larger than the caches.",
        [
            "numpy copies, GB/s",
            "limit, rows/s",
            "limit over ours",
            "llm-analysis over plan and cost, a call against a row",
        ],
        [[cost["copy_gb_per_s"], cost["limit_rows_per_s"], raw["limit_over_ours"], raw["peer_over_both"]]],
    )
