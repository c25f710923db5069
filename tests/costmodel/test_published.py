"""Formulas of the published cases on figures worked by hand."""

from __future__ import annotations

import pytest

from costmodel.published import FORMULAS


@pytest.mark.parametrize(
    ("formula", "inputs", "value"),
    [
        ("product", {"a": 3.0, "b": 4.0, "c": 0.5}, 6.0),
        ("quotient", {"numerator": 9.0, "denominator": 2.0}, 4.5),
        ("margin", {"revenue": 562_027.0, "cost": 87_072.0}, 5.4547),
        ("flop_of_training", {"params": 175e9, "tokens": 300e9}, 3.15e23),
        (
            "training_flop_ratio",
            {"large_params": 4.0, "large_tokens": 3.0, "small_params": 2.0, "small_tokens": 1.0},
            6.0,
        ),
        (
            "query_energy_wh",
            {
                "active_params": 1e9,
                "output_tokens": 100.0,
                "peak_flop_s": 1e12,
                "mfu": 0.1,
                "watts": 360.0,
                "power_ratio": 0.5,
                "pue": 1.0,
            },
            0.1,
        ),
        (
            "token_revenue_usd",
            {
                "input_tokens": 1e6,
                "input_usd": 2.0,
                "cached_tokens": 2e6,
                "cached_usd": 0.5,
                "output_tokens": 3e6,
                "output_usd": 4.0,
            },
            15.0,
        ),
        (
            "nodes_of_tokens",
            {"input_tokens": 86_400.0, "prefill_tok_s": 1.0, "output_tokens": 172_800.0, "decode_tok_s": 1.0},
            3.0,
        ),
        ("hours_of_runs", {"a": 1.5, "b": 2.5}, 4.0),
        ("carbon_of_runs_t", {"hours": 1000.0, "watts": 700.0, "kg_per_kwh": 0.5}, 0.35),
    ],
)
def test_formula(formula: str, inputs: dict[str, float], value: float) -> None:
    assert FORMULAS[formula](inputs) == pytest.approx(value, rel=1e-4)
