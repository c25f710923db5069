"""The lines of a cost: name, class and formula, from the registry of the cost model."""

import pyarrow as pa

from costmodel.money import COMPONENTS


def model(dbt, session):  # noqa: ARG001  dbt calls it so
    """One row per component."""
    dbt.config(materialized="table")
    return pa.table(
        {
            "component": [c.name for c in COMPONENTS],
            "cost_class": [c.cost_class for c in COMPONENTS],
            "formula": [c.formula for c in COMPONENTS],
        }
    )
