"""Azure Resource SKUs: what a size is, in which zones it stands, and whether this subscription may have it.

Needs an Azure subscription and is optional: prices are complete without it. What is absent here is
not visible to the subscription, which does not mean that it does not exist.
"""

from __future__ import annotations

import csv
import json
import math
import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from connectors.address import check_address, host_of, is_loopback
from connectors.ask import Ask, connector
from connectors.drift import Rows, reading, text, told
from connectors.errors import MissingCredentials, SchemaDrift, SourceUnavailable
from connectors.records import InstanceSpec, Partition, Rejected

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential
    from azure.mgmt.compute import ComputeManagementClient

URL = "https://management.azure.com"
API_VERSION = "2021-07-01"
SUBSCRIPTION = "AZURE_SUBSCRIPTION_ID"
# What each kind of credential reads from the environment, in the order they are tried.
SECRET = ("AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET")
CERTIFICATE = ("AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_CERTIFICATE_PATH")
WORKLOAD = ("AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_FEDERATED_TOKEN_FILE")
# The token's audience is not the address in every cloud.
SCOPES = {"management.usgovcloudapi.net": "https://management.core.usgovcloudapi.net/.default"}
PUBLIC_SCOPE = "https://management.azure.com/.default"
PAGES_MAX = 500
KIND = "spec"

Sku = Mapping[str, Any]


@connector(
    "azure_skus",
    record=InstanceSpec,
    setting="AZURE_ARM_URL",
    url=URL,
    licence="Microsoft, Azure Resource Manager (own subscription)",
)
def azure_skus(ask: Ask, region: str) -> Iterator[Partition]:
    """One partition per region that the subscription sees.

    Raises:
        MissingCredentials: no subscription or no credential in the environment; the source is skipped.
        SourceUnavailable: Azure refuses or does not answer.
    """
    subscription, credential = os.environ.get(SUBSCRIPTION, ""), credential_of_environment()
    if not subscription or credential is None:
        raise MissingCredentials(f"azure_skus: optional, skipped; set {SUBSCRIPTION} and {', '.join(SECRET)} to use it")
    if ask.web.offline or ask.web.probe([ask.url]):
        raise SourceUnavailable(f"{ask.url}: no connection")
    yield from read_skus(ask, region, list_skus(ask.url, subscription, credential))


def credential_of_environment() -> TokenCredential | None:
    """The credential that AZURE_* variables describe; no probing of metadata services or browsers."""
    from azure.identity import EnvironmentCredential, WorkloadIdentityCredential  # noqa: PLC0415 0.2 s, only if used

    if any(all(os.environ.get(name) for name in names) for names in (SECRET, CERTIFICATE)):
        return EnvironmentCredential()
    if all(os.environ.get(name) for name in WORKLOAD):
        return WorkloadIdentityCredential()
    return None


def list_skus(base: str, subscription: str, credential: TokenCredential) -> Iterator[Sku]:
    """Every SKU of every region, page by page.

    The client's raw requests keep its authentication, retries and throttling; its model objects would
    cost 15 times as much.

    Raises:
        SourceUnavailable: the credential is refused, or no answer after the client's retries.
        SchemaDrift: a page without ``value``.
    """
    from azure.core.exceptions import AzureError  # noqa: PLC0415 0.3 s, only if used
    from azure.core.rest import HttpRequest  # noqa: PLC0415 as above

    path = f"/subscriptions/{subscription}/providers/Microsoft.Compute/skus?api-version={API_VERSION}"
    url = check_address(base) + path
    _, host, _ = host_of(base)
    with _client(base, subscription, credential) as client:
        for _ in range(PAGES_MAX):
            try:
                response = client.send_request(HttpRequest("GET", url), enforce_https=not is_loopback(host))
                response.raise_for_status()
            except AzureError as error:
                why = " ".join(str(error).split())[:200]
                raise SourceUnavailable(f"{base}: {why}; Reader on the subscription is needed") from error
            with reading(base):
                page = json.loads(response.content)
            if not isinstance(page, dict) or not isinstance(page.get("value"), list):
                raise SchemaDrift(f"{base}: expected a page of SKUs with value")
            yield from page["value"]
            url = page.get("nextLink") or ""
            if not url:
                return
            check_address(url, same_as=base)
    raise SchemaDrift(f"{base}: more than {PAGES_MAX} pages")


def _client(base: str, subscription: str, credential: TokenCredential) -> ComputeManagementClient:
    from azure.mgmt.compute import ComputeManagementClient  # noqa: PLC0415 0.3 s, only if used

    scope = SCOPES.get(host_of(base)[1], PUBLIC_SCOPE)
    return ComputeManagementClient(
        credential,
        subscription,
        base_url=base,
        credential_scopes=[scope],
        retry_total=4,
        retry_backoff_max=30,
        connection_timeout=4,
        read_timeout=60,
    )


def read_skus(ask: Ask, part: str, skus: Iterable[Sku]) -> Iterator[Partition]:
    """Virtual machine sizes by region; a GPU count that is not ours is an alert, what cannot be read is of `part`."""
    ours = gpus_by_size(Path(ask.options["seeds"]) / "node_type.csv") if "seeds" in ask.options else {}
    wanted = ask.skus.get("azure", frozenset()) if ask.scope == "accelerated" else frozenset()
    rows: dict[str, list[InstanceSpec]] = defaultdict(list)
    rejected: dict[str, list[Rejected]] = defaultdict(list)
    dropped: Counter[str] = Counter()
    reader = Rows(ask.url)
    for sku in skus:
        with reader.reading(sku, told(sku, "name")):
            if sku["resourceType"] != "virtualMachines":
                dropped[f"resource type {sku['resourceType']}"] += 1
                continue
            if wanted and sku["name"] not in wanted:
                dropped["out of scope"] += 1
                continue
            size = Size.of(sku)
            for spec in [size.spec(region, ask.url) for region in size.regions]:
                rows[spec.region].append(spec)
                if size.gpus is not None and spec.sku in ours and size.gpus != ours[spec.sku]:
                    reason = f"alert: GPUs says {size.gpus:g}, node_type.csv {ours[spec.sku]}"
                    rejected[spec.region].append(
                        Rejected.of(f"{spec.region}/{spec.sku}", reason, {"family": size.family})
                    )
    reader.check()
    if reader.rejected:
        yield Partition.of(InstanceSpec, (), region=part, kind=KIND, rejected=reader.rejected, source_url=ask.url)
    for name in sorted(rows):
        specs = sorted(rows[name], key=lambda s: s.sku)
        yield Partition.of(
            InstanceSpec,
            specs,
            region=name,
            kind=KIND,
            rejected=rejected[name],
            dropped=dropped,
            source_url=ask.url,
            source_version=API_VERSION,
            as_of=ask.day,
        )


def gpus_by_size(path: Path) -> dict[str, int]:
    """Devices that a size shows, from our own table: Azure rounds a fraction up to one."""
    with path.open(encoding="utf-8", newline="") as file:
        return {
            row["sku"]: math.ceil(float(row["accelerators"]) * float(row["accelerator_fraction"]))
            for row in csv.DictReader(file)
            if row["provider"] == "azure"
        }


@dataclass(frozen=True)
class Size:
    """One entry of the list, its capabilities as text."""

    name: str
    family: str
    capabilities: Mapping[str, str]
    regions: Sequence[str]
    zones: Mapping[str, Sequence[str]]  # by region
    restrictions: Sequence[Mapping[str, Any]]

    @classmethod
    def of(cls, sku: Sku) -> Size:
        """Read an entry; a missing list is an empty one.

        Raises:
            LookupError, TypeError, ValueError, AttributeError: it cannot be read.
        """
        if not isinstance(sku["locations"], list):
            raise TypeError(f"a list of locations expected, got {sku['locations']!r:.80}")
        return cls(
            text(sku["name"]),
            "".join(sku.get("family", "").split()).lower(),  # "Standard NDASv4_A100 Family" is written both ways
            {c["name"]: c["value"] for c in sku.get("capabilities", ())},
            [text(location).lower() for location in sku["locations"]],
            {i["location"].lower(): sorted(i.get("zones") or ()) for i in sku.get("locationInfo", ())},
            sku.get("restrictions") or (),
        )

    @property
    def gpus(self) -> float | None:
        """The ``GPUs`` capability; absent for some sizes that have them."""
        return self._number("GPUs")

    def spec(self, region: str, source_url: str) -> InstanceSpec:
        """The size in one region."""
        reason, shut = self._restricted(region)
        zones = [zone for zone in self.zones.get(region, ()) if zone not in shut]
        if not reason and shut and not zones:
            reason = "every zone is restricted"
        return InstanceSpec(
            provider="azure",
            region=region,
            sku=self.name,
            vcpu=self._number("vCPUsAvailable") or self._number("vCPUs"),
            memory_gib=self._number("MemoryGB"),  # GiB in spite of its name
            accelerator_name=self.family if self.gpus else None,
            accelerators=self.gpus,
            accelerator_memory_gib=None,
            zones=",".join(zones),
            available=not reason,
            unavailable_reason=reason or None,
            interruption_band=None,
            source_url=source_url,
            source_key=f"{self.name}/{region}",
        )

    def _restricted(self, region: str) -> tuple[str, set[str]]:
        """Why the region is closed to this subscription ("" if it is open), and its closed zones."""
        reason, zones = "", set[str]()
        for restriction in self.restrictions:
            info = restriction.get("restrictionInfo") or {}
            if region not in {name.lower() for name in info.get("locations") or restriction.get("values") or ()}:
                continue
            if restriction["type"] == "Location":
                reason = restriction.get("reasonCode") or "restricted"
            else:
                zones |= set(info.get("zones") or ())
        return reason, zones

    def _number(self, name: str) -> float | None:
        value = self.capabilities.get(name)
        number = None if value is None else float(value)
        if number is not None and not math.isfinite(number):
            raise ValueError(f"{name} is {value}")
        return number
