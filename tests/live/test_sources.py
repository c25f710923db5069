"""A canary on the real services: each source's smallest part has rows, few are refused, the figures are believable.

Off by default, for it needs the network: ``make live``. A source with a key is asked where the environment has it.
Addresses are the public ones unless ``COSTWATT_*_URL`` says otherwise.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime

import duckdb
import pytest

from connectors.ask import Ask, Connector
from connectors.records import InstanceSpec, Partition, Record, ServicePrice, Tariff
from connectors.registry import CONNECTORS
from connectors.web import Web
from flows.gate_bands import load_accelerated, outside
from flows.settings import load_settings
from flows.sources import Night

pytestmark = [pytest.mark.live, pytest.mark.enable_socket, pytest.mark.timeout(1800)]

REFUSED_RATIO = 0.05  # lists are malformed here and there; where more rows are, the format changed
# Small regions that sell accelerators, where the environment names none; China has lists of its own.
REGIONS = {"aws_regions": ("ca-central-1", "cn-northwest-1"), "azure_regions": ("canadacentral", "chinanorth3")}
SITE = {"tariff_zone": "US-CA", "peak_kw": 800, "urdb": "5e17b27c5457a3556573e3af"}  # the record of docs/tariffs.md
ACCOUNTS = {"azure_skus": ("AZURE_SUBSCRIPTION_ID",), "aws": ("AWS_ACCESS_KEY_ID", "AWS_PROFILE")}
# What is beyond belief in a record that the gate judges by its move alone, in SQL. A kilowatt-hour of dollars or euros
# costs cents, of yen tens; the wholesale price of an hour may fall below 0.
BEYOND: dict[type[Record], str] = {
    Tariff: "local_per_kwh > if(currency in ('USD', 'EUR', 'GBP', 'AUD'), 2, 200)"
    " or local_per_kwh < if(kind = 'wholesale', -2, 0.01)",
    ServicePrice: "price not between 0 and 100000",
    InstanceSpec: "vcpu not between 1 and 2000 or memory_gib not between 0.4 and 50000"
    " or accelerators not between 0 and 72",
}


def asked(source: Connector) -> bool:
    """Whether a source opens connections, and the environment has the key or the account that it needs."""
    if source.name == "azure_skus" or (source.name.startswith("aws_") and not source.setting):
        return any(os.environ.get(name) for name in ACCOUNTS.get(source.name, ACCOUNTS["aws"]))
    return bool(source.setting) and all(os.environ.get(f"COSTWATT_{name}") for name in source.needs)


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Night:
    """Tonight's questions, in a HOME of its own."""
    given = {name: regions for name, regions in REGIONS.items() if f"COSTWATT_{name.upper()}" not in os.environ}
    home = tmp_path_factory.mktemp("live")
    return Night(datetime.now(UTC).date(), load_settings(home=home, site=[SITE], **given), Web())


def smallest(source: Connector, ask: Ask) -> str:
    """The part to pull: of a region asked for, where the source has such parts."""
    parts = source.plan(ask)
    return next((part for part in parts if part in ask.regions), parts[0])


def beyond_belief(part: Partition) -> int:
    """How many rows no price list could have."""
    condition, join = outside(part.record)
    with duckdb.connect() as con:
        load_accelerated(con)
        con.register("part", part.rows)
        found = con.execute(f"select count(*) from part {join} where {BEYOND.get(part.record, condition)}").fetchone()
    return int(found[0]) if found else 0


@pytest.mark.parametrize("source", [c for c in CONNECTORS if asked(c)], ids=lambda source: source.name)
def test_a_source_answers_as_it_did(source: Connector, night: Night) -> None:
    ask = night.ask(source)
    parts = list(source.pull(ask, smallest(source, ask)))
    assert {part.record for part in parts} <= set(source.record)
    rows = sum(part.rows.num_rows for part in parts)
    assert rows > 0
    refused = [row for part in parts for row in part.rejected.to_pylist()]
    assert len(refused) <= REFUSED_RATIO * (rows + len(refused)), refused[:3]
    assert sum(map(beyond_belief, parts)) <= REFUSED_RATIO * rows
