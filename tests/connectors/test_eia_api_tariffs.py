import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from connectors.eia861m_tariffs import eia861m_tariffs
from connectors.eia_api_tariffs import eia_api_tariffs, read_rows
from connectors.errors import SchemaDrift, SourceUnavailable
from tests.connectors.asking import ask_fake, pulled, rows_of
from tests.fakes import eia861m_tariffs as workbook
from tests.fakes import eia_api_tariffs as eia
from tests.fakes.server import Server

RECORDED = json.loads((Path(__file__).parents[1] / "fixtures" / "eia_api_tariffs.json").read_text())
SECRETS = {"EIA_API_KEY": eia.KEY}
GOOD = eia.row("VA", "COM", "2026-06", 10.47, 4000.0)


def latest(rows: list[dict]) -> dict[str, object]:
    return {
        r["tariff_zone"]: r["local_per_kwh"]
        for r in rows
        if r["kind"] == "retail" and r["price_date"] == date(2026, 8, 31)
    }


def test_pages_until_all_rows_came_and_as_the_workbook_says(tmp_path: Path) -> None:
    with Server([eia.fake(max_rows=700), workbook.fake()]) as server:
        by_api = rows_of(pulled(eia_api_tariffs, ask_fake(server, "eia-api", tmp_path, secrets=SECRETS)))
        pages = len([line for line in server.seen if "retail-sales" in line])
        by_workbook = rows_of(pulled(eia861m_tariffs, ask_fake(server, "eia861m", tmp_path)))
    assert pages == 6
    assert len(latest(by_api)) == 51
    assert latest(by_api) == pytest.approx(latest(by_workbook), rel=Decimal("1e-6"))


def test_key_travels_in_a_header_only(tmp_path: Path) -> None:
    with Server([eia.fake()]) as server:
        pulled(eia_api_tariffs, ask_fake(server, "eia-api", tmp_path, secrets=SECRETS))
        assert not [line for line in server.seen if eia.KEY in line]


def test_refused_key_is_reported_without_it(tmp_path: Path) -> None:
    with Server([eia.fake()]) as server, pytest.raises(SourceUnavailable, match="403") as caught:
        pulled(eia_api_tariffs, ask_fake(server, "eia-api", tmp_path, secrets={"EIA_API_KEY": "top-secret"}))
    assert "top-secret" not in str(caught.value)


def test_empty_page_before_the_end_is_no_answer(tmp_path: Path) -> None:
    with Server([eia.fake(max_rows=0)]) as server, pytest.raises(SourceUnavailable, match="empty page"):
        pulled(eia_api_tariffs, ask_fake(server, "eia-api", tmp_path, secrets=SECRETS))


def test_regions_and_the_nation_are_no_states() -> None:
    ledger = read_rows([*RECORDED["response"]["data"], GOOD | {"stateid": "NEW"}, GOOD], "url")
    assert [m.state for m in ledger.months()] == ["VA"]
    assert ledger.dropped == {"region of states": 2}


def test_missing_revenue_is_price_times_sales() -> None:
    row = {k: v for k, v in GOOD.items() if not k.startswith("revenue")}
    (month,) = read_rows([row], "url").months()
    assert float(month.revenue_usd) == pytest.approx(418.8e6)


@pytest.mark.parametrize("spelling", ["cents per kilowatt-hour", "cents per kilowatthour"])
def test_both_spellings_of_the_unit(spelling: str) -> None:
    assert read_rows([GOOD | {"price-units": spelling}], "url").months()


@pytest.mark.parametrize("change", [{"price-units": "dollars per megawatthour"}, {"sales-units": "megawatthours"}])
def test_other_units_are_drift(change: dict[str, str]) -> None:
    with pytest.raises(SchemaDrift, match="units"):
        read_rows([GOOD | change], "url")


def test_dots_are_missing_and_contradictions_quarantined() -> None:
    ledger = read_rows([GOOD | {"price": "."}, GOOD | {"price": "99.99"}], "url")
    assert ledger.months() == []
    assert ledger.dropped == {"no sales": 1}
    assert [r.reason for r in ledger.rejected] == ["price is not revenue over sales"]
