"""The price sheet in yuan."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from connectors.ask import Ask
from connectors.azure_china import azure_china
from connectors.errors import SchemaDrift, SourceUnavailable, UnsafeAddress
from connectors.web import Web
from tests.connectors.asking import DAY, pulled, rows_of
from tests.fakes import azure_china as fakes
from tests.fakes.server import Fake, Fault, Reply, Server


def ask_for(server: Server, folder: Path, **more: Any) -> Ask:
    sizes = {"azure": frozenset({"Standard_NC24ads_A100_v4", "Standard_NC4as_T4_v3"})}
    return Ask(DAY, server.url("azure-china"), Web(retries=0), folder, **{"skus": sizes, **more})


def test_prices_in_yuan_by_region(tmp_path: Path) -> None:
    with Server([fakes.fake()]) as server:
        partitions = pulled(azure_china, ask_for(server, tmp_path))
    rows = rows_of(partitions)
    assert {(r["region"], r["sku"], r["purchase_option"], r["currency"]): r["price_per_hour"] for r in rows} == {
        ("chinanorth3", "Standard_NC24ads_A100_v4", "on_demand", "CNY"): Decimal("33.5"),
        ("chinanorth3", "Standard_NC24ads_A100_v4", "spot", "CNY"): Decimal("6.1"),
        ("chinanorth3", "Standard_NC24ads_A100_v4", "reserved_1y", "CNY"): Decimal("21.75"),  # 190,530 / 8,760 h
        ("chinanorth3", "Standard_NC24ads_A100_v4", "savings_1y", "CNY"): Decimal("27.1"),  # hourly already
        ("chinanorth3", "Standard_NC24ads_A100_v4", "savings_3y", "CNY"): Decimal("18.9"),
        ("chinaeast2", "Standard_NC4as_T4_v3", "on_demand", "CNY"): Decimal("5.36"),
    }
    assert (tmp_path / "pricesheet.csv").exists()


def test_scope_all_has_plain_sizes_and_regions_are_heeded(tmp_path: Path) -> None:
    with Server([fakes.fake()]) as server:
        rows = rows_of(pulled(azure_china, ask_for(server, tmp_path, scope="all", regions=("chinaeast2",))))
    assert {r["sku"] for r in rows} == {"Standard_NC4as_T4_v3", "Standard_D2s_v3"}


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ({"Error": "x"}, SchemaDrift),
        ({"DownloadUrl": "https://example.com/AzureRetailPrices.csv"}, UnsafeAddress),
        ({"DownloadUrl": "https://chinacloudapi.cn.example.com/x.csv"}, UnsafeAddress),
        ({"DownloadUrl": "http://a.blob.core.chinacloudapi.cn/x.csv"}, UnsafeAddress),
    ],
)
def test_only_the_operators_own_file_is_taken(tmp_path: Path, answer: dict[str, str], error: type[Exception]) -> None:
    fake = Fake("azure-china", lambda _: Reply.of_json(answer))
    with Server([fake]) as server, pytest.raises(error):
        pulled(azure_china, ask_for(server, tmp_path))


def test_a_missing_column_is_drift_and_a_short_file_is_no_answer(tmp_path: Path) -> None:
    with Server([fakes.fake()]) as server:
        server.faults.append(Fault(fakes.FILE, status=200, body=b"currencyCode,retailPrice\nCNY,1\n"))
        with pytest.raises(SchemaDrift, match="armRegionName"):
            pulled(azure_china, ask_for(server, tmp_path / "1"))
        server.faults.append(Fault(fakes.FILE, truncate_to=50))
        with pytest.raises(SourceUnavailable, match="broke off"):
            pulled(azure_china, ask_for(server, tmp_path / "2"))
