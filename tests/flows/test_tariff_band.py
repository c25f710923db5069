"""The consumption band of a tariff follows the site: a provider's, a colocation site's, or the modelled load."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from flows.config_tables import Range
from flows.costing import model_columns
from flows.model_tables import assumption_table
from flows.reference import Reference, open_reference, rows_of
from flows.settings import Settings
from tests.costmodel.options import DGX_H100, FP8, columns, option
from tests.flows.small_tables import NIGHT, Row, made

# EUR per kWh by the use at which the band starts, excl. VAT, as Eurostat publishes them for Germany, 2024-S2
BANDS = {"IB": (20, 0.2276), "ID": (2000, 0.1817), "IE": (20000, 0.1622), "IG": (150000, 0.1310)}

CONTRACT = {
    "tariff_zone": "DE", "name": "contract", "currency": "EUR", "peak_kw": 500,
    "valid_from": "2025-01-01", "energy": [{"per_kwh": 0.14}],
}  # fmt: skip

# in 2024-S1, and not yet in 2024-S2
OLDER = {"IF": (70000, 0.1450)}
ALL_BANDS = dict(sorted((BANDS | OLDER).items()))

PRICE = {"usd_per_kwh": 0.16, "usd_per_kwh_low": 0.15, "usd_per_kwh_high": 0.17}


def tariffs(*, contract: bool = False, **settings: object) -> Reference:
    """The tariffs of Germany as of a night: four bands, older ones, and a contract where there is one."""
    rows = [
        ("retail", "2024-12-31", "eurostat_tariffs", "live", band, start, price)
        for band, (start, price) in BANDS.items()
    ]
    older = {"IB": (20, 0.30), "IE": (20000, 0.20)} | OLDER
    rows += [
        ("retail", "2024-06-30", "eurostat_tariffs", "live", band, start, price)
        for band, (start, price) in older.items()
    ]
    rows += [("retail", "2024-04-30", "eurostat_tariffs", "live", "ID", 2000, 0.40)]  # stale by then
    rows += [("retail", "2025-05-31", "static_tariffs", "bundled", "industrial", None, 0.05)]
    if contract:
        settings["site"] = [CONTRACT]
        rows += [("site", "2025-12-31", "site_tariffs", "live", "", None, 0.14)]
    values = ", ".join(
        f"('{kind}', date '{date}', '{source}', '{origin}', '{band}', {start or 'null'}, {price})"
        for kind, date, source, origin, band, start, price in rows
    )
    history = (
        "(select 'DE' as tariff_zone, date '2024-01-01' as period_start, null::date as valid_to, 'EUR' as currency,"
        " '' as price_period, 'excl_vat' as tax_basis, 'high' as confidence, '' as source_url, '' as licence,"
        " null as demand_per_kw_month, price - 0.01 as local_per_kwh_low, price + 0.01 as local_per_kwh_high,"
        " price as local_per_kwh, tariff.* exclude (price) from (values " + values + ")"
        " as tariff(kind, price_date, source, tariff_origin, band, band_min_mwh_per_year, price))"
    )
    fx = "(select 'EUR' as currency, 1.0 as usd_per_unit, date '2025-06-01' as fx_date, 'ecb_rates' as fx_source)"
    return open_reference(Settings(**settings), {"hist_tariff": history, "opt_fx": fx}, "2025-06-01")


def test_every_band_is_kept_as_last_published() -> None:
    reference = tariffs()
    found = rows_of(reference.con, f"from {reference['opt_tariff_band']} order by band_from_mwh_per_year")
    assert {row["band"]: (row["band_from_mwh_per_year"], float(row["usd_per_kwh"])) for row in found} == ALL_BANDS
    assert {row["band"]: str(row["observed_date"]) for row in found if row["band"] in OLDER} == {"IF": "2024-06-30"}


def test_the_zone_shows_the_band_of_a_colocation_site_and_all_bands_beside_it() -> None:
    reference = tariffs()
    (row,) = rows_of(reference.con, f"from {reference['opt_tariff']}")
    assert (row["band"], float(row["usd_per_kwh"])) == ("IE", 0.1622)
    by_band = json.loads(row["usd_per_kwh_by_band"])
    assert {one["tariff_band"]: (one["from_mwh_per_year"], one["usd_per_kwh"]) for one in by_band} == ALL_BANDS


@pytest.mark.parametrize(("mwh_per_year", "band"), [(1, "IB"), (19_999, "ID"), (20_000, "IE"), (1e6, "IG")])
def test_another_colocation_site_may_be_stated(mwh_per_year: float, band: str) -> None:
    reference = tariffs(assumptions={"colocation_site_mwh_per_year": Range(value=mwh_per_year)})
    assert [row["band"] for row in rows_of(reference.con, f"from {reference['opt_tariff']}")] == [band]


def test_a_contract_has_no_bands() -> None:
    reference = tariffs(contract=True)
    (row,) = rows_of(reference.con, f"from {reference['opt_tariff']}")
    assert (row["source"], float(row["usd_per_kwh"]), row["usd_per_kwh_by_band"]) == ("site_tariffs", 0.14, None)


def taken(*tariffs: Row, **settings: object) -> list[tuple[str, int, bool]]:
    """Source, age and staleness of the tariffs taken tonight; each given by its source and its age in days."""
    rows = [{**tariff, "price_date": NIGHT - timedelta(tariff["age_days"])} for tariff in tariffs]
    found = made("opt_tariff_band", Settings.model_validate(settings), hist_tariff=rows, opt_fx=[{}])
    return [(row["source"], row["age_days"], row["stale"]) for row in found]


BUNDLED: Row = {"source": "static_tariffs", "tariff_origin": "bundled", "band": "industrial"}


@pytest.mark.parametrize(
    ("live_days", "bundled_days", "winner"),
    [
        (120, 10, ("eia861m_tariffs", 120, False)),  # live and not stale, however new our own row is
        (121, 10, ("static_tariffs", 10, False)),
        (121, 120, ("static_tariffs", 120, False)),
        (121, 300, ("eia861m_tariffs", 121, True)),  # the newer of the two, and marked
        (700, 541, ("static_tariffs", 541, True)),
        (541, 541, ("eia861m_tariffs", 541, True)),
    ],
)
def test_a_stale_live_tariff_yields_to_a_newer_row_of_the_table(
    live_days: int, bundled_days: int, winner: tuple[str, int, bool]
) -> None:
    assert taken({"age_days": live_days}, {**BUNDLED, "age_days": bundled_days}) == [winner]


@pytest.mark.parametrize(("api_days", "winner"), [(80, "eia861m_tariffs"), (50, "eia_api_tariffs")])
def test_the_newest_live_tariff_wins_and_the_api_on_the_same_month(api_days: int, winner: str) -> None:
    ((source, age_days, stale),) = taken({"age_days": 50}, {"source": "eia_api_tariffs", "age_days": api_days})
    assert (source, age_days, stale) == (winner, 50, False)


@pytest.mark.parametrize(
    ("tariff", "fresh_days"),
    [
        ({"source": "aemo_wholesale", "kind": "wholesale", "tariff_zone": "AU-NSW"}, 2),
        ({"source": "eia861m_tariffs"}, 120),
        ({"source": "eia_api_tariffs"}, 120),
        ({"source": "eurostat_tariffs"}, 400),
        ({"source": "openei_tariffs"}, 540),
        (BUNDLED, 540),
    ],
)
def test_each_source_is_stale_after_its_days(tariff: Row, fresh_days: int) -> None:
    for age_days in (fresh_days, fresh_days + 1):
        assert taken({**tariff, "age_days": age_days}) == [(tariff["source"], age_days, age_days > fresh_days)]


def test_a_contract_is_paid_to_its_last_day() -> None:
    contract = {"source": "site_tariffs", "kind": "site", "tariff_zone": "DE", "band": ""}
    public = {"source": "eurostat_tariffs", "tariff_zone": "DE", "age_days": 10}
    assert taken({**contract, "age_days": 0}, public, site=[CONTRACT]) == [("site_tariffs", 0, False)]
    assert taken({**contract, "age_days": 1}, public, site=[CONTRACT]) == [("eurostat_tariffs", 10, False)]


def own_sites(requests_per_day: list[float], by_band: str | None) -> dict[str, np.ndarray[Any, Any]]:
    """Input columns of one own DGX H100 site per volume, as the night joins them."""
    reference = tariffs()
    assumptions = assumption_table(reference.con, {"assumption": reference["stg_assumption"]})
    rows = columns([option(DGX_H100, FP8, PRICE, requests_per_day=volume) for volume in requests_per_day])
    profile = rows.pop("demand_share_by_hour")
    joined = pa.table(
        {name: pa.array(values.tolist()) for name, values in rows.items()}
        | {"demand_profile": pa.array(["day"] * len(requests_per_day))}
        | {"tariff_band": pa.array(["IE"] * len(requests_per_day))}
        | {"usd_per_kwh_by_band": pa.array([by_band] * len(requests_per_day), pa.string())}
        | {"egress_usd_per_gb_by_tier": pa.nulls(len(requests_per_day), pa.string())}
    )
    return model_columns(joined, {"day": np.asarray(profile[0])}, assumptions)


def test_an_own_site_pays_the_band_of_its_modelled_load() -> None:
    (row,) = rows_of((reference := tariffs()).con, f"from {reference['opt_tariff']}")
    found = own_sites([1e5, 1e8, 3e9], row["usd_per_kwh_by_band"])
    assert found["tariff_band"].tolist() == ["IB", "ID", "IG"]
    assert found["usd_per_kwh"] == pytest.approx([BANDS[band][1] for band in ("IB", "ID", "IG")])
    assert found["usd_per_kwh_low"] == pytest.approx(found["usd_per_kwh"] - 0.01)
    assert found["usd_per_kwh_high"] == pytest.approx(found["usd_per_kwh"] + 0.01)


def test_a_site_without_bands_keeps_its_price() -> None:
    found = own_sites([1e5, 1e9], None)
    assert found["tariff_band"].tolist() == ["IE", "IE"]
    assert len(set(found["usd_per_kwh"])) == 1


def test_a_site_of_unknown_load_keeps_its_price() -> None:
    (row,) = rows_of((reference := tariffs()).con, f"from {reference['opt_tariff']}")
    found = own_sites([np.nan], row["usd_per_kwh_by_band"])
    assert found["tariff_band"].tolist() == ["IE"]
