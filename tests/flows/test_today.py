"""What today lists, and what it hides with which reason."""

from __future__ import annotations

from decimal import Decimal

import duckdb
import pytest

from connectors.errors import UsageError
from costmodel.money import COMPONENTS
from flows.render import Format
from flows.show_today import show
from flows.today import Filters, today

COLUMNS = """
    cost_date date, scenario_id varchar, option_id varchar, deployment varchar, provider varchar, region varchar,
    sku varchar, purchase_option varchar, accelerator varchar, precision varchar, nodes_peak int, status varchar,
    status_reason varchar, evidence varchar, equivalence varchar, quality varchar, rank int, usd_per_day decimal(18,4),
    usd_per_day_low decimal(18,4), usd_per_day_high decimal(18,4), list_usd_per_day decimal(18,4),
    usd_per_million_output_tokens_input_included decimal(18,10), price_origin varchar, price_age_days int,
"""


@pytest.fixture
def con() -> duckdb.DuckDBPyConnection:
    con = duckdb.connect(":memory:")
    con.execute(f"create table daily_cost ({COLUMNS} {', '.join(c.name + ' decimal(18,4)' for c in COMPONENTS)})")
    return con


def add(con: duckdb.DuckDBPyConnection, option: str, usd: float | None, rank: int | None, **given: object) -> None:
    provider, region, sku, purchase = option.split("/")
    row = {
        "cost_date": "2026-11-21",
        "scenario_id": "dialogue-llama-70b",
        "option_id": option,
        "deployment": {"api": "api", "onprem": "owned"}.get(provider, "cloud"),
        "provider": provider,
        "region": region,
        "sku": sku,
        "purchase_option": purchase,
        "status": "ok",
        "evidence": "measured",
        "equivalence": "same_weights",
        "quality": "list",
        "rank": rank,
        **dict.fromkeys(("usd_per_day", "usd_per_day_low", "usd_per_day_high", "list_usd_per_day"), usd),
        "price_age_days": 0,
        **{c.name: 0 for c in COMPONENTS},
        "rental_usd": usd,
    } | given
    names = ", ".join(row)
    con.execute(f"insert into daily_cost ({names}) values ({', '.join('?' * len(row))})", list(row.values()))


def test_regions_of_one_size_are_one_row_in_the_cheapest(con: duckdb.DuckDBPyConnection) -> None:
    add(con, "aws/us-east-1/p5/on_demand", 100, 1)
    add(con, "aws/eu-west-2/p5/on_demand", 120, 2)
    add(con, "azure/eastus/nd/on_demand", 150, 3)
    answer = today(con, Filters())
    assert [(row[1], row[-1]) for row in answer.options] == [
        ("aws/us-east-1/p5/on_demand", 2),
        ("azure/eastus/nd/on_demand", 1),
    ]
    assert answer.hidden == {"the same in dearer regions": 1}


def test_every_kind_of_deployment_is_listed_however_dear(con: duckdb.DuckDBPyConnection) -> None:
    for i in range(5):
        add(con, f"aws/us-east-1/p{i}/on_demand", 100 + i, i + 1)
    add(con, "onprem/DE/dgx/owned", 900, 6)
    answer = today(con, Filters(top=2))
    assert [row[1] for row in answer.options][-1] == "onprem/DE/dgx/owned"
    assert answer.hidden == {"ranked below": 3}


def test_the_one_figure_is_split_by_class(con: duckdb.DuckDBPyConnection) -> None:
    add(con, "onprem/DE/dgx/owned", 100, 1, rental_usd=0, hardware_usd=70, energy_usd=20, cooling_usd=5, staff_usd=5)
    assert today(con, Filters()).classes == {"hardware": Decimal(70), "energy": Decimal(25), "labour": Decimal(5)}


def test_what_is_not_ranked_is_counted_by_its_reason(con: duckdb.DuckDBPyConnection) -> None:
    add(con, "aws/us-east-1/p5/on_demand", 100, 1)
    add(con, "aws/us-east-1/p4/on_demand", None, None, status="does_not_fit")
    add(con, "azure/eastus/nd/spot", 20, None, quality="formula", purchase_option="spot")
    add(con, "aws/us-east-1/trn2/on_demand", 50, None, evidence="prior")
    add(con, "api/global/gpt-4o/standard", 10, None, equivalence="substitute")
    answer = today(con, Filters())
    assert answer.hidden == {
        "does_not_fit": 1,
        "price is formula": 1,
        "throughput not calibrated": 1,
        "another model": 1,
    }
    assert [row[1] for row in answer.substitutes] == ["api/global/gpt-4o/standard"]


def test_what_an_api_does_not_publish_is_told_below(
    con: duckdb.DuckDBPyConnection, capsys: pytest.CaptureFixture[str]
) -> None:
    add(con, "api/global/llama/standard", 10, 1, status_reason="not published: latency")
    add(con, "api/global/llama-fp8/standard", 8, None, equivalence="other_precision")
    add(con, "aws/us-east-1/p5/on_demand", 100, 2)
    add(con, "aws/us-east-1/p4/on_demand", 90, None, status="misses_latency", status_reason="too slow")
    answer = today(con, Filters())
    assert (answer.on_trust, answer.hidden) == (1, {"another number format": 1, "misses_latency": 1})
    show(answer, "dialogue-llama-70b", Format.table, currency="USD", rate=Decimal(1), baseline=False)
    assert "1 of these are APIs of which latency or number format is not published" in capsys.readouterr().out


def test_old_prices_can_be_left_out(con: duckdb.DuckDBPyConnection) -> None:
    add(con, "aws/us-east-1/p5/on_demand", 100, 1, price_age_days=400)
    add(con, "azure/eastus/nd/on_demand", 150, 2)
    best = today(con, Filters(max_price_age_days=30)).best
    assert best is not None
    assert best["option_id"] == "azure/eastus/nd/on_demand"


@pytest.mark.parametrize(
    ("best", "second", "told"),
    [
        (100, 150, "p5/on_demand; list prices, excluding tax"),
        (125, 150, "p5/on_demand; negotiated; list 125, excluding tax"),
        (125, 200, "p5/on_demand; negotiated; list 125, excluding tax"),
        (100, 200, "p5/on_demand; list prices but for 1 negotiated below, excluding tax"),
    ],
)
def test_a_negotiated_figure_is_told_beside_its_list_price(
    con: duckdb.DuckDBPyConnection, capsys: pytest.CaptureFixture[str], best: int, second: int, told: str
) -> None:
    add(con, "aws/us-east-1/p5/on_demand", 100, 1, list_usd_per_day=best)
    add(con, "azure/eastus/nd/on_demand", 150, 2, list_usd_per_day=second)
    add(con, "aws/us-east-1/p4/on_demand", 200, 3, list_usd_per_day=250)
    answer = today(con, Filters(top=2))
    show(answer, "chat", Format.table, currency="USD", rate=Decimal(1), baseline=False)
    assert told in capsys.readouterr().out


def test_an_unknown_scenario_lists_the_known_ones(con: duckdb.DuckDBPyConnection) -> None:
    add(con, "aws/us-east-1/p5/on_demand", 100, 1)
    with pytest.raises(UsageError, match="no such scenario; one of dialogue-llama-70b"):
        today(con, Filters(scenario="nonsense"))


@pytest.mark.parametrize(
    ("filters", "told"),
    [
        (Filters(provider="awss"), "--provider awss: not known; near names: aws"),
        (Filters(region="nowhere"), "--region nowhere: not known; all names: costwatt sql"),
    ],
)
def test_a_filter_that_names_nothing_is_refused(con: duckdb.DuckDBPyConnection, filters: Filters, told: str) -> None:
    add(con, "aws/us-east-1/p5/on_demand", 100, 1)
    with pytest.raises(UsageError, match=told):
        today(con, filters)
