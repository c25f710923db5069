from datetime import date

import pytest

from connectors.price_period import first_day, last_day


@pytest.mark.parametrize(
    ("period", "first", "last"),
    [
        ("2024", date(2024, 1, 1), date(2024, 12, 31)),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("2025-Q2", date(2025, 4, 1), date(2025, 6, 30)),
        ("2025-S2", date(2025, 7, 1), date(2025, 12, 31)),
        ("2026-04..2027-03", date(2026, 4, 1), date(2027, 3, 31)),
        ("2026-02-18", date(2026, 2, 18), date(2026, 2, 18)),
    ],
)
def test_bounds(period: str, first: date, last: date) -> None:
    assert (first_day(period), last_day(period)) == (first, last)


@pytest.mark.parametrize("period", ["", "since 2011", "2025-13", "2025-S3", "25-01"])
def test_other_texts_are_refused(period: str) -> None:
    with pytest.raises(ValueError, match=r"period|month"):
        last_day(period)
