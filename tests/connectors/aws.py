"""Helpers of the AWS connector tests."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from connectors.ask import Ask, Connector, Known
from connectors.records import Partition
from connectors.web import Web
from tests.fakes.server import Server

DAY = date(2026, 11, 21)
FIXTURES = Path(__file__).parents[1] / "fixtures"


def ask_of(url: str, folder: Path, **given: Any) -> Ask:
    """A question to a fake with short retries."""
    return Ask(DAY, url, Web(backoff_s=0.01), folder, **given)


def pull_all(connector: Connector, ask: Ask) -> list[Partition]:
    """Every partition of every part."""
    return [p for region in connector.plan(ask) for p in connector.pull(ask, region)]


def remembered(ask: Ask, partitions: Iterable[Partition]) -> Ask:
    """The next night's question, after these partitions were accepted."""
    return replace(ask, known={(p.region, p.kind): Known(p.source_version, p.etag) for p in partitions})


def rows_of(partitions: Iterable[Partition], kind: str) -> list[dict[str, Any]]:
    """All rows of one kind."""
    return [row for p in partitions if p.kind == kind for row in p.rows.to_pylist()]


def prices_of(partitions: Iterable[Partition], kind: str) -> dict[tuple[str, str, str], Decimal]:
    """(region or zone, type, purchase option) -> price per hour; fails on a repeated key."""
    rows = rows_of(partitions, kind)
    prices = {(r["zone"] or r["region"], r["sku"], r["purchase_option"]): r["price_per_hour"] for r in rows}
    assert len(prices) == len(rows)
    return prices


def signed(monkeypatch: pytest.MonkeyPatch, server: Server) -> None:
    """Credentials for boto3, and its endpoints moved to the fakes that `server` runs."""
    for key, value in {"AWS_ACCESS_KEY_ID": "fake", "AWS_SECRET_ACCESS_KEY": "fake", **server.settings()}.items():
        if key.startswith("AWS_"):
            monkeypatch.setenv(key, value)


def unsigned(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """No credentials anywhere in boto3's chain."""
    for key in [k for k in os.environ if k.startswith("AWS_")]:
        monkeypatch.delenv(key)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(folder / "no-credentials"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(folder / "no-config"))
