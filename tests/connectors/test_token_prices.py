"""The catalogue over HTTP and the installed one."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from connectors.ask import Ask
from connectors.bundled_token_prices import bundled_token_prices
from connectors.errors import SchemaDrift, SourceUnavailable
from connectors.records import Partition
from connectors.token_prices import token_prices
from connectors.web import Web
from tests.fakes import token_prices as fakes
from tests.fakes.server import Fake, Fault, Reply, Server

DAY = date(2026, 11, 21)
Row = tuple[str, str, str, str | None, str]


def pull(server: Server, folder: Path, day: date = DAY) -> Partition:
    url = server.settings()["COSTWATT_TOKEN_PRICES_URL"]
    (partition,) = token_prices.pull(Ask(day, url, Web(retries=0), folder), "all")
    return partition


def rows_of(partition: Partition) -> dict[tuple[str, str, str, int], tuple[Decimal, Decimal | None, Decimal]]:
    return {
        (r["provider"], r["model"], r["tier"], r["tier_start_tokens"]): (
            r["per_million_input"],
            r["per_million_cached_input"],
            r["per_million_output"],
        )
        for r in partition.rows.to_pylist()
    }


def usd(*prices: str | None) -> tuple[Decimal | None, ...]:
    return tuple(None if p is None else Decimal(p) for p in prices)


def test_each_tier_is_a_row_and_the_day_and_hour_choose_the_price(tmp_path: Path) -> None:
    with Server([fakes.fake()]) as server:
        partition = pull(server, tmp_path)
    assert rows_of(partition) == {
        ("aws", "meta.llama3-1-70b-instruct-v1:0", "standard", 0): usd("0.72", None, "0.72"),
        ("anthropic", "claude-sonnet-4-5", "standard", 0): usd("3", "0.3", "15"),
        # the catalogue's tier of 200,000 begins above it
        ("anthropic", "claude-sonnet-4-5", "standard", 200_001): usd("6", "0.6", "22.5"),
        ("openai", "gpt-4o", "standard", 0): usd("2.5", "1.25", "10"),
        # no cache discount is stated for batch, so none is given
        ("openai", "gpt-4o", "batch", 0): usd("1.25", None, "5"),
        # the dearer half of the day
        ("deepseek", "deepseek-chat", "standard", 0): usd("0.27", None, "1.1"),
        # in force since 2026-11-03; the price of 2027 is not yet
        ("openrouter", "llama-3.1-70b", "standard", 0): usd("0.72", None, "0.72"),
    }
    assert partition.dropped == {"not a text model": 1, "free of charge": 1}
    assert partition.source_version
    assert (tmp_path / "catalogue.json").exists()


@pytest.mark.parametrize(
    ("day", "usd_per_million"), [(date(2026, 11, 2), "0.1"), (date(2026, 11, 3), "0.72"), (date(2027, 1, 1), "1.44")]
)
def test_dated_prices_start_on_their_day(tmp_path: Path, day: date, usd_per_million: str) -> None:
    with Server([fakes.fake()]) as server:
        found = rows_of(pull(server, tmp_path, day))
    assert found["openrouter", "llama-3.1-70b", "standard", 0][0] == Decimal(usd_per_million)


def test_what_is_no_catalogue_is_drift_and_no_answer_is_unavailable(tmp_path: Path) -> None:
    bad = [Reply.of_json([{"id": "aws"}]), Reply.of_json([]), Reply.of_text("<html>")]
    with Server([Fake("token-prices", lambda _: bad.pop(0), {"COSTWATT_TOKEN_PRICES_URL": "/x"})]) as server:
        for _ in range(3):
            with pytest.raises(SchemaDrift):
                pull(server, tmp_path)
        server.faults.append(Fault("/x", status=503))
        with pytest.raises(SourceUnavailable):
            pull(server, tmp_path)


def test_the_installed_catalogue_needs_no_network(tmp_path: Path) -> None:
    (partition,) = bundled_token_prices.pull(Ask(DAY, "", Web(offline=True), tmp_path), "all")
    found = rows_of(partition)
    assert found["aws", "meta.llama3-1-70b-instruct-v1:0", "standard", 0] == usd("0.72", None, "0.72")
    assert len(found) == partition.rows.num_rows > 2000, "one row a key"
    assert partition.as_of
    assert date(2026, 10, 1) < partition.as_of <= DAY
    assert partition.source_version.startswith("genai-prices ")
