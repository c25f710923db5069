"""Published cases recomputed from their published inputs, and parameter counts beside the model cards."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from costmodel.published import FORMULAS
from flows.measured import architectures, fact_table, seed_rows

_PARAMETER_TOLERANCE = 0.01


@dataclass(frozen=True)
class Check:
    """One published or measured figure beside ours.

    Attributes:
        check_id: Key of the case.
        name: What it is.
        ours: Our figure.
        published: The published or measured figure; 0 for an error, whose tolerance is then absolute.
        unit: Unit of both.
        tolerance_ratio: Error allowed, over the published figure.
        evidence_kind: independent (nothing was fitted to it or chosen with it in view), selected (nothing was
            fitted to it, but the model's form or the width of a prior or interval was chosen with it in view),
            calibrated (a coefficient has seen it), identity (the published inputs give it by definition),
            inputs_solved_for, headline.
        source: Where it stands.
        known_miss: The model is known not to hold there.
    """

    check_id: str
    name: str
    ours: float
    published: float
    unit: str
    tolerance_ratio: float
    evidence_kind: str
    source: str
    known_miss: bool = False

    @property
    def error_ratio(self) -> float:
        """Ours over published, less one; ours itself where nothing is published but an aim of zero."""
        return self.ours / self.published - 1.0 if self.published else self.ours

    @property
    def passed(self) -> bool:
        """Whether the error is within the tolerance."""
        return abs(self.error_ratio) <= self.tolerance_ratio


def published_cases() -> Iterator[Check]:
    """Recompute the published cases from their published inputs."""
    for row in seed_rows("published_case"):
        pairs = (pair.split("=") for pair in row["inputs"].split(";"))
        ours = FORMULAS[row["formula"]]({name: float(value) for name, value in pairs})
        yield Check(
            row["published_case"],
            row["name"],
            ours,
            float(row["published"]),
            row["unit"],
            float(row["tolerance_ratio"]),
            row["evidence_kind"],
            row["source"],
        )


def parameter_counts() -> Iterator[Check]:
    """Count every published model from its config beside its card."""
    assumed = {row["model"] for row in seed_rows("model") if row["assumed"] == "true"}
    cards = fact_table("model_fact")
    for model, counted in architectures().items():
        if model in assumed or "card_total_params_b" not in cards[model]:
            continue
        yield Check(
            f"parameters-{model}",
            f"Parameters of {model}",
            float(np.asarray(counted.total_params)) / 1e9,
            cards[model]["card_total_params_b"],
            "billion",
            _PARAMETER_TOLERANCE,
            "independent",
            "model card",
        )
