import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from connectors.drift import Rows
from connectors.elexon_wholesale import elexon_wholesale, read_index
from connectors.errors import SchemaDrift
from tests.connectors.asking import ask_fake, pulled, rows_of
from tests.fakes import elexon_wholesale as elexon
from tests.fakes.server import Server

RECORDED = json.loads((Path(__file__).parents[1] / "fixtures" / "elexon_wholesale.json").read_text())


def test_days_that_are_over(tmp_path: Path) -> None:
    with Server([elexon.fake()]) as server:
        rows = rows_of(pulled(elexon_wholesale, ask_fake(server, "elexon", tmp_path, date(2026, 1, 15))))
    assert [r["price_date"] for r in rows] == [date(2026, 1, 13), date(2026, 1, 14)]
    assert rows[0]["local_per_kwh"] == Decimal("0.030855")  # (21.71 + 40) / 2 GBP/MWh
    assert (rows[0]["currency"], rows[0]["tariff_zone"]) == ("GBP", "GB")


@pytest.mark.parametrize(
    ("after", "morning_hours", "afternoon_hours"),
    [(date(2026, 3, 30), 12, 11), (date(2026, 10, 26), 12, 13)],  # 46 and 50 half-hours; the price turns at 12 h UTC
)
def test_clock_changes_weigh_by_the_hours_there_were(
    tmp_path: Path, after: date, morning_hours: int, afternoon_hours: int
) -> None:
    with Server([elexon.fake()]) as server:
        rows = rows_of(pulled(elexon_wholesale, ask_fake(server, "elexon", tmp_path, after)))
    mean = (morning_hours * elexon.MORNING + afternoon_hours * elexon.AFTERNOON) / (morning_hours + afternoon_hours)
    assert float(rows[1]["local_per_kwh"]) == pytest.approx(mean / 1000, abs=1e-9)


def test_provider_below_its_liquidity_threshold_is_dropped() -> None:
    spans, dropped = read_index(RECORDED, Rows("url"))
    assert [s.price_per_mwh for s in spans] == [Decimal("21.71")]
    assert dropped == {"other provider": 1}


def test_a_half_hour_without_trades_has_no_price() -> None:
    (apx,) = [row for row in RECORDED["data"] if row["dataProvider"] == "APXMIDP"]
    spans, dropped = read_index({"data": [apx | {"price": 0.0, "volume": 0.0}]}, Rows("url"))
    assert (spans, dropped) == ([], {"no price": 1})
    spans, _ = read_index({"data": [apx | {"price": 0.0, "volume": 2216.0}]}, Rows("url"))
    assert [s.price_per_mwh for s in spans] == [0]  # traded at nothing


@pytest.mark.parametrize("document", [[], {"data": None}, {"data": [{"price": 1}]}])
def test_other_shapes_are_drift(document: object) -> None:
    with pytest.raises(SchemaDrift):
        read_index(document, Rows("url"))  # type: ignore[arg-type]
