"""A site's contract through the nights: what ``costwatt.toml`` no longer says is no longer paid."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from connectors.web import Web
from flows import dbt
from flows.load import load_and_gate
from flows.settings import Settings
from flows.sources import Night, chosen, plan, pull

SOURCES = ("site_tariffs", "static_tariffs", "bundled_rates")
CONTRACT: dict[str, Any] = {
    "tariff_zone": "DE", "name": "contract 2026", "currency": "EUR", "peak_kw": 500,
    "valid_from": "2026-01-01", "valid_to": "2026-12-31", "energy": [{"per_kwh": 0.14}],
}  # fmt: skip
LABEL = {"tariff_zone": "DE", "peak_kw": 500, "urdb": "539f6a23ec4f024411ec8bf9"}


def priced(root: Path, day: int, *sites: dict[str, Any]) -> tuple[str, str, float]:
    """Source, period and EUR per kWh of Germany's tariff in a night of November 2026 with these contracts."""
    settings = Settings.model_validate({"home": root, "offline": True, "cost_draws": 256, "site": sites})
    settings.paths.make()
    night = Night(date(2026, 11, day), settings, Web(offline=True))
    for connector in chosen(SOURCES):
        for region in plan(night, connector):
            pull(night, connector, region)
    load_and_gate(settings, night.day)
    dbt.build(settings, night.day, root / "cost.duckdb", select=("+opt_tariff",))
    with duckdb.connect(str(settings.paths.warehouse), read_only=True) as con:
        (row,) = con.execute(
            "select source, price_period, local_per_kwh::double from options.opt_tariff"
            " where tariff_zone = 'DE' and kind = 'retail'"
        ).fetchall()
    return row  # type: ignore[no-any-return]


@pytest.mark.night
def test_a_contract_that_was_shortened_replaced_or_removed_is_not_paid_any_more(tmp_path: Path) -> None:
    source, period, per_kwh = priced(tmp_path, 19, CONTRACT)
    assert (source, round(per_kwh, 2)) == ("site_tariffs", 0.14)
    assert "2026-12-31" in period
    assert priced(tmp_path, 20, CONTRACT | {"valid_to": "2026-11-15"})[0] == "static_tariffs", "it has ended"
    shorter = CONTRACT | {"valid_to": "2026-11-30", "energy": [{"per_kwh": 0.4}]}
    source, period, per_kwh = priced(tmp_path, 21, shorter)
    assert (source, round(per_kwh, 2)) == ("site_tariffs", 0.4)
    assert "2026-11-30" in period
    assert priced(tmp_path, 22)[0] == "static_tariffs", "no contract is given"
    assert priced(tmp_path, 23, LABEL)[0] == "static_tariffs", "another one was asked for, and has not answered"
    assert priced(tmp_path, 24, CONTRACT)[0] == "site_tariffs"
