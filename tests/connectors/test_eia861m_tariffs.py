from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from connectors.ask import Known
from connectors.eia861m_tariffs import eia861m_tariffs, read_workbook
from connectors.errors import SchemaDrift, SourceUnavailable
from connectors.us_retail import tariffs
from tests.connectors.asking import ask_fake, pulled, rows_of
from tests.fakes import eia861m_tariffs as eia
from tests.fakes.server import Fault, Server

VIRGINIA = eia.StatePrice("VA", 10.47, 8.99)


@pytest.fixture
def server() -> Iterator[Server]:
    with Server([eia.fake()]) as running:
        yield running


def written(tmp_path: Path, rows: list[list[object]], **more: str) -> Path:
    path = tmp_path / "book.xlsx"
    path.write_bytes(eia.workbook(rows, **more))
    return path


def test_price_is_twelve_months_of_revenue_over_sales(server: Server, tmp_path: Path) -> None:
    rows = rows_of(pulled(eia861m_tariffs, ask_fake(server, "eia861m", tmp_path)))
    latest = {r["tariff_zone"]: r for r in rows if r["kind"] == "retail" and r["price_date"] == date(2026, 8, 31)}
    assert len(latest) == 51
    # eight months at 10.47 cents and four at 8 % more, equal sales
    assert latest["US-VA"]["local_per_kwh"] == Decimal("0.1074920000").quantize(Decimal("1e-10"))
    assert latest["US-VA"]["local_per_kwh_low"] == Decimal("0.0922973333")
    assert latest["US-VA"]["price_period"] == "2025-09..2026-08"
    assert latest["US-VA"]["band"] == "commercial"


def test_latest_month_is_kept_apart_from_the_year(server: Server, tmp_path: Path) -> None:
    rows = rows_of(pulled(eia861m_tariffs, ask_fake(server, "eia861m", tmp_path)))
    month = next(
        r for r in rows
        if (r["tariff_zone"], r["kind"], r["price_period"]) == ("US-VA", "retail_month", "2026-08")
    )  # fmt: skip
    assert month["local_per_kwh"] == Decimal("0.1130760000")  # 10.47 x 1.08


def test_earlier_windows_serve_earlier_nights(server: Server, tmp_path: Path) -> None:
    rows = rows_of(pulled(eia861m_tariffs, ask_fake(server, "eia861m", tmp_path)))
    windows = sorted(r["price_date"] for r in rows if (r["tariff_zone"], r["kind"]) == ("US-VA", "retail"))
    assert (len(windows), windows[0], windows[-1]) == (24, date(2024, 9, 30), date(2026, 8, 31))


def test_unchanged_file_is_not_read_again(server: Server, tmp_path: Path) -> None:
    (first,) = pulled(eia861m_tariffs, ask_fake(server, "eia861m", tmp_path))
    known = {("all", "retail"): Known(first.source_version, first.etag)}
    (second,) = pulled(eia861m_tariffs, ask_fake(server, "eia861m", tmp_path, known=known))
    assert second.unchanged
    assert second.rows.num_rows == 0


def test_moved_columns_are_followed_by_their_headers(tmp_path: Path) -> None:
    moved = [["", *line] for line in [*eia.HEADER, *(eia.row(VIRGINIA, y, m) for y, m in eia.months())]]
    ledger = read_workbook(written(tmp_path, [["EIA-861M title row"], *moved]))
    months, rejected = ledger.months(), ledger.rejected
    assert {m.sector for m in months} == {"COM", "IND"}
    assert not rejected


@pytest.mark.parametrize("word", ["COMMERCIAL", "Sales", "State", "Megawatthours"])
def test_missing_header_word_is_drift_not_a_guess(tmp_path: Path, word: str) -> None:
    header = [[c if c != word else "Other" for c in line] for line in eia.HEADER]
    with pytest.raises(SchemaDrift, match="EIA-861M"):
        read_workbook(written(tmp_path, [*header, eia.row(VIRGINIA, 2026, 8)]))


def test_price_that_is_not_revenue_over_sales_is_quarantined(tmp_path: Path) -> None:
    row = eia.row(VIRGINIA, 2026, 8)
    row[11] = 9.99  # commercial price
    ledger = read_workbook(written(tmp_path, [*eia.HEADER, row]))
    months, rejected = ledger.months(), ledger.rejected
    assert [m.sector for m in months] == ["IND"]
    assert rejected[0].key == "VA.COM.2026-08"


@pytest.mark.parametrize(
    ("cents_per_kwh", "trusted"), [(10.44, False), (10.45, True), (10.47, True), (10.49, True), (10.50, False)]
)
def test_a_published_price_may_be_off_by_its_rounding_alone(
    tmp_path: Path, cents_per_kwh: float, trusted: bool
) -> None:
    row = eia.row(VIRGINIA, 2026, 1)  # 418,800 thousand USD over 4,000,000 MWh: 10.47 cents
    row[11] = cents_per_kwh
    ledger = read_workbook(written(tmp_path, [*eia.HEADER, row]))
    assert [m.sector for m in ledger.months()] == (["COM", "IND"] if trusted else ["IND"])
    assert [r.reason for r in ledger.rejected] == ([] if trusted else ["price is not revenue over sales"])


def test_two_figures_for_one_month_are_both_quarantined(tmp_path: Path) -> None:
    other = eia.row(eia.StatePrice("VA", 11.0, 8.99), 2026, 8)
    ledger = read_workbook(written(tmp_path, [*eia.HEADER, eia.row(VIRGINIA, 2026, 8), other]))
    months, rejected = ledger.months(), ledger.rejected
    assert [m.sector for m in months] == ["IND"]
    assert [r.reason for r in rejected] == ["conflict", "conflict"]


def test_dots_and_footnotes_are_counted_not_read(tmp_path: Path) -> None:
    row = eia.row(VIRGINIA, 2026, 8)
    row[12:16] = [".", ".", ".", "."]
    ledger = read_workbook(written(tmp_path, [*eia.HEADER, row, *eia.NOTES, ["2019", 1, "VA"]]))
    assert ledger.dropped == {"no sales": 1, "note": 1, "older": 1}


def test_a_gap_of_one_month_gives_no_yearly_price(tmp_path: Path) -> None:
    rows = [eia.row(VIRGINIA, y, m) for y, m in eia.months() if (y, m) != (2026, 3)]
    ledger = read_workbook(written(tmp_path, [*eia.HEADER, *rows]))
    yearly = {t.price_date for t in tariffs(ledger.months(), source_url="", source_version="") if t.kind == "retail"}
    assert max(yearly) == date(2026, 2, 28)


@pytest.mark.parametrize("body", [b"<!DOCTYPE html><html>moved</html>", b"PK\x03\x04 broken"])
def test_a_page_instead_of_the_workbook_is_drift(tmp_path: Path, body: bytes) -> None:
    path = tmp_path / "sales_revenue.xlsx"
    path.write_bytes(body)
    with pytest.raises(SchemaDrift, match=r"\.xlsx"):
        read_workbook(path)


def test_other_sheet_names_are_drift(tmp_path: Path) -> None:
    with pytest.raises(SchemaDrift, match="Monthly-States"):
        read_workbook(written(tmp_path, eia.HEADER, sheet="Sheet1"))


def test_short_body_is_never_accepted(server: Server, tmp_path: Path) -> None:
    server.faults.append(Fault(eia.PATH, truncate_to=1000, times=9))
    with pytest.raises(SourceUnavailable, match="broke off"):
        pulled(eia861m_tariffs, ask_fake(server, "eia861m", tmp_path))


@pytest.mark.parametrize(("column", "value"), [(1, 13), (1, "August"), (2, "")])
def test_a_row_without_a_month_or_state_is_quarantined_alone(tmp_path: Path, column: int, value: object) -> None:
    row: list[Any] = eia.row(VIRGINIA, 2026, 7)
    row[column] = value
    ledger = read_workbook(written(tmp_path, [*eia.HEADER, row, eia.row(VIRGINIA, 2026, 8)]))
    assert {m.month for m in ledger.months()} == {8}
    assert [r.reason.startswith("unreadable: ") for r in ledger.rejected] == [True]
