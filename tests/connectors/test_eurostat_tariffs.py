from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from connectors.errors import SchemaDrift, SourceUnavailable
from connectors.eurostat_tariffs import eurostat_tariffs, read_prices
from tests.connectors.asking import ask_fake, pulled, rejected_of, rows_of
from tests.fakes import eurostat_tariffs as eurostat
from tests.fakes.server import Fault, Server

ID, IE, IG = "MWH2000-19999", "MWH20000-69999", "MWH_GE150000"


def prices(world: eurostat.World, **changed: str) -> tuple[list[Any], list[Any], Any]:
    return read_prices(eurostat.cube(world, **changed), "url", "v")


def test_published_prices_come_out_to_the_last_digit(tmp_path: Path) -> None:
    with Server([eurostat.fake()]) as server:
        rows = rows_of(pulled(eurostat_tariffs, ask_fake(server, "eurostat", tmp_path)))
    latest = {r["tariff_zone"]: r for r in rows if r["price_period"] == "2026-S1"}
    assert latest["DE"]["local_per_kwh"] == Decimal("0.1584")
    assert latest["FR"]["local_per_kwh"] == Decimal("0.1012")
    assert (latest["DE"]["price_date"], latest["DE"]["tax_basis"]) == (date(2026, 6, 30), "excl_vat")
    assert "GR" in latest  # Eurostat's EL
    assert not {"EL", "EU27_2020", "GE"} & latest.keys()


def test_published_zero_is_never_a_price(tmp_path: Path) -> None:
    with Server([eurostat.fake()]) as server:
        partitions = pulled(eurostat_tariffs, ask_fake(server, "eurostat", tmp_path))
    assert {key for key, reason in rejected_of(partitions) if reason == "published as zero"} == {
        "GE/2025-S1/IE", "GE/2025-S2/IE", "GE/2026-S1/IE"
    }  # fmt: skip
    assert not [r for r in rows_of(partitions) if r["local_per_kwh"] <= 0]


def test_a_price_beyond_belief_is_kept_for_a_person() -> None:
    found, rejected, _ = prices({("DE", "2026-S1", ID): (1.5, ""), ("DE", "2026-S1", IE): (0.1584, "")})
    assert [(t.band, t.local_per_kwh_high) for t in found] == [("IE", Decimal("0.1584"))]
    assert [(r.key, r.reason) for r in rejected] == [("DE/2026-S1/ID", "1.5 EUR/kWh is outside 0.005..0.60")]


def test_series_that_ended_in_2020_is_never_current() -> None:
    found, _, dropped = prices({("UK", "2020-S1", IE): (0.13, ""), ("DE", "2025-S1", IE): (0.1584, "")})
    assert [t.tariff_zone for t in found] == ["DE"]
    assert dropped["series has ended"] == 1


def test_sparse_cube_shifts_nothing() -> None:
    world = {(g, t, b): (None, "") for g in ("AT", "BE", "DE") for t in ("2024-S2", "2025-S1") for b in (ID, IE)}
    found, _, _ = prices(world | {("DE", "2025-S1", IE): (0.1584, ""), ("AT", "2024-S2", ID): (0.2, "")})
    assert {(t.tariff_zone, t.price_period, t.band, t.local_per_kwh) for t in found} == {
        ("DE", "2025-S1", "IE", Decimal("0.1584")), ("AT", "2024-S2", "ID", Decimal("0.2"))
    }  # fmt: skip


def test_bands_say_from_which_use_they_hold_and_bound_each_other() -> None:
    found, _, _ = prices({("CZ", "2025-S1", ID): (0.19, ""), ("CZ", "2025-S1", IE): (0.1659, "")})
    large = next(t for t in found if t.band == "IE")
    assert large.band_min_mwh_per_year == 20_000
    assert (large.local_per_kwh_low, large.local_per_kwh_high) == (Decimal("0.1659"), Decimal("0.19"))


@pytest.mark.parametrize(("flags", "confidence"), [("", "high"), ("e", "medium"), ("p", "medium"), ("u", "low")])
def test_status_flags_lower_the_confidence(flags: str, confidence: str) -> None:
    found, _, _ = prices({("AT", "2025-S1", IE): (0.1584, flags)})
    assert found[0].confidence == confidence


def test_confidential_cell_is_absent() -> None:
    found, _, dropped = prices({("IS", "2025-S1", IE): (None, "c"), ("SE", "2025-S1", IE): (0.0667, "")})
    assert [t.tariff_zone for t in found] == ["SE"]
    assert dropped["not published"] == 1


@pytest.mark.parametrize("changed", [{"unit": "MWH"}, {"tax": "I_TAX"}, {"currency": "NAC"}])
def test_other_unit_tax_or_currency_is_drift(changed: dict[str, str]) -> None:
    with pytest.raises(SchemaDrift, match="X_VAT"):
        prices({("DE", "2025-S1", IE): (0.1584, "")}, **changed)


def test_band_that_was_not_asked_for_is_drift() -> None:
    with pytest.raises(SchemaDrift, match="bands"):
        prices({("DE", "2025-S1", "MWH_LT20"): (0.30, "")})


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault(eurostat.PATH, status=413, body=b"EXTRACTION_TOO_BIG"), SourceUnavailable),
        (Fault(eurostat.PATH, status=200, body=b"<html>maintenance</html>"), SchemaDrift),
        (Fault(eurostat.PATH, status=200, body=b'{"error": []}'), SchemaDrift),
        (Fault(eurostat.PATH, truncate_to=200, times=9), SourceUnavailable),
    ],
)
def test_broken_answers(tmp_path: Path, fault: Fault, error: type[Exception]) -> None:
    with Server([eurostat.fake()]) as server:
        server.faults.append(fault)
        with pytest.raises(error):
            pulled(eurostat_tariffs, ask_fake(server, "eurostat", tmp_path))
