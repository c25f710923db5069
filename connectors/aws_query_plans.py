"""Savings plan rates from the API, per region: a second vote on the price list (needs credentials)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from connectors.ask import Ask, connector
from connectors.aws_offer_json import decimal
from connectors.aws_session import HOME_REGION, client, enabled_regions, listed
from connectors.drift import UNREADABLE, Rows
from connectors.records import InstancePrice, Partition, Rejected, add_once

KIND = "savings_plan"
QUANTUM = Decimal("1e-10")
SECONDS_PER_HOUR = 3600
PLANS = {"Compute": "compute", "EC2Instance": "ec2"}
# payment option -> our name, and the share paid ahead
PAYMENTS = {
    "No Upfront": ("no_upfront", Decimal(0)),
    "Partial Upfront": ("partial_upfront", Decimal("0.5")),
    "All Upfront": ("all_upfront", Decimal(1)),
}


@connector(
    "aws_query_plans",
    record=InstancePrice,
    licence="AWS price list, public; see its disclaimer",
    plan=enabled_regions,
)
def aws_query_plans(ask: Ask, region: str) -> Iterator[Partition]:
    """One partition: the rates of the accelerated types of one region."""
    api = client(ask, "savingsplans", HOME_REGION)  # one address for the world
    wanted = {
        "region": [region],
        "instanceType": sorted(ask.skus.get("aws", ())),
        "productDescription": ["Linux/UNIX"],
        "tenancy": ["shared"],
    }
    found = listed(
        api,
        "describe_savings_plans_offering_rates",
        "searchResults",
        savingsPlanTypes=list(PLANS),
        products=["EC2"],
        filters=[{"name": name, "values": values} for name, values in wanted.items()],
        maxResults=1000,
    )
    yield rates_partition(region, found, api.meta.endpoint_url)


def rates_partition(region: str, found: Iterable[Mapping[str, Any]], url: str) -> Partition:
    """The rates of plain boxes; two for one plan and type are both rejected."""
    dropped: Counter[str] = Counter()
    rejected: list[Rejected] = []
    rows: defaultdict[tuple[str, str], list[InstancePrice]] = defaultdict(list)
    reader = Rows(url, rejected)
    for rate in found:
        with reader.reading(rate, _named(rate)):
            price = decimal(rate["rate"])
            offering = rate["savingsPlanOffering"]
            if "BoxUsage:" not in rate["usageType"] or rate["operation"] != "RunInstances":
                dropped["not a plain Linux box"] += 1
            elif price is None or price <= 0 or offering["paymentOption"] not in PAYMENTS or rate["unit"] != "Hrs":
                rejected.append(Rejected.of(f"{_sku(rate)}/{rate['usageType']}", "unreadable rate", rate))
            else:
                row = _record(region, rate, price, url)
                add_once(rows[row.sku, row.purchase_option], row, dropped)
    reader.check()
    for key, clashing in rows.items():
        if len(clashing) > 1:
            rejected += [Rejected.of("/".join(key), "conflict", {"price": r.price_per_hour}) for r in clashing]
    return Partition.of(
        InstancePrice,
        [same[0] for _, same in sorted(rows.items()) if len(same) == 1],
        region=region,
        kind=KIND,
        rejected=rejected,
        dropped=dropped,
        source_url=url,
    )


def _named(rate: Mapping[str, Any]) -> str:
    """The type of a rate that may be malformed, or ""."""
    try:
        return _sku(rate)
    except UNREADABLE:
        return ""


def _sku(rate: Mapping[str, Any]) -> str:
    return str({p["name"]: p["value"] for p in rate["properties"]}["instanceType"])


def _record(region: str, rate: Mapping[str, Any], price: Decimal, url: str) -> InstancePrice:
    offering = rate["savingsPlanOffering"]
    hours = offering["durationSeconds"] // SECONDS_PER_HOUR
    payment, ahead = PAYMENTS[offering["paymentOption"]]
    return InstancePrice(
        provider="aws",
        region=region,
        zone="",
        location_type="region",
        sku=_sku(rate),
        operating_system="Linux",
        purchase_option=f"savings_{PLANS[offering['planType']]}_{hours // 8760}y_{payment}",
        currency=offering["currency"],
        price_per_hour=price,
        list_per_hour=(price * (1 - ahead)).quantize(QUANTUM),
        upfront=(price * ahead * hours).quantize(QUANTUM),
        term_hours=hours,
        quality="list",
        source_url=url,
        source_version="",
        source_key=offering["offeringId"],
        published_at=None,
    )
