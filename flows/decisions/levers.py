"""What one change to an option would save: other hardware, precision, model, zone, commitment or site.

Each lever is pulled on two options of every (scenario, kind): the best ranked one, and the typical one in the middle
of the ranking, which stands for a choice that was not searched for.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from costmodel.sensitivity import LEVERS, lever
from flows.cost_joins import Tables
from flows.decisions.what_else import changed_rows
from flows.model_tables import Columns

IDENTITY: Final = ("deployment", "region", "sku", "accelerator", "purchase_option", "precision", "model")
# Which deployments a lever means: energy is no line of a cloud's bill, and only clouds sell commitments.
SITE, CLOUD = ("owned", "colocated"), ("cloud",)
MEANT_FOR: Final = {"cheaper_energy": SITE, "commitment": CLOUD}
# What these must change. They take the rows of changed_rows; the others choose among the scenario's ranked options.
OF_THE_MODEL: Final = {"quantised_model": "precision", "smaller_model": "model"}

REFERENCES = """
select *, 'best' as reference from {ranked} where place = 1 and deployment <> 'api'
union all
select *, 'typical' as reference from {ranked} where place = (place_count + 1) // 2 and deployment <> 'api'
order by scenario_id, option_kind, reference
"""
RESULT = pa.schema(
    [
        *((name, pa.string()) for name in ("scenario_id", "option_kind", "reference", "lever", "option_id")),
        *((f"better_{name}", pa.string()) for name in ("option_id", "model", "precision")),
        *((name, pa.float64()) for name in ("usd_per_day", "saving_usd_per_day")),
    ]
)


def lever_rows(con: duckdb.DuckDBPyConnection, tables: Tables) -> pa.Table:
    """Cheapest change of each kind to the best and the typical options.

    Args:
        con: connection that sees all `tables`.
        tables: FROM expressions of ranked, scenario, option, accelerator, model, model_fact, software_support,
            serving_coefficient, token_model, demand_profile and assumption.

    Returns:
        One row per (scenario, kind, reference, lever that means it); where nothing is cheaper the better_ columns are
        NULL and the saving is 0.
    """
    references = con.sql(REFERENCES.format(**tables)).to_arrow_table()
    ranked = con.sql(f"select * from {tables['ranked']} order by scenario_id, rank").to_arrow_table()
    if not references.num_rows:
        return RESULT.empty_table()
    changed = changed_rows(con, tables, references)
    found: list[dict[str, Any]] = []
    for scenario in pc.unique(references["scenario_id"]).to_pylist():
        here = pc.field("scenario_id") == scenario
        found += _of_scenario(references.filter(here), ranked.filter(here), changed.filter(here))
    return pa.Table.from_pylist(found, RESULT)


def _of_scenario(references: pa.Table, ranked: pa.Table, changed: pa.Table) -> Iterator[dict[str, Any]]:
    kept = ("option_id", "usd_per_day", *IDENTITY)
    # the references come first, so that a reference has the same index in both pools
    pools = [pa.concat_tables([references.select(kept), other.select(kept)]) for other in (ranked, changed)]
    identities = [_identity(pool) for pool in pools]
    costs = [pool["usd_per_day"].to_numpy() for pool in pools]
    for index, row in enumerate(references.to_pylist()):
        for name, free in LEVERS.items():
            if row["deployment"] not in MEANT_FOR.get(name, (*SITE, *CLOUD)):
                continue
            which = int(name in OF_THE_MODEL)
            meant = _meant(name, pools[which], identities[which], index)
            # a plan's precision follows its hardware
            allowed = (*free, "precision") if "accelerator" in free else free
            best, saving = lever(identities[which], np.where(meant, costs[which], np.nan), index, allowed)
            better = pools[which].slice(best, 1).to_pylist()[0] if best != index else {}
            yield {
                **{key: row[key] for key in ("scenario_id", "option_kind", "reference", "option_id", "usd_per_day")},
                **{f"better_{key}": better.get(key) for key in ("option_id", "model", "precision")},
                "lever": name,
                "saving_usd_per_day": saving,
            }


def _identity(pool: pa.Table) -> Columns:
    """Text columns as codes: equal codes, equal texts (an API has no accelerator: a text of its own)."""
    encoded = {name: pool[name].combine_chunks().dictionary_encode(null_encoding="encode") for name in IDENTITY}
    return {name: column.indices.to_numpy() for name, column in encoded.items()}


def _meant(name: str, pool: pa.Table, identity: Columns, reference: int) -> NDArray[np.bool_]:
    """Rows that a lever may choose, the reference itself among them: the other side of cloud and own, another model."""
    if name == "cloud_or_own":
        is_cloud, is_api = (pc.equal(pool["deployment"], kind).to_numpy() for kind in ("cloud", "api"))
        meant = np.asarray((is_cloud != is_cloud[reference]) & ~is_api)
    elif name in OF_THE_MODEL:
        changed = OF_THE_MODEL[name]
        meant = np.asarray(identity[changed] != identity[changed][reference])
    else:
        meant = np.ones(len(pool), dtype=np.bool_)
    meant[reference] = True
    return meant
