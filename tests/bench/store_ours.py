"""One process that stores prices on the night's own path: landing, load and gate, dbt's history.

python -m tests.bench.store_ours FOLDER ROWS     prints seconds by stage, peak MB
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from flows import dbt
from flows.load import load_and_gate
from flows.settings import Settings
from tests.bench import growth
from tests.bench.measure import import_the_rest, own_peak_mb

SELECT = ("+hist_instance_price", "+hist_partition")


def main(folder: Path, rows: int) -> dict[str, float]:
    """Store one night of `rows` prices; seconds of each stage and of dbt's models alone."""
    settings = Settings(home=folder, offline=True, cost_draws=256)
    settings.paths.make()
    parts = growth.answers(growth.prices(rows, 1))
    import_the_rest()
    marks = [time.perf_counter()]
    growth.land(settings, growth.LAST, parts)
    marks.append(time.perf_counter())
    load_and_gate(settings, growth.LAST)
    marks.append(time.perf_counter())
    built = dbt.build(settings, growth.LAST, folder / "marts.duckdb", command="run", select=SELECT)
    marks.append(time.perf_counter())
    stages = {f"{n}_s": b - a for n, a, b in zip(("land", "load", "dbt"), marks, marks[1:], strict=False)}
    models = sum(built.seconds.values())
    return stages | {
        "models_s": models,
        "seconds": stages["land_s"] + stages["load_s"] + models,
        "peak_mb": own_peak_mb(),
    }


if __name__ == "__main__":
    json.dump(main(Path(sys.argv[1]), int(sys.argv[2])), sys.stdout)
