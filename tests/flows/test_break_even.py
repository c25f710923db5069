"""What a row of break_even says must not contradict itself, nor the rows of the costs it is made from."""

import pytest

from tests.flows.conftest import Night

# An operator costs 250,000 USD a year and runs 500 nodes.
STAFF_USD_PER_NODE_DAY = 250_000 / 365 / 500
# Own nodes at today's volume without the floor of staff, and the requests that a busy node serves in an hour.
OWN_NODES = """
select
    scenario_id,
    break_even_utilisation_ratio as ratio,
    (own.usd_per_day - own.staff_usd - own.network_usd)::double / own.nodes_mean as node_day_usd,
    own.network_usd::double / requests.value as network_usd_per_request,
    own.tok_s_per_replica * own.replicas_per_node * 3600 / outputs.value as requests_per_node_hour,
    second_way,
    second_option_id,
    second_usd_per_day::double / requests.value as second_usd_per_request,
    outputs.value as output_tokens
from break_even
inner join daily_cost as own using (scenario_id)
inner join scenario as requests on requests.scenario = scenario_id and requests.attribute = 'requests_per_day'
inner join scenario as outputs on outputs.scenario = scenario_id and outputs.attribute = 'output_tokens'
where own.option_id = first_option_id and first_way = 'buy' and scenario_id <> 'deepseek-day'
"""  # a replica of deepseek-day spans nodes


def test_a_straight_line_to_an_api_turns_before_whole_nodes_do(live_night: Night) -> None:
    """Whole nodes and minimum fleets only add to the cost of machines, and nothing to that of an API."""
    rows = live_night.rows(
        "select scenario_id, first_way, straight_line_tokens_per_day, break_even_tokens_per_day from break_even"
        " where second_way = 'api' and break_even_tokens_per_day is not null"
    )
    assert rows
    for scenario, way, straight, whole in rows:
        assert straight <= whole, (scenario, way)


def test_a_way_that_never_pays_has_no_volume_from_which_it_does(live_night: Night) -> None:
    contradictions = live_night.rows(
        "select scenario_id, first_way, second_way, break_even_utilisation_ratio, cheaper_at_large_volume"
        " from break_even where break_even_utilisation_ratio > 1 and cheaper_at_large_volume = first_way"
    )
    assert contradictions == []


def test_own_nodes_break_even_at_the_price_of_the_same_work(live_night: Night) -> None:
    """Cost of a node-day with its share of staff, over what the API asks for the requests of a busy day."""
    rows = live_night.rows(
        "select scenario_id, ratio, node_day_usd, requests_per_node_hour,"
        f" second_usd_per_request - network_usd_per_request from ({OWN_NODES}) where second_way = 'api'"
    )
    assert rows
    for scenario, ratio, node_day_usd, requests_per_hour, usd_per_request in rows:
        expected = (node_day_usd + STAFF_USD_PER_NODE_DAY) / (24 * requests_per_hour * usd_per_request)
        # the more of a fleet is busy, the more power it draws: at scale a little more than today
        assert expected <= ratio * (1 + 1e-6), scenario
        assert ratio == pytest.approx(expected, rel=0.05), scenario


def test_own_nodes_break_even_at_the_hours_of_rent_for_the_same_work(live_night: Night) -> None:
    """The same against rent on demand: each rented node-hour has a disk and people too."""
    rows = live_night.rows(
        "select own.scenario_id, ratio, node_day_usd, requests_per_node_hour, network_usd_per_request,"
        " option.on_demand_usd_per_hour::double, rent.storage_usd::double / rent.nodes_mean,"
        " rent.tok_s_per_replica * rent.replicas_per_node * 3600 / output_tokens,"
        " rent.network_usd::double * own.second_usd_per_request / rent.usd_per_day::double"
        f" from ({OWN_NODES}) as own"
        " inner join daily_cost as rent on rent.scenario_id = own.scenario_id and rent.option_id = second_option_id"
        " inner join option on option.option_id = second_option_id where second_way = 'rent'"
    )
    assert rows
    for scenario, ratio, node_day_usd, per_hour, network, rent_usd, disk_usd, rented_per_hour, rent_network in rows:
        rented_usd = rent_usd + (disk_usd + STAFF_USD_PER_NODE_DAY) / 24
        usd_per_request = rented_usd / rented_per_hour + rent_network - network
        expected = (node_day_usd + STAFF_USD_PER_NODE_DAY) / (24 * per_hour * usd_per_request)
        assert ratio == pytest.approx(expected, rel=0.05), scenario
