"""How prices become options: discounts, the mix of commitment and on demand, rates of exchange, sources, stock."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from costmodel.quantities import committed_usd_per_hour
from flows.config_tables import Discount
from flows.discounts import PRODUCTS, note_of_discounts
from flows.reference import open_reference
from flows.settings import Settings
from tests.flows.small_tables import NIGHT, Row, made

TOMORROW, WEEK_AGO = NIGHT + timedelta(days=1), NIGHT - timedelta(days=7)
P5: Row = {"sku": "p5.48xlarge"}


def cloud(*discounts: Row, on_demand: Row | None = None, spot: Row | None = None) -> dict[str, dict[str, Any]]:
    """The options of a size at 100 USD/h on demand, 60 reserved with 1000 paid at once, and 40 on spot."""
    found = made(
        "opt_cloud",
        Settings.model_validate({"discount": discounts}),
        opt_instance_price=[
            {**P5, **(on_demand or {})},
            {**P5, "purchase_option": "reserved_1y", "usd_per_hour": 60.0, "upfront_usd": 1000.0, "term_hours": 8760.0},
        ],
        opt_spot_price=[{**P5, "usd_per_hour": 40.0, **(spot or {})}],
        stg_node_type=[P5],
        opt_region=[{}],
        opt_service_price=[{}],
        opt_tariff_band=[{}],
        opt_availability=[],
    )
    return {row["purchase_option"]: row for row in found}


def test_without_discounts_the_list_price_is_paid() -> None:
    found = cloud()
    assert {name: (row["usd_per_hour"], row["list_usd_per_hour"]) for name, row in found.items()} == {
        "on_demand": (100, 100),
        "reserved_1y": (60, 60),
        "spot": (40, 40),
    }


def test_the_best_discount_that_fits_comes_off_the_rate_and_the_upfront_payment() -> None:
    found = cloud(
        {"provider": "aws", "discount_ratio": 0.10},
        {"purchase_option": "reserved*", "sku": "p5.*", "discount_ratio": 0.25},
        {"provider": "azure", "discount_ratio": 0.5},
        {"sku": "p4d.*", "discount_ratio": 0.6},
    )
    assert {name: row["usd_per_hour"] for name, row in found.items()} == {
        "on_demand": 90,
        "reserved_1y": 45,
        "spot": 36,
    }
    assert found["reserved_1y"]["upfront_usd"] == 750
    assert found["reserved_1y"]["list_usd_per_hour"] == 60
    assert {row["on_demand_usd_per_hour"] for row in found.values()} == {90}, "overflow is discounted too"
    assert {row["list_on_demand_usd_per_hour"] for row in found.values()} == {100}


def off(*discounts: Row) -> tuple[set[float], float | None, float | None]:
    """What discounts leave of the rent of a size on demand, and take off the egress and disks of its region."""
    found = cloud(*discounts)
    ((egress, storage),) = {(row["egress_discount_ratio"], row["storage_discount_ratio"]) for row in found.values()}
    return {row["usd_per_hour"] / row["list_usd_per_hour"] for row in found.values()}, egress, storage


@pytest.mark.parametrize(
    ("discounts", "paid", "egress", "storage"),
    [
        ([], {1.0}, None, None),
        ([{"discount_ratio": 0.25}], {0.75}, None, None),
        ([{"product": "rent", "discount_ratio": 0.25}], {0.75}, None, None),
        ([{"product": "egress", "discount_ratio": 0.25}], {1.0}, 0.25, None),
        ([{"product": "storage", "provider": "a?s", "discount_ratio": 0.25}], {1.0}, None, 0.25),
        ([{"product": "storage", "provider": "azure", "discount_ratio": 0.25}], {1.0}, None, None),
        ([{"product": "tokens", "provider": "aws", "discount_ratio": 0.25}], {1.0}, None, None),
        ([{"product": "*", "provider": "aws", "discount_ratio": 0.25}], {0.75}, 0.25, 0.25),
        # the largest counts, of whichever product it is
        ([{"product": "*", "discount_ratio": 0.25}, {"product": "egress", "discount_ratio": 0.5}], {0.75}, 0.5, 0.25),
        ([{"product": "*", "discount_ratio": 0.25}, {"product": "egress", "discount_ratio": 0.1}], {0.75}, 0.25, 0.25),
        # patterns bind rents and tokens; egress and disks are reached by none
        ([{"product": "*", "sku": "p5.*", "discount_ratio": 0.25}], {0.75}, None, None),
        ([{"product": "*", "purchase_option": "standard", "discount_ratio": 0.25}], {1.0}, None, None),
    ],
)
def test_a_discount_reaches_the_prices_of_its_product(
    discounts: list[Row], paid: set[float], egress: float | None, storage: float | None
) -> None:
    assert off(*discounts) == (paid, egress, storage)


def test_a_mix_has_the_egress_and_the_disks_of_its_size() -> None:
    ratios = {"egress_discount_ratio": 0.25, "storage_discount_ratio": 0.5}
    (row,) = mix(committed("reserved_1y", 30, **ratios), on_demand=ratios)
    assert (row["purchase_option"], row["egress_discount_ratio"], row["storage_discount_ratio"]) == ("mix", 0.25, 0.5)


def tokens_off(*discounts: Row) -> dict[str, float | None]:
    """What discounts take off two models of Bedrock, one of them in batch too, and one of another provider."""
    qwen, nova = "qwen.qwen3-32b-v1:0", "amazon.nova-pro-v1:0"
    sold = [("aws", qwen, "standard"), ("aws", qwen, "batch"), ("aws", nova, "standard")]
    sold += [("groq", "qwen/qwen3-32b", "standard")]
    found = made(
        "opt_api",
        Settings.model_validate({"discount": discounts}),
        hist_token_price=[{"provider": p, "model": m, "tier": t, "per_million_input": 2.0} for p, m, t in sold],
        token_model=[{"provider": p, "provider_model": m} for p, m in {(p, m) for p, m, _ in sold}],
        opt_fx=[{}],
        opt_answer=[],
        opt_held=[],
    )
    assert {row["usd_per_million_input_tokens"] for row in found} == {2}, "the price stays at list"
    return {row["option_id"].removeprefix("api/"): row["tokens_discount_ratio"] for row in found}


QWEN, BATCH = (f"aws/us-east-1/qwen.qwen3-32b-v1:0/{tier}" for tier in ("standard", "batch"))
NOVA, GROQ = "aws/us-east-1/amazon.nova-pro-v1:0/standard", "groq/us-east-1/qwen/qwen3-32b/standard"


@pytest.mark.parametrize(
    ("discount", "reached"),
    [
        ({}, set()),
        ({"product": "egress"}, set()),
        ({"product": "tokens"}, {QWEN, BATCH, NOVA, GROQ}),
        ({"product": "*", "provider": "aws"}, {QWEN, BATCH, NOVA}),
        ({"product": "tokens", "purchase_option": "batch"}, {BATCH}),
        ({"product": "tokens", "sku": "qwen*"}, {QWEN, BATCH, GROQ}),
        ({"product": "*", "purchase_option": "st*", "sku": "*.nova-pro*"}, {NOVA}),
    ],
)
def test_a_discount_on_tokens_is_found_by_tier_and_model(discount: Row, reached: set[str]) -> None:
    found = tokens_off(discount | {"discount_ratio": 0.25})
    assert found == {name: 0.25 if name in reached else None for name in (QWEN, BATCH, NOVA, GROQ)}


@pytest.mark.parametrize("product", [*PRODUCTS, "*"])
@pytest.mark.parametrize(
    ("first", "last", "applies"),
    [
        (TOMORROW, None, False),
        (NIGHT, None, True),
        (NIGHT, NIGHT, True),
        (None, NIGHT, True),
        (None, NIGHT - timedelta(days=1), False),
        (WEEK_AGO, TOMORROW, True),
    ],
)
def test_both_days_of_a_term_count(product: str, first: date | None, last: date | None, applies: bool) -> None:
    given = {"product": product, "discount_ratio": 0.25, "valid_from": first, "valid_until": last}
    share = {one: 0.25 if applies and product in ("*", one) else None for one in PRODUCTS}
    assert off(given) == ({1 - (share["rent"] or 0)}, share["egress"], share["storage"])
    assert set(tokens_off(given).values()) == {share["tokens"]}


@pytest.mark.parametrize(
    ("on_demand", "spot", "shown"),
    [
        ("live", "live", "live"),
        ("last_known", "live", "last_known"),
        ("live", "last_known", "last_known"),
        ("bundled", "last_known", "bundled"),
    ],
)
def test_spot_is_as_old_as_the_on_demand_price_that_it_falls_back_on(on_demand: str, spot: str, shown: str) -> None:
    found = cloud(
        on_demand={"price_origin": on_demand, "price_as_of": WEEK_AGO if on_demand != "live" else NIGHT},
        spot={"price_origin": spot},
    )
    assert found["spot"]["price_origin"] == shown
    assert found["spot"]["price_as_of"] == (WEEK_AGO if on_demand != "live" else NIGHT)
    assert found["reserved_1y"]["price_origin"] == "live", "a commitment buys nothing on demand"


def test_a_night_of_an_older_version_has_discounts_on_rents_alone() -> None:
    sold = [
        {"deployment": "cloud", "provider": "aws", "purchase_option": "on_demand", "sku": "p5.48xlarge"},
        {"deployment": "api", "provider": "aws", "purchase_option": "standard", "sku": "amazon.nova-pro-v1:0"},
    ]
    price = {"option_id": "x", "region": "us-east-1", "zone": "", "egress_usd_per_gb": 0.09}
    price |= {"storage_usd_per_gb_month": 0.08, "usd_per_hour": 90.0, "list_usd_per_hour": 100.0}

    def note(**discount: Any) -> str:
        reference = open_reference(Settings(discount=[Discount(**discount)]), cost_date=NIGHT.isoformat())
        with reference.con as con:
            con.register("few", pa.Table.from_pylist([row | price for row in sold]))
            con.execute("create schema night; create table night.option as from few")
            return note_of_discounts(reference)

    assert not note(discount_ratio=0.1)
    assert note(product="*", discount_ratio=0.1).startswith("[[discount]] of costwatt.toml changed since that night")
    assert note(product="tokens", discount_ratio=0.1)
    assert not note(discount_ratio=0.1, valid_until=NIGHT)
    assert note(discount_ratio=0.1, valid_from=TOMORROW)


def mix(*commitments: Row, on_demand: Row | None = None, settings: Settings | None = None) -> list[dict[str, Any]]:
    """The mixes of a size at 50 USD/h on demand, beside commitments."""
    rows: list[Row] = [
        {"purchase_option": "on_demand", "usd_per_hour": 50.0, **(on_demand or {})},
        *({"source_key": row["purchase_option"], **row} for row in commitments),
    ]
    return made("opt_mix", settings, opt_cloud=rows)


def committed(name: str, usd_per_hour: float, **more: Any) -> Row:
    return {"purchase_option": name, "usd_per_hour": usd_per_hour, **more}


def mixes(*commitments: Row, settings: Settings | None = None) -> list[tuple[str, float]]:
    """What the mixes rest on, and its price."""
    found = mix(*commitments, settings=settings)
    assert {row["billing"] for row in found} <= {"mix"}
    return [(row["source_key"].split(":")[0], row["usd_per_hour"]) for row in found]


def test_a_mix_rests_on_the_cheapest_commitment() -> None:
    given = [committed("reserved_3y", 30), committed("savings_1y", 25), committed("reserved_1y", 40)]
    assert mixes(*given, committed("spot", 10)) == [("savings_1y", 25)]


THREE_YEARS = {"term_hours": 3 * 8760.0}
ALL_UPFRONT = committed("reserved_3y_all_upfront", 10.42, upfront_usd=10.42 * 26280, **THREE_YEARS)
PARTIAL_UPFRONT = committed("reserved_3y_partial_upfront", 10.97, upfront_usd=10.97 * 13140, **THREE_YEARS)
NO_UPFRONT = committed("reserved_3y_no_upfront", 11.85, upfront_usd=0.0, **THREE_YEARS)


@pytest.mark.parametrize(
    ("capital", "chosen"),
    [
        (0.0, "reserved_3y_all_upfront"),
        (0.05, "reserved_3y_all_upfront"),
        (0.10, "reserved_3y_partial_upfront"),
        (0.20, "reserved_3y_no_upfront"),
    ],
)
def test_a_mix_rests_on_the_commitment_that_is_cheapest_with_its_prepayment_financed(
    capital: float, chosen: str
) -> None:
    given = Settings.model_validate({"assumptions": {"cost_of_capital_ratio": {"value": capital}}})
    assert [name for name, _ in mixes(ALL_UPFRONT, PARTIAL_UPFRONT, NO_UPFRONT, settings=given)] == [chosen]
    billed = {
        row["purchase_option"]: float(
            committed_usd_per_hour(
                *(np.array(row[name]) for name in ("usd_per_hour", "upfront_usd", "term_hours")),
                *(np.array(other) for other in (capital, 0.0, 0.0, 0.0, 0.0)),
            )
        )
        for row in (ALL_UPFRONT, PARTIAL_UPFRONT, NO_UPFRONT)
    }
    assert min(billed, key=lambda name: billed[name]) == chosen, "as the bill finances it"


def test_a_commitment_that_is_no_cheaper_than_on_demand_makes_no_mix() -> None:
    assert mixes(committed("reserved_1y", 50), committed("savings_1y", 60)) == []
    financed = committed("reserved_3y_all_upfront", 46, upfront_usd=46 * 26280.0, **THREE_YEARS)
    assert mixes(financed) == [], "46 USD/h are 53 with the interest of three years"


def test_a_mix_is_as_old_as_the_older_of_its_two_prices() -> None:
    (row,) = mix(committed("reserved_1y", 30), on_demand={"price_origin": "last_known", "price_as_of": WEEK_AGO})
    assert (row["price_origin"], row["price_as_of"]) == ("last_known", WEEK_AGO)
    (row,) = mix(committed("reserved_1y", 30, price_origin="bundled", price_as_of=WEEK_AGO))
    assert (row["price_origin"], row["price_as_of"]) == ("bundled", WEEK_AGO)


def rate(*rates: tuple[date, float, str]) -> tuple[float, date, str]:
    """USD per euro of tonight, its date and source."""
    rows = [{"rate_date": day, "rate": usd, "source": source} for day, usd, source in rates]
    (euro,) = (row for row in made("opt_fx", hist_fx_rate=rows) if row["currency"] == "EUR")
    return euro["usd_per_unit"], euro["fx_date"], euro["fx_source"]


def test_a_rate_of_a_later_day_is_not_known_tonight() -> None:
    assert rate((NIGHT, 1.1, "ecb_rates"), (TOMORROW, 1.5, "ecb_rates")) == (1.1, NIGHT, "ecb_rates")


def test_of_two_rates_of_a_day_the_ecbs_own_counts() -> None:
    assert rate((NIGHT, 1.2, "bundled_rates"), (NIGHT, 1.1, "ecb_rates")) == (1.1, NIGHT, "ecb_rates")


@pytest.mark.parametrize(
    ("sources", "chosen"),
    [
        (("bundled_token_prices", "token_prices", "zz_own_meters"), "zz_own_meters"),
        (("bundled_token_prices", "token_prices"), "token_prices"),
        (("bundled_token_prices",), "bundled_token_prices"),
    ],
)
def test_a_providers_own_token_price_goes_before_a_catalogue_and_its_copy(
    sources: tuple[str, ...], chosen: str
) -> None:
    for given in (sources, sources[::-1]):
        rows = [{"source": source, "per_million_input": float(n)} for n, source in enumerate(given)]
        (option,) = made("opt_api", hist_token_price=rows, opt_fx=[{}], token_model=[{}], opt_answer=[], opt_held=[])
        assert (option["source"], option["usd_per_million_input_tokens"]) == (chosen, given.index(chosen))


@pytest.mark.parametrize("offered", [None, True, False])
def test_how_often_spot_is_interrupted_says_nothing_of_stock(offered: bool | None) -> None:
    api = [] if offered is None else [{"source": "aws_offerings", "available": offered}]
    for advised in (True, False):
        advisor = {"source": "aws_spot_advisor", "available": advised, "interruption_band": 2}
        (row,) = made("opt_availability", hist_instance_spec=[*api, advisor])
        assert (row["available"], row["interruption_band"]) == (offered, 2)
