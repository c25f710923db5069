import numpy as np
import pytest

from costmodel.sampling import LATTICE_ORDER, lattice_generators, quantiles, standard_draws, strata


@pytest.mark.parametrize("name", ["throughput_ratio", "storage_system_gb"])
@pytest.mark.parametrize("draws", [256, 1000])
def test_every_stratum_is_visited_once(name: str, draws: int) -> None:
    assert sorted(strata(name, draws)) == list(range(draws))


def test_draws_depend_on_seed_and_name_alone() -> None:
    first = standard_draws("usd_per_kwh", 256, seed=1)
    np.testing.assert_array_equal(first, standard_draws("usd_per_kwh", 256, seed=1))
    assert not np.array_equal(first, standard_draws("usd_per_kwh", 256, seed=2))
    assert not np.array_equal(first, standard_draws("pue_ratio", 256, seed=1))


def test_draws_are_standard_normal() -> None:
    draws = standard_draws("transit_usd_per_gb", 2048)
    assert draws.mean() == pytest.approx(0, abs=1e-9)
    assert draws.std() == pytest.approx(1, abs=0.01)


def test_lattice_figures_are_uncorrelated() -> None:
    draws = np.array([standard_draws(name, 2048) for name in LATTICE_ORDER])
    correlation = np.corrcoef(draws) - np.eye(len(draws))
    assert np.abs(correlation).max() < 0.05
    assert np.abs(correlation).mean() < 0.01


def test_generators_are_coprime_to_the_number_of_points() -> None:
    assert len(lattice_generators(1000)) == len(LATTICE_ORDER)
    assert np.all(np.gcd(lattice_generators(1000), 1000) == 1)


def test_quantiles_of_known_draws() -> None:
    samples = np.arange(1000.0)[None, ::-1].copy()
    low, median, high = quantiles(samples, (0.05, 0.5, 0.95))
    assert [low[0], median[0], high[0]] == pytest.approx([49.5, 499.5, 949.5])


def test_an_unknown_draw_makes_the_quantile_unknown() -> None:
    samples = np.ones((2, 256))
    samples[1, 7] = np.nan
    (median,) = quantiles(samples, (0.5,))
    assert median[0] == 1
    assert np.isnan(median[1])


def test_quantile_of_few_draws_is_a_draw() -> None:
    (high,) = quantiles(np.array([[3.0, 1.0, 2.0]]), (0.95,))
    assert high[0] == 3


def test_a_quantile_is_the_mean_of_half_a_percent_on_either_side() -> None:
    steps = np.repeat([0.0, 1.0], [952, 48])[None, :].copy()
    (high,) = quantiles(steps, (0.95,))
    assert high[0] == pytest.approx(0.3), "draws 945 to 954, of which three are above the step"
