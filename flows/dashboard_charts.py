"""The page's charts: Vega-Lite specifications with their data inside. Colours come from the page's style sheet."""

from __future__ import annotations

from typing import Any

import altair as alt

from flows.dashboard_data import CLASSES, NightView, Row, ScenarioView

Spec = dict[str, Any]
ROW_HEIGHT = 22
KIND_NAMES = {
    "api": "API",
    "owned": "own hardware",
    "colocated": "own, colocated",
    "on_demand": "rent on demand",
    "committed": "rent committed",
    "spot": "rent spot",
    "mix": "rent mixed",
}
KIND_ORDER = ["rent", "own hardware", "API"]
HISTORY_LINES = 6  # more lines than hues would have to share a colour


def charts_of(night: NightView) -> dict[str, Spec]:
    """Every chart of the page by the id of its element; a chart without data is left out."""
    charts: dict[str, Spec | None] = {
        "index": _index(night.market["index"]),
        "history": _history(night.market["history"]),
        "tariffs": _tariffs(night.market["tariffs"]),
    }
    for scenario in night.scenarios:
        charts |= {
            f"options-{scenario.name}": _options(scenario.options),
            f"substitutes-{scenario.name}": _options(scenario.substitutes),
            f"stack-{scenario.name}": _stack(scenario),
            f"zones-{scenario.name}": _zones(scenario.zones),
        }
    return {name: spec for name, spec in charts.items() if spec}


def _options(rows: list[Row]) -> Spec | None:
    """Cost per day of each option as a dot, P5 to P95 as a line."""
    if not rows:
        return None
    data = [row | {"label": _label(row["option_id"]), "kind": _kind(row["option_id"])} for row in rows]
    base = alt.Chart(alt.Data(values=data)).encode(
        y=alt.Y("label:N", sort=None, title=None),
        color=alt.Color("kind:N", title=None, sort=KIND_ORDER, scale=alt.Scale(domain=KIND_ORDER)),
        tooltip=[
            alt.Tooltip("option_id:N", title="option"),
            alt.Tooltip("usd_per_day:Q", title="USD/day", format=",.0f"),
            alt.Tooltip("usd_per_day_low:Q", title="P5", format=",.0f"),
            alt.Tooltip("usd_per_day_high:Q", title="P95", format=",.0f"),
        ],
    )
    interval = base.mark_rule(strokeWidth=2, opacity=0.6).encode(x="usd_per_day_low:Q", x2="usd_per_day_high:Q")
    dot = base.mark_point(filled=True, size=90, opacity=1).encode(x=_usd("usd_per_day"))
    return _sized(interval + dot, len(rows))


def _stack(scenario: ScenarioView) -> Spec | None:
    """The best option of each kind, stacked by class of cost."""
    if not scenario.kinds:
        return None
    data = [row | {"kind": KIND_NAMES.get(row["option_kind"], row["option_kind"])} for row in scenario.kinds]
    order = {name: place for place, name in enumerate(CLASSES)}
    chart = (
        alt.Chart(alt.Data(values=[row | {"place": order[row["cost_class"]]} for row in data]))
        .mark_bar(height=14)
        .encode(
            y=alt.Y("kind:N", sort=None, title=None),
            x=_usd("class_usd_per_day"),
            color=alt.Color("cost_class:N", title=None, sort=list(CLASSES), scale=alt.Scale(domain=list(CLASSES))),
            order="place:Q",
            tooltip=[
                alt.Tooltip("option_id:N", title="option"),
                alt.Tooltip("cost_class:N", title="class"),
                alt.Tooltip("class_usd_per_day:Q", title="USD/day", format=",.2f"),
            ],
        )
    )
    return _sized(chart, len({row["kind"] for row in data}), 28)


def _zones(rows: list[Row]) -> Spec | None:
    """One own server everywhere: total cost by tariff zone, electricity by shade, the cheapest rent as a line."""
    if not rows:
        return None
    base = alt.Chart(alt.Data(values=rows))
    bars = base.mark_bar(height=12).encode(
        y=alt.Y("tariff_zone:N", sort=None, title=None),
        x=_usd("usd_per_day"),
        tooltip=[
            alt.Tooltip("tariff_zone:N", title="zone"),
            alt.Tooltip("usd_per_day:Q", title="USD/day", format=",.0f"),
            alt.Tooltip("electricity_usd_per_day:Q", title="of it electricity", format=",.0f"),
            alt.Tooltip("usd_per_kwh:Q", title="USD/kWh", format=".4f"),
            alt.Tooltip("kgco2e_per_day:Q", title="kg CO2e/day", format=",.0f"),
        ],
    )
    power = base.mark_bar(height=12, color={"expr": "energyColour"}).encode(
        y=alt.Y("tariff_zone:N", sort=None), x="electricity_usd_per_day:Q"
    )
    rent = base.mark_rule(strokeDash=[4, 3], color={"expr": "inkColour"}).encode(x="min(rent_usd_per_day):Q")
    return _sized(bars + power + rent, len(rows), 16)


def _index(rows: list[Row]) -> Spec | None:
    """Price of an accelerator-hour: median and quartiles by commitment."""
    if not rows:
        return None
    order = ["on-demand", "1-year commitment", "3-year commitment", "spot"]
    base = alt.Chart(alt.Data(values=rows)).encode(
        y=alt.Y("accelerator:N", title=None),
        color=alt.Color("commitment:N", title=None, sort=order, scale=alt.Scale(domain=order)),
        tooltip=[
            alt.Tooltip("accelerator:N"),
            alt.Tooltip("purchase_option:N", title="purchase option"),
            alt.Tooltip("usd_per_accelerator_hour:Q", title="median USD/h", format=".3f"),
            alt.Tooltip("price_count:Q", title="prices"),
        ],
    )
    quartiles = base.mark_rule(strokeWidth=2, opacity=0.5).encode(
        x="usd_per_accelerator_hour_p25:Q", x2="usd_per_accelerator_hour_p75:Q"
    )
    median = base.mark_point(filled=True, size=70, opacity=1).encode(
        x=alt.X("usd_per_accelerator_hour:Q", title="USD per accelerator-hour", axis=alt.Axis(orient="top"))
    )
    return _sized(quartiles + median, len({row["accelerator"] for row in rows}))


def _history(rows: list[Row]) -> Spec | None:
    """On-demand price of an accelerator-hour through time, for the accelerators with most prices."""
    if not rows:
        return None
    counts = {row["accelerator"]: row["price_count"] for row in rows}
    shown = sorted(sorted(counts, key=lambda a: (-counts[a], a))[:HISTORY_LINES])
    chart = (
        alt.Chart(alt.Data(values=[row for row in rows if row["accelerator"] in shown]))
        .mark_line(interpolate="step-after", point=True, strokeWidth=2)
        .encode(
            x=alt.X("day:T", title=None),
            y=alt.Y("usd_per_accelerator_hour:Q", title="USD per accelerator-hour"),
            color=alt.Color("accelerator:N", title=None, scale=alt.Scale(domain=shown)),
            tooltip=["day:T", "accelerator:N", alt.Tooltip("usd_per_accelerator_hour:Q", format=".3f")],
        )
    )
    return _sized(chart, 1, 260)


def _tariffs(rows: list[Row]) -> Spec | None:
    """Each tariff zone by what a kWh costs and what it emits."""
    if not rows:
        return None
    chart = (
        alt.Chart(alt.Data(values=rows))
        .mark_point(filled=True, size=60, opacity=0.8)
        .encode(
            x=alt.X("usd_per_kwh:Q", title="USD per kWh, industrial or commercial"),
            y=alt.Y("gco2_per_kwh:Q", title="g CO2e per kWh"),
            tooltip=[
                alt.Tooltip("tariff_zone:N", title="zone"),
                "name:N",
                alt.Tooltip("usd_per_kwh:Q", title="USD/kWh", format=".4f"),
                alt.Tooltip("gco2_per_kwh:Q", title="g CO2e/kWh", format=".0f"),
                alt.Tooltip("price_period:N", title="period"),
            ],
        )
    )
    return _sized(chart, 1, 300)


def _sized(chart: alt.Chart | alt.LayerChart, rows: int, row_height: int = ROW_HEIGHT) -> Spec:
    spec: Spec = chart.properties(width="container", height=rows * row_height).to_dict()
    return {k: v for k, v in spec.items() if k != "config"}  # the page's style sheet gives the colours


def _usd(column: str) -> alt.X:
    return alt.X(f"{column}:Q", title="USD per day", axis=alt.Axis(format="~s", orient="top"), scale=alt.Scale(zero=True))


def _kind(option_id: str) -> str:
    provider = option_id.split("/", 1)[0]
    return {"api": "API", "onprem": "own hardware"}.get(provider, "rent")


def _label(option_id: str) -> str:
    """``azure/eastus/Standard_X/on_demand`` -> ``Standard_X on_demand, azure eastus``; APIs without ``global``."""
    provider, region, *sku, purchase = option_id.split("/")
    if provider == "api":
        return f"{sku[-1]}, {sku[0] if region == 'global' else region}"
    return f"{'/'.join(sku)} {purchase.replace('_', ' ')}, {provider} {region}"
