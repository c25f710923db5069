"""How often AWS interrupts spot instances: a risk label per region and type, never a price.

Republished every few months. Its savings are relative to the prices of that day and are not read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from connectors.ask import Ask, connector
from connectors.drift import Rows, reading
from connectors.records import InstanceSpec, Partition, Rejected

KIND = "interruption"
BANDS = range(5)  # interrupted in a month: 0 below 5 %, 1 to 10 %, 2 to 15 %, 3 to 20 %, 4 above


@connector(
    "aws_spot_advisor",
    record=InstanceSpec,
    setting="AWS_SPOT_ADVISOR_URL",
    url="https://spot-bid-advisor.s3.amazonaws.com",
    licence="public, undocumented",
)
def aws_spot_advisor(ask: Ask, region: str) -> Iterator[Partition]:
    """One partition: interruption bands of Linux pools in all regions."""
    answer = ask.web.get(f"{ask.url}/spot-advisor-data.json")
    ask.keep("spot-advisor-data.json", answer)
    with reading(answer.url):
        yield advisor_partition(ask, region, answer.json()["spot_advisor"], answer.url, answer.header("ETag"))


def advisor_partition(
    ask: Ask, part: str, advice: Mapping[str, Mapping[str, Any]], url: str, version: str
) -> Partition:
    """Bands of the types asked."""
    dropped: Counter[str] = Counter()
    rejected: list[Rejected] = []
    rows: list[InstanceSpec] = []
    regions, pools = Rows(url, rejected), Rows(url, rejected)
    for region, systems in sorted(advice.items()):
        linux: Mapping[str, Any] = {}
        with regions.reading(systems, region):
            linux = dict(sorted(systems["Linux"].items()))
        for sku, found in linux.items():
            with pools.reading(found, f"{region}/{sku}"):
                if ask.scope == "accelerated" and sku not in ask.skus.get("aws", ()):
                    dropped["not accelerated"] += 1
                elif found["r"] not in BANDS:
                    rejected.append(Rejected.of(f"{region}/{sku}", "unknown interruption band", found))
                else:
                    rows.append(_record(region, sku, int(found["r"]), url))
    regions.check()
    pools.check()
    return Partition.of(
        InstanceSpec,
        rows,
        region=part,
        kind=KIND,
        rejected=rejected,
        dropped=dropped,
        source_url=url,
        source_version=version,
    )


def _record(region: str, sku: str, band: int, url: str) -> InstanceSpec:
    return InstanceSpec(
        provider="aws",
        region=region,
        sku=sku,
        vcpu=None,
        memory_gib=None,
        accelerator_name=None,
        accelerators=None,
        accelerator_memory_gib=None,
        zones="",
        available=True,
        unavailable_reason=None,
        interruption_band=band,
        source_url=url,
        source_key=f"{region}/Linux/{sku}",
    )
