"""Resource SKUs through the real Azure client, over real HTTP."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests
from azure.core.credentials import AccessToken
from azure.identity import EnvironmentCredential, WorkloadIdentityCredential

from connectors import azure_skus as module
from connectors.ask import Ask
from connectors.azure_skus import azure_skus, credential_of_environment, list_skus
from connectors.errors import MissingCredentials, SchemaDrift, SourceUnavailable, UnsafeAddress
from connectors.web import Web
from tests.connectors.asking import DAY, SEEDS, pulled, rejected_of, rows_of
from tests.fakes import azure_arm
from tests.fakes.server import Fake, Fault, Reply, Server

NAMES = ("AZURE_SUBSCRIPTION_ID", *module.SECRET, "AZURE_CLIENT_CERTIFICATE_PATH", "AZURE_FEDERATED_TOKEN_FILE")


class Token:
    """A credential that is a token."""

    def __init__(self, token: str = azure_arm.TOKEN) -> None:
        self.token = token

    def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        assert scopes == ("https://management.azure.com/.default",)
        return AccessToken(self.token, int(time.time()) + 3600)


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def signed_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_SUBSCRIPTION_ID", azure_arm.SUBSCRIPTION)
    monkeypatch.setattr(module, "credential_of_environment", Token)


def ask_for(server: Server, folder: Path, **more: Any) -> Ask:
    return Ask(DAY, server.url("azure-arm"), Web(), folder, **more)


@pytest.mark.usefixtures("signed_in")
def test_sizes_zones_and_restrictions(tmp_path: Path) -> None:
    with Server([azure_arm.fake()]) as server:
        partitions = pulled(azure_skus, ask_for(server, tmp_path, scope="all"))
        assert len(server.seen) == 3, "pages of three"
    found = {(r["region"], r["sku"]): r for r in rows_of(partitions)}
    read = {
        key: (r["vcpu"], r["memory_gib"], r["accelerators"], r["zones"], r["available"], r["unavailable_reason"])
        for key, r in found.items()
    }
    closed = "NotAvailableForSubscription"
    assert read == {
        ("eastus", "Standard_ND96isr_H100_v5"): (96, 1900, 8, "1,2,3", True, None),
        ("westus3", "Standard_ND96isr_H100_v5"): (96, 1900, 8, "1,2,3", False, closed),
        ("eastus", "Standard_ND96asr_v4"): (96, 1900, 8, "2,3", True, None),
        ("eastus", "Standard_ND128isr_NDR_GB200_v6"): (96, 1900, None, "1,2,3", True, None),
        ("eastus", "Standard_NV36ads_A10_v5"): (36, 440, 1, "", False, "every zone is restricted"),
        ("westus3", "Standard_L80as_v3"): (96, 1900, None, "1,2,3", False, closed),
    }
    assert found["eastus", "Standard_ND96asr_v4"]["accelerator_name"] == "standardndasv4_a100family"
    assert partitions[0].dropped == {"resource type disks": 1}


@pytest.mark.usefixtures("signed_in")
def test_scope_is_the_accelerated_sizes(tmp_path: Path) -> None:
    with Server([azure_arm.fake()]) as server:
        ask = ask_for(server, tmp_path, skus={"azure": frozenset({"Standard_ND96asr_v4"})})
        assert [r["sku"] for r in rows_of(pulled(azure_skus, ask))] == ["Standard_ND96asr_v4"]


@pytest.mark.usefixtures("signed_in")
def test_a_gpu_count_that_is_not_ours_is_an_alert(tmp_path: Path) -> None:
    """December 2023: the capability said 12 for ND96isr_H100_v5."""
    twelve = azure_arm.Arm([azure_arm.sku("Standard_ND96isr_H100_v5", "f", "eastus", "12")])
    with Server([Fake("azure-arm", twelve.answer)]) as server:
        partitions = pulled(azure_skus, ask_for(server, tmp_path, options={"seeds": str(SEEDS)}))
    assert rejected_of(partitions) == [
        ("eastus/Standard_ND96isr_H100_v5", "alert: GPUs says 12, node_type.csv 8"),
    ]


@pytest.mark.usefixtures("signed_in")
@pytest.mark.parametrize("info", [[{"location": "qatarcentral", "zones": []}], [{"location": "qatarcentral"}], []])
def test_a_region_without_zones_sells_what_no_restriction_closes(tmp_path: Path, info: list[dict[str, Any]]) -> None:
    zoneless = azure_arm.Arm([azure_arm.sku("Standard_ND96asr_v4", "f", "qatarcentral", locationInfo=info)])
    with Server([Fake("azure-arm", zoneless.answer)]) as server:
        (row,) = rows_of(pulled(azure_skus, ask_for(server, tmp_path)))
    assert (row["zones"], row["available"], row["unavailable_reason"]) == ("", True, None)


def test_our_counts_agree_with_what_azure_shows(tmp_path: Path) -> None:
    counts = module.gpus_by_size(SEEDS / "node_type.csv")
    assert counts["Standard_ND96isr_H100_v5"] == 8
    assert counts["Standard_NV6ads_A10_v5"] == 1, "a sixth of a GPU shows as one"


def test_without_credentials_the_source_is_skipped_at_once(tmp_path: Path) -> None:
    started = time.monotonic()
    with Server([azure_arm.fake()]) as server:
        with pytest.raises(MissingCredentials, match="AZURE_SUBSCRIPTION_ID"):
            pulled(azure_skus, ask_for(server, tmp_path))
        assert server.seen == []
    assert time.monotonic() - started < 2


@pytest.mark.parametrize(
    ("names", "kind"),
    [
        (module.SECRET, EnvironmentCredential),
        (module.WORKLOAD, WorkloadIdentityCredential),
        (("AZURE_CLIENT_ID",), type(None)),
        ((), type(None)),
    ],
)
def test_credentials_are_those_of_the_environment(
    monkeypatch: pytest.MonkeyPatch, names: tuple[str, ...], kind: type
) -> None:
    for name in names:
        monkeypatch.setenv(name, "00000000-0000-0000-0000-000000000002")
    assert type(credential_of_environment()) is kind


def test_a_refused_token_names_what_is_needed() -> None:
    with Server([azure_arm.fake()]) as server, pytest.raises(SourceUnavailable, match=r"AuthenticationFailed.*Reader"):
        list(list_skus(server.url("azure-arm"), azure_arm.SUBSCRIPTION, Token("another")))


def test_throttling_is_waited_out() -> None:
    with Server([azure_arm.fake()]) as server:
        server.faults.append(Fault("skiptoken=1", status=429, headers={"Retry-After": "1"}))
        started = time.monotonic()
        assert len(list(list_skus(server.url("azure-arm"), azure_arm.SUBSCRIPTION, Token()))) == 7
        assert time.monotonic() - started >= 1


def test_next_link_elsewhere_and_a_page_without_value() -> None:
    pages: list[Any] = [{"value": [], "nextLink": "https://management.azure.com.example/x"}, {"error": 1}]
    with Server([Fake("azure-arm", lambda _: Reply.of_json(pages.pop(0)))]) as server:
        for error in (UnsafeAddress, SchemaDrift):
            with pytest.raises(error):
                list(list_skus(server.url("azure-arm"), azure_arm.SUBSCRIPTION, Token()))


def test_a_dead_address_is_unavailable(tmp_path: Path, signed_in: None) -> None:
    with Server([azure_arm.fake()]) as server:
        ask = ask_for(server, tmp_path)
    with pytest.raises(SourceUnavailable, match="no connection"):
        pulled(azure_skus, ask)


@pytest.mark.long
@pytest.mark.usefixtures("signed_in")
def test_20000_skus_cost_less_than_three_times_bare_requests(tmp_path: Path) -> None:
    capabilities = {f"Capability{n}": "True" for n in range(22)}
    entries = [
        azure_arm.sku(f"Standard_D{n}s_v5", "standardDSv5Family", "eastus", capabilities=capabilities)
        for n in range(20_000)
    ]
    arm = azure_arm.Arm(entries, page_size=5000)
    with Server([Fake("azure-arm", arm.answer)]) as server:
        _bare(server)  # renders the pages
        bare_s = min(_timed(lambda: _bare(server)) for _ in range(3))
        ask = ask_for(server, tmp_path, scope="all")
        ours_s = min(_timed(lambda: pulled(azure_skus, ask)) for _ in range(3))
        (partition,) = pulled(azure_skus, ask)
    assert partition.rows.num_rows == 20_000
    assert ours_s < 3 * bare_s, f"{ours_s:.2f} s against {bare_s:.2f} s"


def _timed(work: Callable[[], object]) -> float:
    started = time.monotonic()
    work()
    return time.monotonic() - started


def _bare(server: Server) -> None:
    """Get and decode all pages with requests and json alone."""
    url = f"{server.url('azure-arm')}{azure_arm.PATH}?api-version=2021-07-01"
    while url:
        answer = requests.get(url, headers={"Authorization": f"Bearer {azure_arm.TOKEN}"}, timeout=60)
        url = json.loads(answer.content).get("nextLink", "")
