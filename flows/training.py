"""What training or fine-tuning a model costs on every option of the published night."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from connectors.errors import UsageError
from costmodel import training
from costmodel.columns import INPUTS
from costmodel.futures import Future
from costmodel.money import energy_usd, facility_usd, hardware_usd, maintenance_usd, staff_usd
from costmodel.quantities import Quantities
from costmodel.sampling import SEED, Floats, quantiles
from costmodel.uncertainty import HIGH, LOW, Assumption
from flows.model_tables import Columns, assumption_table, coefficient_table, numpy_columns
from flows.reference import Reference

PEAK: Final = {"bf16": "bf16_dense_tflops", "fp8": "fp8_dense_tflops"}
#: Share of that peak: runs in fp8 come nowhere near twice the rate of runs in bf16, though its peak is twice as high.
MFU: Final = {"bf16": "training_mfu_ratio", "fp8": "training_fp8_mfu_ratio"}
#: Bytes of memory per parameter: weights and gradients in 16 bit, 32-bit weights and two Adam moments (Rajbhandari et
#: al. 2020, ZeRO, section 3.1); LoRA holds frozen 16-bit weights only.
FULL_BYTES_PER_PARAM, LORA_BYTES_PER_PARAM = 16.0, 2.0
#: Share of memory for weights and optimizer; the rest is activations and buffers.
STATE_MEMORY_RATIO = 0.8
HOURS_PER_DAY = 24.0
#: Network of a node below which a run does not leave it: the slowest that clouds sell for training (AWS p4d) [Gbit/s].
CLUSTER_GBIT_S = 400.0

# Nodes that can train; a commitment counts where the run fills its term.
OPTIONS: Final = """
select option.*, accelerator.* exclude (accelerator)
from {option} as option
inner join {accelerator} as accelerator using (accelerator)
where option.deployment <> 'api' and option.deployable and option.billing <> 'mix'
    and coalesce(option.usd_per_hour, option.server_price_usd) is not null
    and (option.deployment = 'cloud' or option.usd_per_kwh is not null)
    and option.accelerator_fraction = 1 and accelerator.{peak} is not null
    and accelerator.family not in ('inferentia', 'inferentia1', 'cloud-ai') -- they serve, they do not train
    and option.quality in ('list', 'quoted', 'measured')
order by option_id
"""


@dataclass(frozen=True)
class Job:
    """A training run.

    Args:
        params: parameters active per token.
        tokens: tokens seen.
        lora: only adapters are trained.
        precision: number format of the matrix products: bf16 or fp8.
        accelerators: accelerators used at once, rounded up to whole nodes.
        total_params: parameters in memory.
    """

    params: float
    tokens: float
    lora: bool
    precision: str
    accelerators: int
    total_params: float

    @property
    def flop(self) -> float:
        """FLOP of the final run."""
        return float(training.training_flop(self.params, self.tokens, lora=self.lora))


@dataclass(frozen=True)
class Run:
    """The job on one option; money with its 5th and 95th percentile.

    Args:
        option_id: the option.
        accelerator: its accelerator.
        nodes: nodes used at once.
        accelerator_hours: billed accelerator hours, experiments included [h].
        days: time on them [day].
        mwh: energy at the site's meter; estimated for clouds, None: unknown [MWh].
        usd: cost of the run with its experiments [usd].
        usd_low: P5 of it [usd].
        usd_high: P95 of it [usd].
        usd_per_accelerator_hour: what an hour of an accelerator costs there [usd/hour].
        usd_per_day: the cost spread over the model's life [usd/day].
    """

    option_id: str
    accelerator: str
    nodes: int
    accelerator_hours: float
    days: float
    mwh: float | None
    usd: float
    usd_low: float
    usd_high: float
    usd_per_accelerator_hour: float
    usd_per_day: float


def runs(reference: Reference, job: Job, draws: int, top: int) -> tuple[list[Run], int]:
    """Cost the job on every option, cheapest first; of regions that differ in nothing else, the cheapest.

    Returns:
        The `top` cheapest runs, and how many options were priced.

    Raises:
        UsageError: no option can hold the job.
    """
    tables = {"option": reference["opt_all"], "accelerator": reference["stg_accelerator"], "peak": PEAK[job.precision]}
    columns = numpy_columns(reference.con.sql(OPTIONS.format(**tables)).to_arrow_table())
    columns = _held(columns, job)
    assumptions = assumption_table(reference.con, {"assumption": reference["stg_assumption"]})
    prior = coefficient_table(reference.con, {"serving_coefficient": reference["serving_coefficient"]})["prior"]
    columns["nameplate_w"] = _nameplate_w(columns, prior["node_power_ratio"])
    base = cost(columns, job, Future.base(assumptions))
    usd = base["usd"][:, 0]
    counts = np.isfinite(usd) & (np.nan_to_num(columns["term_hours"]) <= base["days"][:, 0] * HOURS_PER_DAY)
    order = [int(i) for i in np.argsort(usd, kind="stable") if counts[i]]
    chosen = _listed(columns, order, top)
    if not chosen:
        raise UsageError("no option can hold this job; give more --accelerators")
    picked = {name: values[chosen] for name, values in columns.items()}
    drawn = cost(picked, job, Future.drawn(assumptions, draws, SEED))
    low, high = quantiles(np.broadcast_to(drawn["usd"], (len(chosen), draws)).copy(), (LOW, HIGH))
    life_days = assumptions["training_model_life_days"]
    return [
        _run(columns, base, index, (float(low[row]), float(high[row])), life_days) for row, index in enumerate(chosen)
    ], len(order)


def cost(columns: Columns, job: Job, future: Future) -> Quantities:
    """Cost the job on rows of options: accelerator_hours, days, kwh and usd, shape (rows, 1) or (rows, draws)."""
    named = Quantities({c.name: columns[c.name][:, None] for c in INPUTS if c.name in columns} | future.named)
    cloud = columns["deployment"][:, None] == "cloud"
    per_node = columns["accelerators_per_node"][:, None]
    nodes = np.ceil(job.accelerators / per_node)
    efficiency = training.TrainingEfficiency(
        *(
            np.asarray(named[name], np.float64)
            for name in (MFU[job.precision], "training_goodput_ratio", "training_experiments_ratio")
        )
    )
    share_w = columns["nameplate_w"][:, None] / per_node * named["training_power_ratio"]
    pue_ratio = np.nan_to_num(np.asarray(named["pue_ratio"], np.float64), nan=1.0)
    peak = columns[PEAK[job.precision]][:, None]
    run = training.train(job.flop, nodes * per_node, peak, share_w, pue_ratio, efficiency)
    it_kwh = run.energy_kwh / pue_ratio / np.maximum(run.days, 1e-12)
    named |= {"nodes_peak": nodes, "it_kwh_per_day": it_kwh, "it_peak_kw": it_kwh / HOURS_PER_DAY}
    named |= {"is_cloud": cloud.astype(float), "is_colocated": (columns["deployment"][:, None] == "colocated") * 1.0}
    named["demand_usd_per_kw_month"] = np.nan_to_num(named["demand_usd_per_kw_month"])
    rent = nodes * HOURS_PER_DAY * named["committed_usd_per_hour"]
    site = sum(named.call(f) for f in (hardware_usd, maintenance_usd, facility_usd))
    usd_per_day = np.where(cloud, rent, site + named.call(energy_usd) * pue_ratio) + named.call(staff_usd)
    named |= {"accelerator_hours": run.accelerator_hours, "days": run.days, "kwh": run.energy_kwh}
    named["usd"] = usd_per_day * run.days
    return named


def _held(columns: Columns, job: Job) -> Columns:
    """Options whose nodes hold weights and optimizer, on one node or on a network made for it."""
    bytes_per_param = LORA_BYTES_PER_PARAM if job.lora else FULL_BYTES_PER_PARAM
    per_node = columns["accelerators_per_node"]
    held = np.ceil(job.accelerators / per_node) * per_node
    room = held * columns["memory_gb"] * 2.0**30 * STATE_MEMORY_RATIO
    linked = (job.accelerators <= per_node) | (columns["scale_out_gbit_s"] >= CLUSTER_GBIT_S)
    possible = linked & (room >= bytes_per_param * job.total_params)
    return {name: values[possible] for name, values in columns.items()}


def _nameplate_w(columns: Columns, node_power_ratio: float) -> Floats:
    """Nameplate of a node: its own figure, else its accelerators' limits times the usual ratio [W]."""
    usual = columns["accelerators_per_node"] * columns["tdp_w"] * node_power_ratio
    return np.where(np.isnan(columns["server_max_power_w"]), usual, columns["server_max_power_w"])


def _listed(columns: Columns, order: list[int], top: int) -> list[int]:
    """Of `order`, the first of each (provider, sku, purchase option): the first `top`, and of each deployment one."""
    first: dict[tuple[Any, ...], int] = {}
    for index in order:
        first.setdefault(tuple(columns[c][index] for c in ("provider", "sku", "purchase_option")), index)
    cheapest: dict[str, int] = {}
    for index in first.values():
        cheapest.setdefault(columns["deployment"][index], index)
    return [i for n, i in enumerate(first.values()) if n < top or i in cheapest.values()]


def _run(columns: Columns, base: Quantities, index: int, interval: tuple[float, float], life_days: Assumption) -> Run:
    hours, days, kwh, usd = (float(base[n][index, 0]) for n in ("accelerator_hours", "days", "kwh", "usd"))
    return Run(
        str(columns["option_id"][index]),
        str(columns["accelerator"][index]),
        int(base["nodes_peak"][index, 0]),
        hours,
        days,
        None if np.isnan(kwh) else kwh / 1000.0,
        usd,
        *interval,
        usd / hours,
        usd / life_days.value,
    )
