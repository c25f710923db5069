# ruff: noqa: INP001  scripts, not a package: the name belongs to Superset's own
"""The charts of the dashboard, and beside each the SQL whose rows Superset must give for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

LIMIT = 500
USD, HOUR, KWH = "USD per day", "USD per accelerator-hour", "USD per kWh"
AMOUNTS = {USD: "sum(usd_per_day)", HOUR: "min(usd_per_accelerator_hour)", KWH: "max(usd_per_kwh)"}


@dataclass(frozen=True)
class Chart:
    """One chart.

    Args:
        name: its title.
        dataset: what it reads.
        viz_type: Superset's name of its kind.
        columns: what it groups by; of a drawing, the first is its axis.
        metric: key of AMOUNTS.
        expected: SQL on the published night for the rows of its query, in any order.
        where: filter given as SQL.
    """

    name: str
    dataset: str
    viz_type: str
    columns: tuple[str, ...]
    metric: str
    expected: str
    where: str = ""

    def metrics(self) -> list[dict[str, Any]]:
        """Its one metric, given as SQL."""
        return [{"expressionType": "SQL", "sqlExpression": AMOUNTS[self.metric], "label": self.metric}]

    def query(self) -> dict[str, Any]:
        """What the REST API asks the dataset."""
        return {
            "columns": list(self.columns),
            "metrics": self.metrics(),
            "extras": {"where": self.where},
            "orderby": [[self.metrics()[0], True]],
            "row_limit": LIMIT,
        }

    def params(self) -> dict[str, Any]:
        """What Superset's own pages draw."""
        where = {"expressionType": "SQL", "clause": "WHERE", "sqlExpression": self.where}
        common: dict[str, Any] = {
            "viz_type": self.viz_type,
            "metrics": self.metrics(),
            "adhoc_filters": [where] if self.where else [],
            "row_limit": LIMIT,
            "order_desc": False,
            "timeseries_limit_metric": self.metrics()[0],
        }
        if self.viz_type == "table":
            return common | {"query_mode": "aggregate", "groupby": list(self.columns)}
        drawn: dict[str, Any] = {
            "x_axis": self.columns[0],
            "groupby": list(self.columns[1:]),
            "time_grain_sqla": "P1D",
            "truncate_metric": True,
            "show_legend": True,
            "y_axis_title": self.metric,
            "y_axis_title_margin": 40,
            "xAxisLabelInterval": "0",
        }
        kind: dict[str, Any] = {"stack": "Stack"} if self.viz_type.endswith("bar") else {"markerEnabled": True}
        return common | drawn | kind


CHARTS = (
    Chart(
        "The figure of the day, by service",
        "scenario_daily",
        "table",
        ("scenario_id", "option_id"),
        USD,
        "select scenario_id, option_id, usd_per_day from daily_cost where rank = 1",
    ),
    Chart(
        "The best of each way to run it, by class of cost",
        "best_by_class",
        "echarts_timeseries_bar",
        ("option_kind", "cost_class"),
        USD,
        "select option_kind, cost_class, sum(parts.usd_per_day) from cheapest_option"
        " inner join daily_cost_component as parts using (scenario_id, option_id) group by all",
    ),
    Chart(
        "Ten cheapest options",
        "daily_cost",
        "table",
        ("scenario_id", "rank", "option_id"),
        USD,
        "select scenario_id, rank, option_id, usd_per_day from daily_cost where rank <= 10",
        "rank <= 10",
    ),
    Chart(
        "Cost through time, tonight's best of each way",
        "cost_through_time",
        "echarts_timeseries_line",
        ("cost_date", "option_kind"),
        USD,
        "select days.cost_date, option_kind, sum(past.usd_per_day) from cheapest_option"
        " inner join cost_history as past using (scenario_id, option_id)"
        " inner join (select distinct cost_date from cost_by_day) as days on valid_from <= days.cost_date"
        " and days.cost_date < coalesce(valid_to, date '9999-12-31') group by all",
    ),
    Chart(
        "Price of an accelerator-hour",
        "accelerator_price_index",
        "table",
        ("accelerator", "purchase_option"),
        HOUR,
        "select accelerator, purchase_option, min(usd_per_accelerator_hour) from accelerator_price_index"
        " group by all order by 3 limit 500",
    ),
    Chart(
        "Retail electricity",
        "tariff_daily",
        "table",
        ("tariff_zone",),
        KWH,
        "select tariff_zone, max(usd_per_kwh) from tariff_daily where kind = 'retail' group by all",
        "kind = 'retail'",
    ),
)
