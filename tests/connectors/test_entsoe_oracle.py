"""entsoe-py, the community's reader of the same documents, must see the same day means."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from entsoe.parsers import parse_prices
from hypothesis import given
from hypothesis import strategies as st

from connectors.bidding_zones import EUROPE
from connectors.drift import Rows
from connectors.entsoe_wholesale import read_document
from connectors.wholesale import daily_mean_per_mwh, day_bounds
from tests.fakes import entsoe_wholesale as entsoe

BERLIN = EUROPE["DE-LU"].clock
DAYS = [datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 6, 12, tzinfo=UTC), datetime(2026, 10, 25, tzinfo=UTC)]
FIXTURE = Path(__file__).parents[1] / "fixtures" / "entsoe_wholesale.xml"


def means(document: str, day: datetime) -> tuple[float, float]:
    """Ours and entsoe-py's."""
    spans, _ = read_document(document.encode(), Rows("url"))
    theirs = parse_prices(document)["15min"]
    return float(daily_mean_per_mwh(spans, day.date(), BERLIN)), float(theirs.mean())


def test_short_day_of_the_fixture() -> None:
    ours, theirs = means(FIXTURE.read_text(), DAYS[0])
    assert ours == pytest.approx(theirs, abs=1e-9)
    assert round(theirs, 4) == 52.8478


@given(st.sampled_from(DAYS), st.lists(st.decimals(-500, 4000, places=2), min_size=1, max_size=24))
def test_any_day_of_left_out_repeats(day: datetime, prices: list[Decimal]) -> None:
    start, end = day_bounds(day.date(), BERLIN)
    document = entsoe.publication(entsoe.time_series("x", "", start, end, [str(p) for p in prices]))
    ours, theirs = means(document, day)
    assert ours == pytest.approx(theirs, abs=1e-6)
