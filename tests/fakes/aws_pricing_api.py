"""The signed price APIs: GetProducts (JSON 1.1, paged) and DescribeSavingsPlansOfferingRates (REST)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.aws_ec2_csv import VARIANTS, product_row, variant_rows
from tests.fakes.aws_plans_csv import PLANS
from tests.fakes.aws_world import World, share
from tests.fakes.server import NOT_FOUND, Fake, Reply, Request

# CSV column -> name in the Query API
NAMES = {
    "Location Type": "locationType",
    "Instance Type": "instanceType",
    "Tenancy": "tenancy",
    "Operating System": "operatingSystem",
    "License Model": "licenseModel",
    "usageType": "usagetype",
    "operation": "operation",
    "CapacityStatus": "capacitystatus",
    "MarketOption": "marketoption",
    "Pre Installed S/W": "preInstalledSw",
    "Region Code": "regionCode",
}
PAGE = 3
PLAN_TYPES = {"ComputeSavingsPlans": "Compute", "EC2InstanceSavingsPlans": "EC2Instance"}


def fake(world: World | None = None) -> Fake:
    api = PricingApi(world or World())
    settings = {"AWS_ENDPOINT_URL_PRICING": "/pricing", "AWS_ENDPOINT_URL_SAVINGSPLANS": "/savingsplans"}
    return Fake("aws-pricing-api", api, settings)


@dataclass
class PricingApi:
    """`errors` are codes that the next GetProducts calls with a token, or any call, get first."""

    world: World
    errors: list[str] = field(default_factory=list)
    expire_tokens: int = 0

    def __call__(self, request: Request) -> Reply:
        target = request.headers.get("x-amz-target", "")
        if target == "AWSPriceListService.GetProducts":
            return self.get_products(request.json())
        if request.path.endswith("/DescribeSavingsPlansOfferingRates"):
            return self.plan_rates(request.json())
        return NOT_FOUND

    def get_products(self, asked: dict[str, Any]) -> Reply:
        if self.errors:
            return refused(self.errors.pop(0))
        if asked.get("NextToken") and self.expire_tokens:
            self.expire_tokens -= 1
            return refused("ExpiredNextTokenException")
        wanted = {f["Field"]: f["Value"] for f in asked["Filters"]}
        found = [p for p in self.products() if wanted.items() <= p["product"]["attributes"].items()]
        start = int(asked.get("NextToken") or 0)
        page: dict[str, Any] = {"FormatVersion": "aws_v1", "PriceList": [json.dumps(p) for p in found[start:][:PAGE]]}
        if start + PAGE < len(found):
            page["NextToken"] = str(start + PAGE)
        return Reply(json.dumps(page).encode(), content_type="application/x-amz-json-1.1")

    def products(self) -> Iterator[dict[str, Any]]:
        for region in self.world.regions():
            for sku, price in self.world.on_demand[region].items():
                for variant in VARIANTS:
                    yield self.product(region, sku, price, variant)

    def product(self, region: str, sku: str, price: str, variant: str) -> dict[str, Any]:
        row = product_row(region, sku, variant)
        listed = next(variant_rows(region, sku, price, variant))
        key = f"{row['SKU']}.JRTCKXETXF"
        dimension = {"unit": "Hrs", "rateCode": listed["RateCode"], "pricePerUnit": {"USD": listed["PricePerUnit"]}}
        attributes = {name: row[column] for column, name in NAMES.items() if row[column]}
        return {
            "product": {"sku": row["SKU"], "productFamily": row["Product Family"], "attributes": attributes},
            "serviceCode": "AmazonEC2",
            "terms": {"OnDemand": {key: {"priceDimensions": {listed["RateCode"]: dimension}}}},
            "version": self.world.version,
            "publicationDate": self.world.published_at,
        }

    def plan_rates(self, asked: dict[str, Any]) -> Reply:
        filters = {f["name"]: f["values"] for f in asked["filters"]}
        found = list(self.rates(filters["region"][0], filters["instanceType"]))
        start = int(asked.get("nextToken") or 0)
        token = str(start + PAGE) if start + PAGE < len(found) else ""
        return Reply.of_json({"searchResults": found[start:][:PAGE], "nextToken": token})

    def rates(self, region: str, skus: list[str]) -> Iterator[dict[str, Any]]:
        for plan, family, years, payment, ratio in PLANS:
            offering = {
                "offeringId": plan,
                "paymentOption": payment,
                "planType": PLAN_TYPES[family],
                "durationSeconds": years * 31_536_000,
                "currency": "USD",
            }
            for sku in sorted(set(skus) & self.world.on_demand[region].keys()):
                for usage in ("BoxUsage", "UnusedBox"):
                    yield {
                        "savingsPlanOffering": offering,
                        "rate": share(self.world.on_demand[region][sku], ratio, "0.0001").rstrip("0"),
                        "unit": "Hrs",
                        "productType": "EC2",
                        "serviceCode": "AmazonEC2",
                        "usageType": f"{usage}:{sku}",
                        "operation": "RunInstances",
                        "properties": [{"name": "region", "value": region}, {"name": "instanceType", "value": sku}],
                    }


def refused(code: str) -> Reply:
    body = json.dumps({"__type": f"com.amazonaws.pricing#{code}", "message": "as the fake was told"})
    return Reply(body.encode(), 400, "application/x-amz-json-1.1")
