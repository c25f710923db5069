import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from connectors.errors import SchemaDrift
from connectors.frankfurter_rates import frankfurter_rates, read_rates
from tests.connectors.asking import ask_fake, pulled, rows_of
from tests.fakes import frankfurter_rates as frankfurter
from tests.fakes.server import Server

RECORDED = json.loads(frankfurter.FIXTURE.read_text(), parse_float=Decimal)


def test_rates_of_currencies_beside_the_ecb(tmp_path: Path) -> None:
    with Server([frankfurter.fake()]) as server:
        rows = rows_of(pulled(frankfurter_rates, ask_fake(server, "frankfurter", tmp_path)))
    assert {r["quote_currency"]: r["rate"] for r in rows}["AED"] == Decimal("4.1029")
    assert {r["rate_date"] for r in rows} == {date(2026, 10, 30)}


def test_other_base_is_drift_not_a_rate_upside_down() -> None:
    with pytest.raises(SchemaDrift, match="one USD"):
        read_rates([RECORDED[0] | {"base": "USD"}], "url")


def test_zero_and_foreign_rows_are_quarantined() -> None:
    rates, rejected = read_rates([RECORDED[0], RECORDED[1] | {"rate": 0}, RECORDED[2] | {"quote": "XAU"}], "url")
    assert [r.quote_currency for r in rates] == ["AED"]
    assert [r.key for r in rejected] == ["EUR/BHD", "EUR/XAU"]


def test_no_rate_at_all_is_drift() -> None:
    with pytest.raises(SchemaDrift, match="no rate"):
        read_rates([], "url")
