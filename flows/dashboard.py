"""The page of a night: one HTML file with its data, charts and scripts inside; works from a disk, asks no network."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import altair as alt
import jinja2
import vl_convert

from flows.dashboard_charts import specs
from flows.dashboard_data import CLASSES, NightView, read_night
from flows.dashboard_series import data_of
from flows.warehouse import connect

TEMPLATE, PAGE = "dashboard.html.j2", "index.html"
FOLDER = Path(__file__).resolve().parent


def write_dashboard(run: Path, run_id: str) -> Path:
    """Write ``index.html`` beside the ``cost.duckdb`` of a run folder; returns its path."""
    with connect(run / "cost.duckdb", read_only=True) as con:
        night = read_night(con)
    page = run / PAGE
    page.write_text(render(night, run_id), encoding="utf-8")
    return page


def render(night: NightView, run_id: str) -> str:
    """The page as text. Every text of a source is escaped: in HTML by Jinja, in JSON here."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"usd": _usd, "percent": _percent}
    charts = {"specs": specs(), "data": data_of(night)}
    # "</script>" inside a JSON string would end the script element
    inlined = json.dumps(charts, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")
    return environment.get_template(TEMPLATE).render(
        night=night, run_id=run_id, charts=inlined, drawn=charts["data"], vega=_vega(), classes=CLASSES
    )


@cache
def _vega() -> str:
    """Vega, Vega-Lite and Vega-Embed as one script, from the wheel of vl-convert."""
    version = ".".join(alt.SCHEMA_VERSION.lstrip("v").split(".")[:2])
    # without a snippet of ours it exports window.vegaEmbed; the stub wrongly asks for one
    script: str = vl_convert.javascript_bundle(vl_version=version)  # type: ignore[call-arg]
    return script.replace("</script", "<\\/script")


def _usd(value: float | None, digits: int = 0) -> str:
    """``27740.1`` -> ``27,740``; a dash for unknown."""
    return "-" if value is None else f"{value:,.{digits}f}"


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f} %"
