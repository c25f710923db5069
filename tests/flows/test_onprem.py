"""Own servers: where they may stand, what they cost, and whose tariff follows their own use."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from connectors.errors import UsageError
from flows.given_checks import check_names
from flows.settings import Settings, load_settings
from tests.flows.small_tables import made

BY_BAND = '[{"tariff_band":"IB","from_mwh_per_year":20.0,"usd_per_kwh":0.2}]'
TARIFF: dict[str, Any] = {
    "usd_per_kwh": 0.16, "usd_per_kwh_low": 0.15, "usd_per_kwh_high": 0.17, "usd_per_unit": 1.0, "band": "IE",
    "demand_usd_per_kw_month": None, "usd_per_kwh_by_band": BY_BAND,
}  # fmt: skip
QUOTE = {"price_usd": 285_000, "price_usd_low": 270_000, "quoted_on": date(2026, 10, 15)}


def servers(**given: Any) -> dict[str, dict[str, Any]]:
    """Options of a DGX H100, and of a server without a public price, by zone and kind of site."""
    zones = [{**TARIFF, "tariff_zone": zone} for zone in ("DE", "US-VA")]
    found = made("opt_onprem", Settings.model_validate(given), opt_tariff=zones)
    return {row["option_id"].removeprefix("onprem/"): row for row in found if row["sku"] in ("dgx-h100", "gb200-nvl72")}


def test_servers_stand_in_every_zone_or_where_a_person_says() -> None:
    assert {row["tariff_zone"] for row in servers().values()} > {"DE", "US-VA", "QA"}
    assert {row["tariff_zone"] for row in servers(onprem_zones="DE, US-VA").values()} == {"DE", "US-VA"}


def test_what_a_person_was_quoted_stands_in_place_of_the_tables_price() -> None:
    public = servers()["DE/dgx-h100/owned"]
    own = servers(servers={"dgx-h100": QUOTE})["DE/dgx-h100/owned"]
    assert [own[f"server_price_usd{end}"] for end in ("", "_low", "_high")] == [285_000, 270_000, 285_000]
    assert (own["price_as_of"], own["source_key"], own["quality"]) == (
        date(2026, 10, 15),
        "[servers.dgx-h100]",
        "quoted",
    )
    assert own["server_max_power_w"] == public["server_max_power_w"]
    assert (public["server_price_usd"], public["price_as_of"]) == (270_000, date(2023, 5, 1))


def test_a_quote_prices_a_server_that_nobody_publishes_a_price_of() -> None:
    assert servers()["DE/gb200-nvl72/owned"]["server_price_usd"] is None
    quote = {"price_usd": 3e6, "quoted_on": date(2026, 10, 15)}
    own = servers(servers={"gb200-nvl72": quote})["DE/gb200-nvl72/colocated"]
    assert (own["server_price_usd"], own["quality"]) == (3e6, "quoted")


def test_only_an_own_building_is_on_the_band_of_what_it_uses() -> None:
    found = servers()
    assert found["DE/dgx-h100/owned"]["usd_per_kwh_by_band"] == BY_BAND
    assert found["DE/dgx-h100/colocated"]["usd_per_kwh_by_band"] is None


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"onprem_zones": "Germany"}, "onprem_zones 'Germany': not known"),
        ({"servers": {"dgx-h1000": QUOTE}}, "[servers.dgx-h1000]: is not in the table server; near names: dgx-h100"),
        ({"servers": {"dgx-h100": QUOTE | {"price_usd": 0}}}, "servers.dgx-h100.price_usd: "),
        ({"servers": {"dgx-h100": QUOTE | {"price_usd_low": 3e5}}}, "do not rise in this order"),
        ({"servers": {"dgx-h100": {"price_usd": 3e5}}}, "servers.dgx-h100.quoted_on: is missing"),
    ],
)
def test_a_place_or_a_server_that_is_none_is_one_line(given: dict[str, Any], told: str) -> None:
    with pytest.raises(UsageError) as error:
        check_names(load_settings(**given))
    assert told in str(error.value)
    assert "\n" not in str(error.value)
