"""Options that describe a service: its model, traffic and latency; commands about what-ifs share them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from flows.commands.options import number_option, whole_option
from flows.config_tables import BOUNDS, WHOLE_BOUNDS

Model = Annotated[
    str | None, typer.Option("--model", help="A model of the reference table, or hf:ORG/NAME of the Hugging Face hub.")
]
Config = Annotated[Path | None, typer.Option("--config", help="A config.json as on the Hugging Face hub.")]
Requests = Annotated[
    float,
    number_option(
        "--requests-per-day",
        *BOUNDS["requests_per_day"],
        "1/day",
        "N",
        "Requests of an average day, e.g. 250000 or 2.5M.",
    ),
]
InputTokens = Annotated[
    float, number_option("--input-tokens", *BOUNDS["input_tokens"], "token", "N", "Mean prompt tokens of a request.")
]
OutputTokens = Annotated[
    float,
    number_option("--output-tokens", *BOUNDS["output_tokens"], "token", "N", "Mean generated tokens of a request."),
]
CacheHit = Annotated[
    float,
    number_option(
        "--cache-hit",
        *BOUNDS["cache_hit_ratio"],
        "ratio",
        "RATIO",
        "Share of prompt tokens served from a prefix cache.",
    ),
]
Ttft = Annotated[
    float | None,
    number_option(
        "--ttft-ms",
        *BOUNDS["ttft_p95_ms"],
        "ms",
        "MS",
        "Target for the 95th percentile of time to first token; none: batch work.",
    ),
]
Itl = Annotated[
    float | None,
    number_option(
        "--itl-ms", *BOUNDS["itl_mean_ms"], "ms", "MS", "Target for the mean time between tokens; none: batch work."
    ),
]
Precisions = Annotated[
    list[str] | None,
    typer.Option(
        "--precision",
        help="A number format to admit: bf16, fp8, int8, int4, fp4 (repeat it); default: the model's own and 8 bit up.",
    ),
]
PeakToAverage = Annotated[
    float | None,
    number_option(
        "--peak-to-average",
        *BOUNDS["peak_to_average_ratio"],
        "ratio",
        "RATIO",
        "Busiest hour over mean hour; default: 2, or that of a profile of your own.",
    ),
]
MinReplicas = Annotated[
    int, whole_option("--min-replicas", *WHOLE_BOUNDS["min_replicas"], "1", "N", "Replicas kept up at any hour.")
]
SpareNodes = Annotated[
    int, whole_option("--spare-nodes", *WHOLE_BOUNDS["spare_nodes"], "1", "N", "Nodes on top of the need.")
]
Utilisation = Annotated[
    float,
    number_option(
        "--utilisation",
        *BOUNDS["target_utilisation_ratio"],
        "ratio",
        "RATIO",
        "Load that a replica is planned for in the busiest hour.",
    ),
]
