"""The page of a night: one HTML file with its data, charts and scripts inside; works from a disk, asks no network."""

from __future__ import annotations

import json
from importlib import metadata
from pathlib import Path

import altair as alt
import jinja2
import vl_convert

from flows.dashboard_charts import specs
from flows.dashboard_data import CLASSES, NightView, read_night
from flows.dashboard_series import data_of, kind_name, label
from flows.warehouse import connect

TEMPLATE, PAGE = "dashboard.html.j2", "index.html"
WAYS = {"buy": "own hardware", "rent": "rent", "api": "an API"}
FOLDER = Path(__file__).resolve().parent


def write_dashboard(run: Path, run_id: str, kept: Path | None = None) -> Path:
    """Write ``index.html`` beside the ``cost.duckdb`` of a run folder; returns its path.

    Args:
        run: the folder.
        run_id: its name, which the page shows.
        kept: folder in which the charts' script stays from night to night: to bundle it takes over a second.
    """
    with connect(run / "cost.duckdb", read_only=True) as con:
        night = read_night(con)
    page = run / PAGE
    page.write_text(render(night, run_id, _vega(kept)), encoding="utf-8")
    return page


def render(night: NightView, run_id: str, vega: str) -> str:
    """The page as text. Every text of a source is escaped: in HTML by Jinja, in JSON here."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"usd": _usd, "percent": _percent, "about": _about}
    environment.filters |= {"kind": kind_name, "label": label, "way": WAYS.__getitem__}
    charts = {"specs": specs(), "data": data_of(night)}
    # "</script>" inside a JSON string would end the script element
    inlined = json.dumps(charts, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")
    return environment.get_template(TEMPLATE).render(
        night=night, run_id=run_id, charts=inlined, drawn=charts["data"], vega=vega, classes=CLASSES
    )


def _vega(kept: Path | None) -> str:
    """Vega, Vega-Lite and Vega-Embed as one script, from the wheel of vl-convert."""
    version = ".".join(alt.SCHEMA_VERSION.lstrip("v").split(".")[:2])
    file = kept / f"vega-{version}-vl-convert-{metadata.version('vl-convert-python')}.js" if kept else None
    if file and file.exists():
        return file.read_text(encoding="utf-8")
    # without a snippet of ours it exports window.vegaEmbed; the stub wrongly asks for one
    script: str = vl_convert.javascript_bundle(vl_version=version)  # type: ignore[call-arg]
    script = script.replace("</script", "<\\/script")
    if file:
        unfinished = file.with_suffix(".tmp")
        unfinished.write_text(script, encoding="utf-8")
        unfinished.replace(file)
    return script


def _usd(value: float | None, digits: int = 0) -> str:
    """``27740.1`` -> ``27,740``; a dash for unknown."""
    return "-" if value is None else f"{value:,.{digits}f}"


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f} %"


def _about(value: float) -> str:
    """``25299635.9`` -> ``25.3 million``: three digits, as much as a break-even can say."""
    rounded = float(f"{value:.3g}")
    for size, word in ((1e9, " billion"), (1e6, " million")):
        if rounded >= size:
            return f"{rounded / size:g}{word}"
    return f"{rounded:,.0f}"
