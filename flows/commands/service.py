"""Options that describe a service: its model, traffic and latency; commands about what-ifs share them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from flows.quantities import number, whole

Model = Annotated[
    str | None, typer.Option("--model", help="A model of the reference table, or hf:ORG/NAME of the Hugging Face hub.")
]
Config = Annotated[Path | None, typer.Option("--config", help="A config.json as on the Hugging Face hub.")]
Requests = Annotated[
    float,
    typer.Option(
        "--requests-per-day",
        parser=number("--requests-per-day", 1, 1e12, "1/day"),
        metavar="N",
        help="Requests of an average day, e.g. 250000 or 2.5M.",
    ),
]
InputTokens = Annotated[
    float,
    typer.Option(
        "--input-tokens",
        parser=number("--input-tokens", 1, 1e7, "token"),
        metavar="N",
        help="Mean prompt tokens of a request.",
    ),
]
OutputTokens = Annotated[
    float,
    typer.Option(
        "--output-tokens",
        parser=number("--output-tokens", 1, 1e7, "token"),
        metavar="N",
        help="Mean generated tokens of a request.",
    ),
]
CacheHit = Annotated[
    float,
    typer.Option(
        "--cache-hit",
        parser=number("--cache-hit", 0, 0.99, "ratio"),
        metavar="RATIO",
        help="Share of prompt tokens served from a prefix cache.",
    ),
]
Ttft = Annotated[
    float | None,
    typer.Option(
        "--ttft-ms",
        parser=number("--ttft-ms", 1, 1e7, "ms"),
        metavar="MS",
        help="Target for the 95th percentile of time to first token; none: batch work.",
    ),
]
Itl = Annotated[
    float | None,
    typer.Option(
        "--itl-ms",
        parser=number("--itl-ms", 0.1, 1e6, "ms"),
        metavar="MS",
        help="Target for the mean time between tokens; none: batch work.",
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
    float,
    typer.Option(
        "--peak-to-average",
        parser=number("--peak-to-average", 1, 24, "ratio"),
        metavar="RATIO",
        help="Busiest hour over mean hour.",
    ),
]
MinReplicas = Annotated[
    int,
    typer.Option(
        "--min-replicas",
        parser=whole("--min-replicas", 1, 1_000_000, "1"),
        metavar="N",
        help="Replicas kept up at any hour.",
    ),
]
SpareNodes = Annotated[
    int,
    typer.Option(
        "--spare-nodes",
        parser=whole("--spare-nodes", 0, 1_000_000, "1"),
        metavar="N",
        help="Nodes on top of the need.",
    ),
]
Utilisation = Annotated[
    float,
    typer.Option(
        "--utilisation",
        parser=number("--utilisation", 0.01, 1, "ratio"),
        metavar="RATIO",
        help="Load that a replica is planned for in the busiest hour.",
    ),
]
