from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from connectors.drift import Rows
from connectors.errors import SchemaDrift
from connectors.jepx_wholesale import fiscal_year, jepx_wholesale, read_year
from tests.connectors.asking import ask_fake, pulled, rows_of
from tests.fakes import jepx_wholesale as jepx
from tests.fakes.server import Server

RECORDED = (Path(__file__).parents[1] / "fixtures" / "jepx_wholesale.csv").read_bytes()


@pytest.mark.parametrize(
    ("day", "year"), [(date(2026, 3, 31), 2025), (date(2026, 4, 1), 2026), (date(2026, 12, 31), 2026)]
)
def test_fiscal_year_starts_in_april(day: date, year: int) -> None:
    assert fiscal_year(day) == year


def test_first_of_april_needs_two_files(tmp_path: Path) -> None:
    with Server([jepx.fake()]) as server:
        rows = rows_of(pulled(jepx_wholesale, ask_fake(server, "jepx", tmp_path, date(2026, 4, 1))))
        assert [line.rpartition("=")[2] for line in server.seen] == ["spot_summary_2025.csv", "spot_summary_2026.csv"]
    assert {(r["tariff_zone"], r["price_date"], r["local_per_kwh"]) for r in rows} == {
        (zone, day, price)
        for zone, price in (("JP-TOKYO", Decimal("11.2")), ("JP-KANSAI", Decimal("9.1")))
        for day in (date(2026, 3, 31), date(2026, 4, 1))
    }


def test_columns_are_found_by_their_area() -> None:
    spans = read_year(RECORDED, date(2026, 1, 1), Rows("url"))
    assert spans["JP-TOKYO"][0].price_per_mwh == Decimal(11200)
    assert spans["JP-KANSAI"][0].price_per_mwh == Decimal(9100)
    moved = RECORDED.replace("約定総量(kWh),".encode("shift_jis"), "約定総量(kWh),追加,".encode("shift_jis"))
    moved = moved.replace(b"8000000,", b"8000000,0,")
    assert read_year(moved, date(2026, 1, 1), Rows("url"))["JP-TOKYO"][0].price_per_mwh == Decimal(11200)


@pytest.mark.parametrize(
    "body", [b"", "受渡日,時刻コード".encode(), RECORDED.replace("東京".encode("shift_jis"), b"X")]
)
def test_empty_answer_other_encoding_or_area_is_drift(body: bytes) -> None:
    with pytest.raises(SchemaDrift):
        read_year(body, date(2026, 1, 1), Rows("url"))
