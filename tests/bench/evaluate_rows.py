"""Time and memory of the cost model on many rows: `python -m tests.bench.evaluate_rows [ROWS] [THREADS]`."""

import json
import resource
import sys
import time

import numpy as np

from costmodel.evaluate import DRAWS, evaluate
from tests.costmodel.options import BEDROCK, BF16, CLOUD, DGX_H100, FP8, columns, option, seed_assumptions


def many_rows(count: int) -> dict[str, np.ndarray]:
    """Options of every kind of billing, at volumes of ten thousand to a billion requests a day."""
    uncertain = {"throughput_ratio_low": 0.7, "throughput_ratio_high": 1.3}
    server = {"server_price_usd_low": 240e3, "server_price_usd_high": 330e3}
    clouds = [option(CLOUD, plan, uncertain, billing=b) for plan in (BF16, FP8) for b in ("always_on", "autoscaled")]
    mixed = option(CLOUD, FP8, uncertain, billing="mix", usd_per_hour=43.16)
    site = [option(DGX_H100, FP8, uncertain, server, deployment=d) for d in ("owned", "colocated")]
    few = columns([*clouds, mixed, *site, option(BEDROCK)])
    index = np.resize(np.arange(len(few["deployment"])), count)
    table = {name: values[index] for name, values in few.items()}
    return table | {"requests_per_day": 10 ** np.random.default_rng(0).uniform(4, 9, count)}


def main(rows: int = 1_000_000, threads: int = 2) -> None:
    """Evaluate that many rows and print what it took."""
    table = many_rows(rows)
    start = time.perf_counter()
    evaluate(table, seed_assumptions(), threads=threads)
    seconds = time.perf_counter() - start
    peak_gb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9
    figures = {"rows": rows, "draws": DRAWS, "threads": threads, "seconds": seconds, "peak_gb": peak_gb}
    sys.stdout.write(json.dumps(figures) + "\n")


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
