"""China: its own host, CNY kept, asked only by name."""

from __future__ import annotations

import shutil
from decimal import Decimal
from pathlib import Path

from connectors.aws_china_prices import aws_china_prices
from connectors.aws_offer_csv import OfferCsv
from connectors.aws_offers import OfferFile
from connectors.aws_prices import NEEDED, parse
from tests.connectors.aws import FIXTURES, ask_of, pull_all, rows_of
from tests.fakes import aws_china
from tests.fakes.server import Server


def test_prices_keep_their_currency(tmp_path: Path) -> None:
    path = Path(shutil.copy(FIXTURES / "aws_china_prices.csv", tmp_path))
    file = OfferFile("cn-north-1", "20260910195514", "https://prices.example/cn-north-1/index.json")
    found = {p.kind: p for p in parse(ask_of("", tmp_path), file, OfferCsv.of(path, "AmazonEC2", NEEDED))}
    (row,) = found["on_demand"].rows.to_pylist()
    assert (row["currency"], row["price_per_hour"], row["region"]) == ("CNY", Decimal("11.435"), "cn-north-1")
    assert {r["currency"] for r in found["block_storage"].rows.to_pylist()} == {"CNY"}


def test_asked_by_name_only(tmp_path: Path) -> None:
    with Server([aws_china.fake()]) as server:
        url = server.url("aws-china")
        assert aws_china_prices.plan(ask_of(url, tmp_path)) == []
        assert aws_china_prices.plan(ask_of(url, tmp_path, regions=("us-east-1",))) == []
        assert server.seen == []
        found = pull_all(aws_china_prices, ask_of(url, tmp_path, regions=("us-east-1", "cn-north-1")))
    assert [r["currency"] for r in rows_of(found, "on_demand")] == ["CNY"]
