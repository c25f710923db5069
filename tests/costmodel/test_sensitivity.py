import numpy as np
import pytest

from costmodel.evaluate import evaluate
from costmodel.sensitivity import LEVERS, lever, sensitivity
from tests.costmodel.options import BEDROCK, DGX_H100, FP8, columns, option, seed_assumptions


def table() -> dict[tuple[int, str], tuple[float, float]]:
    server = {"server_price_usd_low": 240e3, "server_price_usd_high": 330e3}
    return table_of(
        columns([option(DGX_H100, FP8, server, throughput_ratio_low=0.7, throughput_ratio_high=1.3), option(BEDROCK)])
    )


def table_of(rows: dict[str, np.ndarray]) -> dict[tuple[int, str], tuple[float, float]]:
    found = sensitivity(rows, seed_assumptions())
    ends = zip(found["low_usd_per_day"], found["high_usd_per_day"], strict=True)
    return dict(zip(zip(found["row"], found["figure"], strict=True), ends, strict=True))


def test_one_figure_at_a_time() -> None:
    found = table()
    base = evaluate(columns([option(DGX_H100, FP8)]), seed_assumptions(), draws=0)
    low, high = found[0, "server_price_usd"]
    moved = base["hardware_usd"].item() + base["maintenance_usd"].item()
    assert high - low == pytest.approx(moved * 90 / 270)
    low, high = found[0, "throughput_ratio"]
    assert low > base["usd_per_day"].item() > high
    low, high = found[0, "staff_usd_per_fte_year"]
    assert high - low == pytest.approx(2 * 250_000 / 365)


def test_figures_that_move_nothing_are_left_out() -> None:
    figures = {figure for row, figure in table() if row == 0}
    assert "colocation_usd_per_kw_month" in figures
    assert not figures & {"staff_floor_cloud_fte", "building_usd_per_kw", "spot_share_ratio", "software_switch"}
    assert not {figure for row, figure in table() if row == 1}


IDENTITY = {
    "deployment": np.array(["cloud", "cloud", "colocated", "colocated", "cloud"]),
    "region": np.array(["us-east-1", "us-east-1", "US-VA", "US-WA", "us-east-1"]),
    "sku": np.array(["p5.48xlarge", "p4d.24xlarge", "dgx-h100", "dgx-h100", "p5.48xlarge"]),
    "accelerator": np.array(["h100-sxm", "a100-sxm-40", "h100-sxm", "h100-sxm", "h100-sxm"]),
    "purchase_option": np.array(["on_demand", "on_demand", "colocated", "colocated", "on_demand"]),
    "precision": np.array(["bf16", "bf16", "bf16", "bf16", "fp8"]),
}
USD = np.array([28.0, 40.0, 9.0, 8.0, 15.0])


@pytest.mark.parametrize(
    ("name", "reference", "best", "saving"),
    [
        ("better_hardware", 1, 0, 12.0),
        ("quantised_model", 0, 4, 13.0),
        ("cheaper_energy", 2, 3, 1.0),
        ("cloud_or_own", 0, 3, 20.0),
        ("commitment", 0, 0, 0.0),
    ],
)
def test_a_lever_changes_only_what_it_says(name: str, reference: int, best: int, saving: float) -> None:
    assert lever(IDENTITY, USD, reference, LEVERS[name]) == (best, saving)


def test_an_option_without_a_price_is_no_improvement() -> None:
    usd = np.where(USD == 15.0, np.nan, USD)
    assert lever(IDENTITY, usd, 0, LEVERS["quantised_model"]) == (0, 0.0)


def test_a_figure_that_moves_the_cost_at_one_end_only_is_listed() -> None:
    rows = columns([option(DGX_H100, FP8)])
    base = evaluate(rows, seed_assumptions(), draws=0)
    low, high = table_of(rows)[0, "residual_value_ratio"]  # none at base, up to a tenth
    assert low == base["usd_per_day"].item()
    # a tenth of the price in five years, at 10 %
    assert low - high == pytest.approx(base["hardware_usd"].item() * 0.1 / 1.1**5)
