"""Ask one connector of a fake, and look at what it yields."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from connectors.ask import Ask, Connector
from connectors.records import Partition
from connectors.web import Web
from tests.fakes.server import Server

SEEDS = Path(__file__).parents[2] / "sql" / "seeds"
DAY = date(2026, 11, 20)


def ask_fake(server: Server, name: str, folder: Path, day: date = DAY, **more: Any) -> Ask:
    """The night's question to the fake mounted as `name`; retries do not wait."""
    return Ask(day, server.url(name), Web(retries=1, backoff_s=0.01), folder, **more)


def ask_table(folder: Path, day: date = DAY) -> Ask:
    """The night's question to a source that opens no connection; any attempt would raise."""
    return Ask(day, "", Web(offline=True), folder, options={"seeds": str(SEEDS)})


def pulled(connector: Connector, ask: Ask) -> list[Partition]:
    """All partitions of all parts."""
    return [p for part in connector.plan(ask) for p in connector.pull(ask, part)]


def rows_of(partitions: list[Partition]) -> list[dict[str, Any]]:
    return [row for p in partitions for row in p.rows.to_pylist()]


def rejected_of(partitions: list[Partition]) -> list[tuple[str, str]]:
    """(key, reason) of what went to quarantine."""
    return [(r["key"], r["reason"]) for p in partitions for r in p.rejected.to_pylist()]
