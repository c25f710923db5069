"""The page's charts: one Vega-Lite specification per kind of chart; flows/dashboard_series.py has their rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt

from flows.dashboard_data import CLASSES

Spec = dict[str, Any]
ROW_PX = 22
KINDS = ("rent", "own hardware", "API")
COMMITMENTS = ("on demand", "1 year", "3 years", "spot")


def specs() -> dict[str, Spec]:
    """One specification per kind of chart; the page adds the rows of `data_of` and its style sheet's colours."""
    charts = {
        "options": _options(),
        "substitutes": _options(),
        "stack": _stack(),
        "zones": _zones(),
        "scale": _scale(),
        "sensitivity": _sensitivity(),
        "index": _index(),
        "history": _history(),
        "tariffs": _tariffs(),
    }
    fit = alt.AutoSizeParams(type="fit-x", contains="padding")
    built = {name: chart.properties(width="container", autosize=fit).to_dict() for name, chart in charts.items()}
    return {name: {k: v for k, v in spec.items() if k != "config"} for name, spec in built.items()}


def _options() -> alt.LayerChart:
    """Cost per day of each option as a dot, P5 to P95 as a line."""
    base = _chart(ROW_PX).encode(
        y=alt.Y("label:N", sort=None, title=None),
        color=_series("kind", KINDS),
        tooltip=[
            alt.Tooltip("option_id:N", title="option"),
            _figure("usd_per_day", "USD/day", ",.0f"),
            _figure("usd_per_day_low", "P5", ",.0f"),
            _figure("usd_per_day_high", "P95", ",.0f"),
        ],
    )
    interval = base.mark_rule(strokeWidth=2, opacity=0.6).encode(x="usd_per_day_low:Q", x2="usd_per_day_high:Q")
    chart: alt.LayerChart = interval + base.mark_point(filled=True, size=90, opacity=1).encode(x=_usd("usd_per_day"))
    return chart


def _stack() -> alt.Chart:
    """The best option of each kind, stacked by class of cost."""
    chart: alt.Chart = (
        _chart(28)
        .mark_bar(height=14)
        .encode(
            y=alt.Y("kind:N", sort=None, title=None),
            x=_usd("class_usd_per_day"),
            color=_series("cost_class", CLASSES),
            order="place:Q",
            tooltip=[
                alt.Tooltip("option_id:N", title="option"),
                alt.Tooltip("cost_class:N", title="class"),
                _figure("class_usd_per_day", "USD/day", ",.2f"),
            ],
        )
    )
    return chart


def _zones() -> alt.LayerChart:
    """One own server everywhere: total cost by tariff zone, electricity inside it, the cheapest rent as a line."""
    base = _chart(16).encode(y=alt.Y("tariff_zone:N", sort=None, title=None))
    total = base.mark_bar(height=12).encode(
        x=_usd("usd_per_day"),
        tooltip=[
            alt.Tooltip("tariff_zone:N", title="zone"),
            _figure("usd_per_day", "USD/day", ",.0f"),
            _figure("electricity_usd_per_day", "of it electricity", ",.0f"),
            _figure("usd_per_kwh", "USD/kWh", ".4f"),
            _figure("kgco2e_per_day", "kg CO2e/day", ",.0f"),
        ],
    )
    electricity = base.mark_bar(height=12, color=alt.ExprRef("energyColour")).encode(x="electricity_usd_per_day:Q")
    rent = _chart(16).mark_rule(strokeDash=[4, 3], color=alt.ExprRef("inkColour"))
    chart: alt.LayerChart = total + electricity + rent.encode(x="min(rent_usd_per_day):Q")
    return chart


def _scale() -> alt.Chart:
    """Cost per token against volume, both logarithmic, for the best option of each kind."""
    decades = alt.Axis(format="~s", tickCount=8, labelExpr="replace(datum.label, 'G', ' bn')")
    chart: alt.Chart = (
        alt.Chart(alt.NamedData("rows"), height=300)
        .mark_line(strokeWidth=2, point=True)
        .encode(
            x=alt.X("requests_per_day:Q", title="requests per day", scale=alt.Scale(type="log"), axis=decades),
            y=alt.Y(
                "usd_per_million_tokens:Q",
                title="USD per million tokens",
                scale=alt.Scale(type="log"),
                axis=alt.Axis(tickCount=6),
            ),
            color=alt.Color("kind:N", title=None),
            tooltip=[
                alt.Tooltip("option_id:N", title="option"),
                _figure("requests_per_day", "requests/day", ",.0f"),
                _figure("usd_per_day", "USD/day", ",.0f"),
                _figure("usd_per_million_tokens", "USD/M tokens", ",.3f"),
            ],
        )
    )
    return chart


def _sensitivity() -> alt.LayerChart:
    """What the total would be at either end of one figure's range."""
    base = _chart(ROW_PX)
    swing = base.mark_bar(height=12).encode(
        y=alt.Y("figure:N", sort=None, title=None),
        x=_usd("at_low_usd_per_day", zero=False),
        x2="at_high_usd_per_day:Q",
        tooltip=[
            "figure:N",
            _figure("at_low_usd_per_day", "at its low end", ",.0f"),
            _figure("at_high_usd_per_day", "at its high end", ",.0f"),
        ],
    )
    total = base.mark_rule(strokeDash=[4, 3], color=alt.ExprRef("inkColour")).encode(x="min(usd_per_day):Q")
    chart: alt.LayerChart = swing + total
    return chart


def _index() -> alt.LayerChart:
    """Price of an accelerator-hour: median and quartiles by commitment."""
    base = _chart(ROW_PX).encode(
        y=alt.Y("accelerator:N", title=None),
        color=_series("commitment", COMMITMENTS),
        tooltip=[
            "accelerator:N",
            alt.Tooltip("purchase_option:N", title="purchase option"),
            _figure("usd_per_accelerator_hour", "median USD/h", ".3f"),
            _figure("price_count", "prices", "d"),
        ],
    )
    quartiles = base.mark_rule(strokeWidth=2, opacity=0.5).encode(
        x="usd_per_accelerator_hour_p25:Q", x2="usd_per_accelerator_hour_p75:Q"
    )
    median = alt.X("usd_per_accelerator_hour:Q", title="USD per accelerator-hour", axis=alt.Axis(orient="top"))
    chart: alt.LayerChart = quartiles + base.mark_point(filled=True, size=70, opacity=1).encode(x=median)
    return chart


def _history() -> alt.Chart:
    """On-demand price of an accelerator-hour through time."""
    chart: alt.Chart = (
        alt.Chart(alt.NamedData("rows"), height=260)
        .mark_line(interpolate="step-after", point=True, strokeWidth=2)
        .encode(
            x=alt.X("day:T", title=None, axis=alt.Axis(format="%Y-%m-%d", labelAngle=0, labelOverlap=True)),
            y=alt.Y("usd_per_accelerator_hour:Q", title="USD per accelerator-hour"),
            color=alt.Color("accelerator:N", title=None),
            tooltip=["day:T", "accelerator:N", _figure("usd_per_accelerator_hour", "median USD/h", ".3f")],
        )
    )
    return chart


def _tariffs() -> alt.Chart:
    """Each tariff zone by what a kWh costs and what it emits."""
    chart: alt.Chart = (
        alt.Chart(alt.NamedData("rows"), height=300)
        .mark_point(filled=True, size=60, opacity=0.8)
        .encode(
            x=alt.X("usd_per_kwh:Q", title="USD per kWh, industrial or commercial"),
            y=alt.Y("gco2_per_kwh:Q", title="g CO2e per kWh"),
            tooltip=[
                alt.Tooltip("tariff_zone:N", title="zone"),
                "name:N",
                _figure("usd_per_kwh", "USD/kWh", ".4f"),
                _figure("gco2_per_kwh", "g CO2e/kWh", ".0f"),
                alt.Tooltip("price_period:N", title="period"),
            ],
        )
    )
    return chart


def _chart(row_px: int) -> alt.Chart:
    """A chart whose height follows its rows."""
    return alt.Chart(alt.NamedData("rows"), height=alt.Step(row_px))


def _series(column: str, order: Sequence[str]) -> alt.Color:
    return alt.Color(f"{column}:N", title=None, sort=list(order), scale=alt.Scale(domain=list(order)))


def _figure(column: str, title: str, number_format: str) -> alt.Tooltip:
    return alt.Tooltip(f"{column}:Q", title=title, format=number_format)


def _usd(column: str, *, zero: bool = True) -> alt.X:
    axis = alt.Axis(format="~s", orient="top", tickCount=6)
    return alt.X(f"{column}:Q", title="USD per day", axis=axis, scale=alt.Scale(zero=zero))
