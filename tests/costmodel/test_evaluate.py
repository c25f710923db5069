import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from costmodel.columns import INPUTS, OUTPUTS, TEXT_INPUTS
from costmodel.evaluate import evaluate, output_columns
from costmodel.money import COMPONENTS
from tests.costmodel.options import (
    BEDROCK,
    BF16,
    CLOUD,
    DAY,
    DGX_H100,
    FLAT,
    FP8,
    columns,
    exact_assumptions,
    option,
    seed_assumptions,
)

# The published worked case, USD per day at list price; the order matters as much as the figures.
ANCHORS = [
    ("p5.48xlarge", option(CLOUD), 27_740, 14_531),
    ("ND96isr_H100_v5", option(CLOUD, usd_per_hour=98.32, on_demand_usd_per_hour=98.32), 49_553, 25_956),
    ("ND96isr_H100_v5, 3 years", option(CLOUD, usd_per_hour=43.16, on_demand_usd_per_hour=98.32), 21_754, 11_395),
    ("DGX H100", option(DGX_H100), 8_992, 5_362),
]


def cost(*rows: dict, profile: np.ndarray = DAY, draws: int = 0, **values: float) -> dict[str, np.ndarray]:
    return evaluate(columns(rows, profile), exact_assumptions(**values), draws=draws)


def test_worked_case_in_dollars_and_in_order() -> None:
    rows = [row | plan for plan in (BF16, FP8) for _, row, _, _ in ANCHORS]
    ours = cost(*rows, option(BEDROCK))["usd_per_day"]
    published = [anchor[2] for anchor in ANCHORS] + [anchor[3] for anchor in ANCHORS] + [9_834]
    np.testing.assert_allclose(ours, published, rtol=0.05)
    assert np.array_equal(np.argsort(ours), np.argsort(published))


def test_worked_case_needs_21_and_11_nodes() -> None:
    result = cost(option(CLOUD, BF16), option(CLOUD, FP8))
    assert result["nodes_peak"].tolist() == [21, 11]
    assert result["replicas_peak"].tolist() == [40, 39]


def test_twenty_reserved_nodes_lose_to_autoscaling_for_a_year_and_win_for_three() -> None:
    # ND H100: 62.90 (1 year), 43.16 (3 years), 98.32 (on demand) USD/hour; times 100: no rounding to whole nodes
    base = option(CLOUD, BF16, requests_per_day=1e9, spare_nodes=0.0, on_demand_usd_per_hour=98.32)
    rows = (base | {"usd_per_hour": 62.9}, base | {"usd_per_hour": 43.16})
    hourly = base | {"usd_per_hour": 98.32, "billing": "autoscaled"}
    one_year, three_years, autoscaled = cost(*rows, hourly, warm_up_h=0.0)["rental_usd"] / 24 / 100
    assert (one_year, three_years) == pytest.approx((1258, 863), rel=1e-3)
    assert autoscaled == pytest.approx(1229, rel=1e-3)
    assert three_years < autoscaled < one_year


def test_components_sum_and_apply_where_they_should() -> None:
    rows = [option(CLOUD, FP8), option(DGX_H100, FP8), option(DGX_H100, FP8, deployment="owned"), option(BEDROCK)]
    result = cost(*rows)
    total = sum(result[component.name] for component in COMPONENTS)
    np.testing.assert_allclose(total, result["usd_per_day"], rtol=1e-12)
    for component in COMPONENTS:
        applies = [row["deployment"] in component.deployments for row in rows]
        assert (result[component.name] != 0).tolist() == [a and component.name != "software_usd" for a in applies]


def test_an_api_costs_its_list_price_per_million_tokens() -> None:
    result = cost(option(BEDROCK), option(BEDROCK, cache_hit_ratio=0.4, usd_per_million_cached_tokens=0.72))
    assert result["usd_per_million_tokens"] == pytest.approx([0.72, 0.72])
    assert result["nodes_peak"].tolist() == [0, 0]
    assert np.isnan(result["kwh_per_day"]).all()


def test_cloud_energy_is_estimated_but_not_billed() -> None:
    result = cost(option(CLOUD, FP8))
    assert result["energy_usd"].item() == result["cooling_usd"].item() == 0
    # 11 nodes between 85 % and 100 % of the way from 2.0 to 7.14 kW, PUE 1.15
    assert 11 * 24 * 6.3 * 1.15 < result["kwh_per_day"].item() < 11 * 24 * 7.14 * 1.15
    assert result["kgco2e_per_day"].item() == pytest.approx(result["kwh_per_day"].item() * 0.3)


def test_unit_costs_and_utilisation() -> None:
    result = cost(option(CLOUD, BF16))
    assert result["usd_per_request"].item() == pytest.approx(result["usd_per_day"].item() / 10e6)
    per_output = result["usd_per_million_output_tokens_input_included"].item()
    assert per_output == pytest.approx(result["usd_per_day"].item() / 2111)
    assert result["utilisation"].item() == pytest.approx(80 / 8 / 21)
    assert result["nodes_mean"].item() == 21


def test_day_one_money_is_the_prepayments_or_the_machines() -> None:
    prepaid = option(CLOUD, FP8, usd_per_hour=43.16, upfront_usd=500e3, term_hours=26280.0)
    result = cost(prepaid, option(DGX_H100, FP8), option(BEDROCK))
    assert result["upfront_usd"] == pytest.approx([11 * 500e3, 11 * 270e3 / 0.81, 0])


def test_a_mix_prepays_what_it_commits_not_its_peak() -> None:
    # 39 busy replicas in six hours, 13 in the others: 49 and 17 at .8, four a node, one spare: 14 and 6 nodes
    six_hours = np.where(np.arange(24) < 6, 2, 2 / 3) / 24
    price = {"usd_per_hour": 43.16, "on_demand_usd_per_hour": 98.32, "upfront_usd": 500e3, "term_hours": 26280.0}
    mixed = option(CLOUD, FP8, price, billing="mix", peak_to_average_ratio=np.nan)
    result = cost(mixed, profile=six_hours)
    assert (result["committed_nodes"].item(), result["nodes_peak"].item()) == (6, 14)
    assert result["upfront_usd"].item() == 6 * 500e3


def test_list_price_stands_beside_a_discount() -> None:
    result = cost(option(CLOUD, FP8, usd_per_hour=44.032, list_usd_per_hour=55.04), option(CLOUD, FP8))
    assert result["list_usd_per_day"] == pytest.approx(result["usd_per_day"][[1, 1]])
    assert result["usd_per_day"][0] == pytest.approx(result["usd_per_day"][1] - 0.2 * 11 * 24 * 55.04)


def test_prepaying_differs_by_interest_alone() -> None:
    rows = [option(CLOUD, FP8), option(CLOUD, FP8, upfront_usd=100e3, term_hours=8760.0)]
    free, dear = cost(*rows, cost_of_capital_ratio=0.0), cost(*rows)
    assert free["usd_per_day"][0] == pytest.approx(free["usd_per_day"][1])
    assert dear["usd_per_day"][1] - dear["usd_per_day"][0] == pytest.approx(11 * 100e3 / 365 * 0.0485, rel=5e-3)


@pytest.mark.parametrize("unknown", ["usd_per_hour", "replica_seconds_per_request", "egress_usd_per_gb"])
def test_unknown_is_never_zero(unknown: str) -> None:
    result = evaluate(columns([option(CLOUD, FP8, {unknown: np.nan}), option(CLOUD, FP8)]), seed_assumptions(), 256)
    for name in ("usd_per_day", "usd_per_day_p50", "usd_per_day_low", "usd_per_day_high"):
        assert np.isnan(result[name]).tolist() == [True, False]


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.floats(0.0, 1.0), min_size=24, max_size=24).filter(lambda loads: sum(loads) > 1),
    st.floats(3, 8),
    st.floats(0.3, 1.0),
)
def test_mix_costs_no_more_than_either_extreme(loads: list[float], log_requests: float, price: float) -> None:
    profile = np.array(loads) / sum(loads)
    base = option(CLOUD, FP8, requests_per_day=10**log_requests, peak_to_average_ratio=np.nan)
    committed = base | {"usd_per_hour": 55.04 * price}
    mix, whole, hourly = cost(
        committed | {"billing": "mix"}, committed, base | {"billing": "autoscaled"}, profile=profile
    )["rental_usd"]
    assert mix <= min(whole, hourly) * (1 + 1e-12)


def test_mix_of_a_flat_profile_is_the_cheaper_extreme() -> None:
    mixed = option(CLOUD, FP8, billing="mix", usd_per_hour=43.16, peak_to_average_ratio=np.nan)
    result = cost(mixed, mixed | {"billing": "always_on"}, profile=FLAT)
    assert result["rental_usd"][0] == pytest.approx(result["rental_usd"][1])
    assert result["committed_nodes"][0] == result["nodes_peak"][0]


@settings(max_examples=20, deadline=None)
@given(st.floats(0.05, 5.0), st.floats(1.0, 3.0))
def test_a_slower_plan_never_costs_less(seconds: float, factor: float) -> None:
    plan = {"replicas_per_node": 2.0, "replica_seconds_per_request": seconds}
    slower = plan | {"replica_seconds_per_request": seconds * factor}
    usd = cost(*(option(part, p) for part in (CLOUD, DGX_H100) for p in (plan, slower)))["usd_per_day"]
    assert usd[0] <= usd[1]
    assert usd[2] <= usd[3]


def interval_rows() -> list[dict]:
    uncertain = {"throughput_ratio_low": 0.7, "throughput_ratio_high": 1.3}
    server = {"server_price_usd_low": 240e3, "server_price_usd_high": 330e3}
    clouds = [option(CLOUD, FP8, uncertain, billing=b, usd_per_hour=43.16) for b in ("always_on", "autoscaled", "mix")]
    return [*clouds, option(DGX_H100, FP8, uncertain, server), option(BEDROCK), option(CLOUD, FP8)]


def test_intervals_hold_the_base_and_are_marginal() -> None:
    result = evaluate(columns(interval_rows()), seed_assumptions())
    assert (result["usd_per_day_low"] <= result["usd_per_day_p50"]).all()
    assert (result["usd_per_day_p50"] <= result["usd_per_day_high"]).all()
    machines = slice(0, 4)
    assert (result["usd_per_day_low"][machines] < result["usd_per_day"][machines]).all()
    assert (result["usd_per_day"][machines] < result["usd_per_day_high"][machines]).all()
    assert result["usd_per_day_low"][4] == result["usd_per_day_high"][4] == result["usd_per_day"][4]
    # independent parts: the interval of the sum is narrower than the sum of the intervals
    highs = sum(result[f"{component.name}_high"] for component in COMPONENTS)
    assert (result["usd_per_day_high"][machines] < highs[machines]).all()


def test_rows_do_not_depend_on_their_neighbours_or_on_threads() -> None:
    rows = interval_rows()
    whole = evaluate(columns(rows * 60), seed_assumptions(), draws=256, threads=2)
    for index, row in enumerate(rows):
        alone = evaluate(columns([row]), seed_assumptions(), draws=256)
        for name in output_columns():
            np.testing.assert_array_equal(whole[name][index :: len(rows)], np.repeat(alone[name], 60), err_msg=name)


def test_an_interval_never_lies_on_the_wrong_side_of_its_value() -> None:
    wrong = option(CLOUD, FP8, throughput_ratio_low=1.2, throughput_ratio_high=0.9)
    result = evaluate(columns([wrong]), exact_assumptions(), draws=256)
    assert result["usd_per_day_low"] == result["usd_per_day"] == result["usd_per_day_high"]


def test_quantiles_are_within_two_percent_of_many_draws() -> None:
    volumes = 10 ** np.linspace(4, 8, 24)
    rows = [row | {"requests_per_day": volume} for volume in volumes for row in interval_rows()]
    ours, many = (evaluate(columns(rows), seed_assumptions(), draws=draws) for draws in (2048, 10_000))
    for name in ("usd_per_day_low", "usd_per_day_p50", "usd_per_day_high"):
        np.testing.assert_allclose(ours[name], many[name], rtol=0.02, err_msg=name)


def test_exact_inputs_give_exact_intervals() -> None:
    result = evaluate(columns([option(DGX_H100, FP8)]), exact_assumptions(), draws=256)
    assert result["usd_per_day_low"] == result["usd_per_day"] == result["usd_per_day_high"]


def test_a_column_or_assumption_that_is_missing_is_named() -> None:
    table = columns([option(CLOUD, FP8)])
    with pytest.raises(ValueError, match=r"missing input columns: demand_share_by_hour, output_tokens"):
        evaluate({n: v for n, v in table.items() if n not in {"output_tokens", "demand_share_by_hour"}}, {})
    with pytest.raises(KeyError, match="warm_up_h"):
        evaluate(table, {n: a for n, a in seed_assumptions().items() if n != "warm_up_h"}, draws=0)


@pytest.mark.parametrize("wrong", [{"deployment": "lunar"}, {"billing": "tokens"}])
def test_an_unknown_deployment_or_billing_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="deployment and billing must be one of"):
        evaluate(columns([option(CLOUD, FP8, wrong)]), seed_assumptions(), draws=0)


@pytest.mark.parametrize("profile", [DAY[:12], np.tile(DAY, 2) / 2, np.tile(DAY, 14) / 14])
def test_a_profile_of_the_wrong_shape_is_refused(profile: np.ndarray) -> None:
    with pytest.raises(ValueError, match="demand_share_by_hour"):
        evaluate(columns([option(CLOUD, FP8)], profile), seed_assumptions(), draws=0)


def test_every_column_is_described() -> None:
    for column in (*TEXT_INPUTS, *INPUTS, *OUTPUTS):
        assert column.unit, column.name
        assert column.meaning, column.name
    assert set(evaluate(columns([option(BEDROCK)]), seed_assumptions(), 256)) == set(output_columns())


@settings(max_examples=20, deadline=None)
@given(st.floats(1e5, 1e7), st.floats(1.0, 1.5))
def test_more_traffic_never_draws_less_power(requests: float, factor: float) -> None:
    rows = [option(DGX_H100, FP8, requests_per_day=volume) for volume in (requests, requests * factor)]
    less, more = cost(*rows)["kwh_per_day"]
    assert less <= more


def test_the_dear_end_of_a_day_is_the_slow_end_of_its_throughput() -> None:
    vast = option(CLOUD, FP8, requests_per_day=1e9)  # whole nodes weigh nothing
    uncertain = vast | {"throughput_ratio_low": 0.5, "throughput_ratio_high": 1.25}
    result = evaluate(columns([uncertain]), exact_assumptions())
    seconds = FP8["replica_seconds_per_request"]
    twice_as_slow, faster = cost(
        vast | {"replica_seconds_per_request": seconds * 2.0}, vast | {"replica_seconds_per_request": seconds * 0.8}
    )["usd_per_day"]
    assert result["usd_per_day_high"].item() == pytest.approx(twice_as_slow, rel=0.01)
    assert result["usd_per_day_low"].item() == pytest.approx(faster, rel=0.01)


@pytest.mark.parametrize("deployment", ["owned", "colocated"])
@pytest.mark.parametrize(
    ("figure", "value", "components"),
    [
        ("server_price_usd", 270e3, ("hardware_usd", "maintenance_usd")),
        ("usd_per_kwh", 0.1, ("energy_usd", "cooling_usd")),
    ],
)
def test_a_sites_own_intervals_widen_what_they_price(
    deployment: str, figure: str, value: float, components: tuple[str, ...]
) -> None:
    interval = {figure: value, f"{figure}_low": value / 2, f"{figure}_high": value * 3}
    result = evaluate(columns([option(DGX_H100, FP8, interval, deployment=deployment)]), exact_assumptions())
    for name in components:
        assert result[f"{name}_low"].item() == pytest.approx(result[name].item() / 2, rel=0.01)
        assert result[f"{name}_high"].item() == pytest.approx(result[name].item() * 3, rel=0.01)
    assert result["facility_usd_low"] == result["facility_usd_high"] == result["facility_usd"]


def test_an_unknown_figure_with_a_default_is_as_if_left_out() -> None:
    defaults = {column.name for column in INPUTS if column.default is not None and not np.isnan(column.default)}
    assert {"cache_hit_ratio", "spare_nodes", "upfront_usd", "accelerators_per_node"} <= defaults
    rows = [
        {name: value for name, value in option(part, FP8).items() if name not in defaults}
        for part in (CLOUD, DGX_H100, BEDROCK)
    ]
    left_out = cost(*rows)
    unknown = cost(*(row | dict.fromkeys(defaults, np.nan) for row in rows))
    # 39 replicas at .8 and four a node, the same as with two replicas and one spare given
    assert left_out["nodes_peak"].tolist() == [11, 11, 0]
    assert np.isfinite(left_out["usd_per_day"]).all()
    for name, values in left_out.items():
        np.testing.assert_array_equal(unknown[name], values, err_msg=name)


def test_means_of_a_day_are_over_its_paid_hours_not_its_peak() -> None:
    # 39 busy replicas in six hours, 13 in the others: 14 and 6 nodes, 8 starts of half an hour: 84 + 108 + 4 hours
    six_hours = np.where(np.arange(24) < 6, 2, 2 / 3) / 24
    hourly = option(CLOUD, FP8, billing="autoscaled", peak_to_average_ratio=np.nan)
    result = cost(hourly, profile=six_hours, warm_up_h=0.5)
    assert result["nodes_peak"].item() == 14
    assert result["nodes_mean"].item() == pytest.approx(196 / 24)
    assert result["utilisation"].item() == pytest.approx((6 * 39 + 18 * 13) / 4 / 196)


def test_a_day_without_requests_has_no_unit_costs() -> None:
    result = cost(option(CLOUD, FP8, requests_per_day=0.0))
    assert result["rental_usd"].item() == pytest.approx(2 * 24 * 55.04), "two replicas' node, and the spare"
    for name in ("usd_per_request", "usd_per_million_tokens", "usd_per_million_output_tokens_input_included"):
        assert np.isnan(result[name]).all(), name
