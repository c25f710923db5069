"""A wrong setting in one line: which, what is wrong with it, and what may have been meant."""

from __future__ import annotations

from collections.abc import Container

from pydantic import BaseModel, ValidationError

from flows.config_tables import (
    Alerts,
    DemandProfile,
    Discount,
    GateException,
    Measured,
    Range,
    Scenario,
    Server,
)
from flows.near_names import near
from flows.sites import EnergyRule, Site, UrdbSite

MISTAKES = {"extra_forbidden": "no such key", "missing": "is missing"}
#: Tables whose keys are checked.
TABLES: dict[int | str, tuple[type[BaseModel], ...]] = {
    "scenarios": (Scenario,),
    "demand_profiles": (DemandProfile,),
    "assumptions": (Range,),
    "discount": (Discount,),
    "servers": (Server,),
    "measured": (Measured,),
    "gate_exceptions": (GateException,),
    "alerts": (Alerts,),
    "site": (Site, UrdbSite, EnergyRule),
}


def mistake(error: ValidationError, secrets: Container[str]) -> str:
    """The first mistake in one line, of misspelt keys if there are any; entries of a list count from 1.

    Args:
        error: what pydantic found.
        secrets: settings of which no piece may be told.
    """
    mistakes = error.errors()
    # a key that is missing stands there under another name
    first = next((one for one in mistakes if one["type"] == "extra_forbidden"), mistakes[0])
    place = [p for p in first["loc"] if p != "[key]"]
    name = ".".join(str(p + 1) if isinstance(p, int) else p if p.isprintable() else ascii(p) for p in place)
    what = MISTAKES.get(first["type"]) or first["msg"].removeprefix("Value error, ")
    if first["type"] == "extra_forbidden":
        keys = (f.alias or n for table in TABLES.get(place[0], ()) for n, f in table.model_fields.items())
        what += near(str(place[-1]), keys)
    # of settings that do not fit together, the input is all of them; what is wrong with an address may be its password
    is_shown = name and name not in secrets and not name.endswith("_url")
    got = f" (got {_shown(first.get('input'))})" if is_shown else ""
    return f"setting{name and ' '}{name:.200}: {what}{got}; see docs/settings.md"


def _shown(given: object) -> str:
    try:
        return f"{given!r:.80}"
    except (ValueError, RecursionError):  # a number of thousands of digits
        return f"a {type(given).__name__} too long to show"
