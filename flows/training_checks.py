"""The training model beside the accelerator hours that the trainers of models published."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np

from costmodel.columns import INPUTS
from costmodel.futures import Future
from costmodel.sampling import SEED, Floats, quantiles
from costmodel.uncertainty import HIGH, LOW, Assumption
from flows.measured import architectures, fact_table, seed_rows
from flows.model_tables import Columns
from flows.published_cases import Check
from flows.training import PEAK, Job, cost

_DRAWS: Final = 2048
_PER_NODE: Final = 8
#: Of a coefficient that these very hours gave: it is rounded to three digits.
_ROUNDING_TOLERANCE: Final = 0.01


class _Published(NamedTuple):
    """A run whose accelerator hours were published, in ``sql/seeds/training_run.csv``.

    Attributes:
        model: What was trained.
        accelerator: On which accelerator.
        precision: Number format that it is costed in.
        evidence_kind: What our figures have seen of it.
        tolerance_ratio: Error allowed; None: as far as P5 and P95 of our hours reach.
        known_miss: The model is known not to hold there.
    """

    model: str
    accelerator: str
    precision: str
    evidence_kind: str
    tolerance_ratio: float | None = None
    known_miss: bool = False


#: The goodput is that of the 405B's billed hours, the utilisation in fp8 that of DeepSeek-V3; the interval of the
#: utilisation in bf16 was stated with all four models in view. The 8B reached 13.9 % in its billed hours, two fifths of
#: the 405B's.
_RUNS: Final = (
    _Published("llama-3.1-405b", "h100-sxm", "bf16", "calibrated"),
    _Published("llama-3.1-70b", "h100-sxm", "bf16", "selected"),
    _Published("llama-3.1-8b", "h100-sxm", "bf16", "selected", known_miss=True),
    _Published("deepseek-v3", "h800-sxm", "bf16", "selected"),
    _Published("deepseek-v3", "h800-sxm", "fp8", "calibrated", _ROUNDING_TOLERANCE),
)


def training_runs() -> Iterator[Check]:
    """Size each run by the function of ``costwatt train``, without experiments: published hours are of the final run.

    Published hours are met where they lie within P5 to P95 of ours over utilisation and goodput.
    """
    assumptions = {
        row["assumption"]: Assumption(
            float(row["value"]), float(row["low"]), float(row["high"]), row["unit"], row["source"], row["as_of"]
        )
        for row in seed_rows("assumption")
    }
    assumptions["training_experiments_ratio"] = Assumption(0.0, 0.0, 0.0, "ratio", "the final run alone", "")
    hours = {row["model"]: row for row in seed_rows("training_run") if row["attribute"] == "accelerator_hours"}
    base, drawn = Future.base(assumptions), Future.drawn(assumptions, _DRAWS, SEED)
    for run in _RUNS:
        published = float(hours[run.model]["value"])
        ours = float(_hours(run, base)[0, 0])
        low, high = (float(end[0]) for end in quantiles(_hours(run, drawn), (LOW, HIGH)))
        yield Check(
            f"training-{run.model}-{run.precision}",
            f"Accelerator hours of training {run.model}, in {run.precision}, without experiments",
            ours,
            published,
            "h",
            run.tolerance_ratio or interval_tolerance(ours, published, low, high),
            run.evidence_kind,
            hours[run.model]["source"],
            known_miss=run.known_miss,
        )


def interval_tolerance(ours: float, published: float, low: float, high: float) -> float:
    """Error of ours if the published figure were the end of our interval that lies on its side [ratio]."""
    return 1.0 - ours / high if published > ours else ours / low - 1.0


def _hours(run: _Published, future: Future) -> Floats:
    """Accelerator hours of a run, shape (1, 1) or (1, draws) [h]."""
    model = architectures()[run.model]
    tokens = fact_table("training_run")[run.model]["training_tokens"]
    active, total = float(model.active_params_card), float(model.total_params)
    job = Job(active, tokens, lora=False, precision=run.precision, accelerators=_PER_NODE, total_params=total)
    return np.asarray(cost(_rented(run), job, future)["accelerator_hours"], np.float64)


def _rented(run: _Published) -> Columns:
    """A rented node of the run's accelerator; what it costs and draws is unknown, for hours need neither."""
    unknown: Columns = {column.name: np.array([np.nan]) for column in INPUTS}
    peak = fact_table("accelerator_fact")[run.accelerator][PEAK[run.precision]]
    return unknown | {
        "deployment": np.array(["cloud"], dtype=np.object_),
        "accelerators_per_node": np.array([float(_PER_NODE)]),
        "nameplate_w": np.array([np.nan]),
        PEAK[run.precision]: np.array([peak]),
    }
