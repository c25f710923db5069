"""Prices that fall with the volume, by hand from published tiers (AWS egress of eu-west-1, 2026-10)."""

import numpy as np
import pytest

from costmodel.tiers import mean_price

FROM_GB, USD_PER_GB = (0, 10_240, 51_200, 153_600), (0.09, 0.085, 0.07, 0.05)


@pytest.mark.parametrize(
    ("gb", "usd"),
    [
        (1_000, 90.0),
        (10_240, 921.6),
        (20_480, 921.6 + 870.4),
        (153_600, 921.6 + 3_481.6 + 7_168.0),
        (1_153_600, 921.6 + 3_481.6 + 7_168.0 + 50_000.0),
    ],
)
def test_each_unit_is_billed_in_its_tier(gb: float, usd: float) -> None:
    assert mean_price(FROM_GB, USD_PER_GB, [gb])[0] * gb == pytest.approx(usd)


def test_nothing_and_the_unknown_stand_at_the_first_price() -> None:
    assert mean_price(FROM_GB, USD_PER_GB, [0, np.nan]).tolist() == [0.09, 0.09]


def test_the_first_price_holds_from_nothing_where_the_list_begins_above_it() -> None:
    assert mean_price((100, 10_335), (0.087, 0.083), [20_335])[0] == pytest.approx(
        (10_335 * 0.087 + 10_000 * 0.083) / 20_335
    )
