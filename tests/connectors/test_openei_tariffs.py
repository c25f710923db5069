import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from connectors.errors import SchemaDrift, SourceUnavailable
from connectors.openei_tariffs import openei_tariffs
from connectors.site_rates import rates_of_urdb
from tests.connectors.asking import ask_fake, pulled, rows_of
from tests.fakes import openei_tariffs as openei
from tests.fakes.server import Fault, Server

RECORD = json.loads(openei.FIXTURE.read_text())["items"][0]
SITE = {"tariff_zone": "US-CA", "peak_kw": 800, "urdb": RECORD["label"]}


def ask(server: Server, folder: Path, *sites: dict[str, Any], key: str = openei.KEY) -> Any:
    options = {"sites": json.dumps(sites)}
    return ask_fake(server, "openei", folder, secrets={"OPENEI_API_KEY": key}, options=options)


def test_recorded_rate_at_constant_load() -> None:
    rates = rates_of_urdb(RECORD)
    assert round(rates.energy_per_kwh(), 4) == Decimal("0.1185")
    assert rates.demand_per_kw_year() == Decimal("390.52")  # 12 x 21.08 + 8 x 1.79 + 4 x (5.23 + 25.58)


def test_site_pays_energy_and_shows_demand_apart(tmp_path: Path) -> None:
    with Server([openei.fake()]) as server:
        (row,) = rows_of(pulled(openei_tariffs, ask(server, tmp_path, SITE)))
    assert (row["tariff_zone"], row["kind"], row["currency"]) == ("US-CA", "site", "USD")
    assert float(row["local_per_kwh"]) == pytest.approx(0.1185, abs=5e-5)
    fixed = 23.655 * 365 / 12 / 800
    assert float(row["demand_per_kw_month"]) == pytest.approx(390.52 / 12 + fixed, abs=1e-9)
    assert row["price_date"] == date(2020, 12, 31)  # expired: its age is seen


def test_sites_without_a_record_ask_for_nothing(tmp_path: Path) -> None:
    with Server([openei.fake()]) as server:
        assert pulled(openei_tariffs, ask(server, tmp_path, {"tariff_zone": "DE"})) == []
        assert server.seen == []


def test_unknown_record_names_the_label(tmp_path: Path) -> None:
    with Server([openei.fake()]) as server, pytest.raises(SourceUnavailable, match="no record nope"):
        pulled(openei_tariffs, ask(server, tmp_path, SITE | {"urdb": "nope"}))


def test_refused_key_is_not_shown(tmp_path: Path) -> None:
    with Server([openei.fake()]) as server, pytest.raises(SourceUnavailable, match="403") as caught:
        pulled(openei_tariffs, ask(server, tmp_path, SITE, key="top-secret"))
    assert "top-secret" not in str(caught.value)


@pytest.mark.parametrize(
    "change",
    [
        {"energyratestructure": [[{"rate": 0.1, "unit": "kWh/kW"}]]},
        {"demandrateunit": "hp"},
        {"energyweekdayschedule": RECORD["energyweekdayschedule"][:11]},
        {"fixedchargeunits": "$/meter"},
        {"energyratestructure": None},
    ],
)
def test_units_and_shapes_that_cannot_be_read_are_drift(tmp_path: Path, change: dict[str, Any]) -> None:
    body = json.dumps({"items": [RECORD | change]}).encode()
    with Server([openei.fake()]) as server:
        server.faults.append(Fault("/utility_rates", status=200, body=body))
        with pytest.raises(SchemaDrift):
            pulled(openei_tariffs, ask(server, tmp_path, SITE))


def test_last_tier_with_its_adjustment_counts() -> None:
    tiers = [{"rate": 0.30, "max": 1000, "unit": "kWh"}, {"rate": 0.10, "adj": 0.02, "unit": "kWh"}]
    rates = rates_of_urdb(RECORD | {"energyratestructure": [tiers] * 6})
    assert float(rates.energy_per_kwh()) == pytest.approx(0.12)


def test_a_malformed_item_is_no_other_record(tmp_path: Path) -> None:
    body = json.dumps({"items": [None, "record", {}, RECORD]}).encode()
    with Server([openei.fake()]) as server:
        whole = rows_of(pulled(openei_tariffs, ask(server, tmp_path, SITE)))
        server.faults.append(Fault("/utility_rates", status=200, body=body))
        assert rows_of(pulled(openei_tariffs, ask(server, tmp_path, SITE))) == whole != []
