"""The page's charts: one Vega-Lite specification per kind of chart; flows/dashboard_series.py has their rows.

The page's script adds rows and colours, and three figures that expressions here refer to: ``inkColour``, ``narrow``
(the page is as wide as a phone), and ``seriesShown``, the series that have rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import altair as alt

from flows.dashboard_data import CLASSES
from flows.dashboard_series import KIND_NAMES

Spec = dict[str, Any]
Chart = TypeVar("Chart", alt.Chart, alt.LayerChart)
ROW_PX = 26
RENT_OWN_API = ("rent", "own hardware", "API")
KINDS = tuple(KIND_NAMES.values())
COMMITMENTS = ("on demand", "1 year", "3 years", "spot")
# each tick with its own prefix: 500, 1k, 1.5k
AMOUNT = "replace(format(datum.value, '~s'), 'G', ' bn')"
# on a phone a label breaks at its comma
LABELS = alt.Axis(labelExpr="narrow ? split(datum.label, ', ') : datum.label", labelLineHeight=11)
WHOLE_DECADE = "abs(log(datum.value) / LN10 - round(log(datum.value) / LN10)) < 1e-6"


def specs() -> dict[str, Spec]:
    """One specification per kind of chart; the page adds the rows of `data_of` and its style sheet's colours."""
    charts = {
        "options": _options(),
        "substitutes": _options(),
        "stack": _stack(),
        "costs": _costs(),
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
    base = _rows().encode(
        y=alt.Y("label:N", sort=None, title=None, axis=LABELS),
        color=_series("kind", RENT_OWN_API),
        tooltip=[
            alt.Tooltip("option_id:N", title="option"),
            _figure("usd_per_day", "USD/day", ",.0f"),
            *_interval(),
        ],
    )
    interval = base.mark_rule(strokeWidth=2, opacity=0.6).encode(x="usd_per_day_low:Q", x2="usd_per_day_high:Q")
    chart: alt.LayerChart = interval + base.mark_point(filled=True, size=90, opacity=1).encode(x=_usd("usd_per_day"))
    return _with_series(chart, "kind", RENT_OWN_API)


def _stack() -> alt.Chart:
    """The best option of each kind, stacked by class of cost."""
    chart: alt.Chart = (
        _rows()
        .mark_bar(height=16)
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
    return _with_series(chart, "cost_class", CLASSES)


def _costs() -> alt.Chart:
    """Cost per day of tonight's best options through time; a cost holds until the next."""
    chart: alt.Chart = (
        alt.Chart(alt.NamedData("rows"), height=280)
        .mark_line(interpolate="step-after", point=True, strokeWidth=2)
        .encode(
            x=_day(),
            y=alt.Y("usd_per_day:Q", title="USD per day", axis=alt.Axis(tickCount=6, labelExpr=AMOUNT)),
            color=_series("kind", KINDS),
            tooltip=[
                alt.Tooltip("day:T", title="day", format="%Y-%m-%d"),
                alt.Tooltip("option_id:N", title="option"),
                _figure("usd_per_day", "USD/day", ",.2f"),
                *_interval(),
            ],
        )
    )
    return _with_series(chart, "kind", KINDS)


def _zones() -> alt.Chart:
    """Electricity of one own server everywhere, coloured by what it emits."""
    emission = alt.Legend(title="kg CO2e per day", orient="top", direction="horizontal", gradientLength=160)
    chart: alt.Chart = (
        _rows(18)
        .mark_bar(height=13)
        .encode(
            y=alt.Y("tariff_zone:N", sort=None, title=None),
            x=_usd("electricity_usd_per_day"),
            color=alt.Color("kgco2e_per_day:Q", legend=emission),
            tooltip=[
                alt.Tooltip("tariff_zone:N", title="zone"),
                _figure("usd_per_day", "USD/day in all", ",.0f"),
                _figure("electricity_usd_per_day", "of it electricity", ",.0f"),
                _figure("usd_per_kwh", "USD/kWh", ".4f"),
                _figure("kgco2e_per_day", "kg CO2e/day", ",.0f"),
            ],
        )
    )
    return chart


def _scale() -> alt.LayerChart:
    """Cost per token against volume, both logarithmic, for the best option of each kind; tonight's traffic marked."""
    # of the lines between decades none is drawn
    decades: dict[str, Any] = {
        "gridOpacity": {"condition": {"test": WHOLE_DECADE, "value": 1}, "value": 0},
        "ticks": False,
    }
    base = alt.Chart(alt.NamedData("rows"), height=320)
    lines = base.mark_line(strokeWidth=2, point=alt.OverlayMarkDef(size=20)).encode(
        x=alt.X(
            "requests_per_day:Q",
            title="requests per day",
            scale=alt.Scale(type="log"),
            axis=alt.Axis(tickCount=8, labelExpr=f"{WHOLE_DECADE} ? {AMOUNT} : ''", **decades),
        ),
        y=alt.Y(
            "usd_per_million_tokens:Q",
            title="USD per million tokens",
            scale=alt.Scale(type="log"),
            axis=alt.Axis(tickCount=6, **decades),
        ),
        color=_series("kind", KINDS),
        tooltip=[
            alt.Tooltip("option_id:N", title="option"),
            _figure("requests_per_day", "requests/day", ",.0f"),
            _figure("usd_per_day", "USD/day", ",.0f"),
            _figure("usd_per_million_tokens", "USD/M tokens", ",.3f"),
        ],
    )
    traffic = base.mark_rule(strokeDash=[4, 3], color=alt.ExprRef("inkColour")).encode(x="min(traffic):Q")
    chart: alt.LayerChart = lines + traffic
    return _with_series(chart, "kind", KINDS)


def _sensitivity() -> alt.LayerChart:
    """What the total would be at either end of one figure's range."""
    base = _rows()
    swing = base.mark_bar(height=13).encode(
        y=alt.Y("label:N", sort=None, title=None, axis=LABELS),
        x=_usd("at_low_usd_per_day", zero=False),
        x2="at_high_usd_per_day:Q",
        tooltip=[
            "figure:N",
            "meaning:N",
            _figure("at_low_usd_per_day", "USD/day at its low end", ",.0f"),
            _figure("at_high_usd_per_day", "USD/day at its high end", ",.0f"),
        ],
    )
    total = base.mark_rule(strokeDash=[4, 3], color=alt.ExprRef("inkColour")).encode(x="min(usd_per_day):Q")
    chart: alt.LayerChart = swing + total
    return chart


def _index() -> alt.LayerChart:
    """Price of an accelerator-hour: median and quartiles by commitment."""
    base = _rows().encode(
        y=alt.Y("accelerator:N", sort=None, title=None),
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
    hours = alt.Axis(orient="top", tickCount=8)
    median = alt.X("usd_per_accelerator_hour:Q", title="USD per accelerator-hour", axis=hours)
    chart: alt.LayerChart = quartiles + base.mark_point(filled=True, size=70, opacity=1).encode(x=median)
    return _with_series(chart, "commitment", COMMITMENTS)


def _history() -> alt.Chart:
    """On-demand price of an accelerator-hour through time."""
    chart: alt.Chart = (
        alt.Chart(alt.NamedData("rows"), height=260)
        .mark_line(interpolate="step-after", point=True, strokeWidth=2)
        .encode(
            x=_day(),
            y=alt.Y("usd_per_accelerator_hour:Q", title="USD per accelerator-hour", axis=alt.Axis(tickCount=6)),
            color=alt.Color("accelerator:N", title=None),
            tooltip=[
                alt.Tooltip("day:T", title="day", format="%Y-%m-%d"),
                "accelerator:N",
                _figure("usd_per_accelerator_hour", "median USD/h", ".3f"),
            ],
        )
    )
    return chart


def _tariffs() -> alt.Chart:
    """Each tariff zone by what a kWh costs and what it emits."""
    chart: alt.Chart = (
        alt.Chart(alt.NamedData("rows"), height=300)
        .mark_point(filled=True, size=60, opacity=0.8)
        .encode(
            x=alt.X("usd_per_kwh:Q", title="USD per kWh", axis=alt.Axis(tickCount=8)),
            y=alt.Y("gco2_per_kwh:Q", title="g CO2e per kWh", axis=alt.Axis(tickCount=6)),
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


def _rows(row_px: int = ROW_PX) -> alt.Chart:
    """A chart whose height follows its rows."""
    return alt.Chart(alt.NamedData("rows"), height=alt.Step(row_px))


def _series(column: str, order: Sequence[str]) -> alt.Color:
    """A colour for each of `order`, whichever of them have rows; the legend names those that have."""
    return alt.Color(
        f"{column}:N",
        title=None,
        sort=list(order),
        scale=alt.Scale(domain=list(order)),
        legend=alt.Legend(values=alt.ExprRef("seriesShown")),
    )


def _with_series(chart: Chart, column: str, order: Sequence[str]) -> Chart:
    named: Chart = chart.properties(usermeta={"series": column, "order": list(order)})
    return named


def _figure(column: str, title: str, number_format: str) -> alt.Tooltip:
    return alt.Tooltip(f"{column}:Q", title=title, format=number_format)


def _interval() -> list[alt.Tooltip]:
    return [_figure("usd_per_day_low", "P5", ",.0f"), _figure("usd_per_day_high", "P95", ",.0f")]


def _usd(column: str, *, zero: bool = True) -> alt.X:
    axis = alt.Axis(labelExpr=AMOUNT, orient="top", tickCount=6)
    return alt.X(f"{column}:Q", title="USD per day", axis=axis, scale=alt.Scale(zero=zero))


def _day() -> alt.X:
    return alt.X("day:T", title=None, axis=alt.Axis(format="%Y-%m-%d", labelAngle=0, labelOverlap=True, tickCount=6))
