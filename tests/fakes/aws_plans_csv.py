"""The regional Compute savings plan CSV: unquoted, 24 columns, rates for every kind of usage."""

from __future__ import annotations

from collections.abc import Iterator

from tests.fakes.aws_ec2_csv import DISCLAIMER
from tests.fakes.aws_world import PLACES, World, moment, share, sku_of

COLUMNS = (
    "SKU,RateCode,Unit,EffectiveDate,DiscountedRate,Currency,DiscountedSKU,DiscountedServiceCode,DiscountedUsageType,"
    "DiscountedOperation,PurchaseOption,LeaseContractLength,LeaseContractLengthUnit,ServiceCode,UsageType,Operation,"
    "Description,Instance Family,Location,Location Type,Granularity,Product Family,DiscountedRegionCode,"
    "DiscountedInstanceType"
)
# SKU of the plan, family, years, payment, share of on-demand (synthetic; 43.16 of 55.04 is in the samples)
PLANS = (
    ("BB7BKBSC6NZW7P5B", "ComputeSavingsPlans", 1, "No Upfront", "0.784156977"),
    ("SYNTHCOMPUTE1YPU", "ComputeSavingsPlans", 1, "Partial Upfront", "0.76"),
    ("8GU23DFTKP2N43SD", "ComputeSavingsPlans", 1, "All Upfront", "0.733829942"),
    ("SYNTHCOMPUTE3YNU", "ComputeSavingsPlans", 3, "No Upfront", "0.56"),
    ("SYNTHCOMPUTE3YAU", "ComputeSavingsPlans", 3, "All Upfront", "0.51"),
    ("SYNTHEC2SP1YRNU1", "EC2InstanceSavingsPlans", 1, "No Upfront", "0.70"),
    ("SYNTHEC2SP3YRPU1", "EC2InstanceSavingsPlans", 3, "Partial Upfront", "0.45003634"),
)
# variant of aws_ec2_csv, usage, operation: those that are not the plain Linux box must not leak
USES = (
    ("linux", "BoxUsage", "RunInstances"),
    ("windows", "BoxUsage", "RunInstances:0002"),
    ("dedicated", "DedicatedUsage", "RunInstances"),
    ("unused reservation", "UnusedBox", "RunInstances"),
)


def plans_csv(world: World, region: str) -> str:
    """The whole file."""
    version = world.plans_version
    head = [
        "FormatVersion,v1.0",
        f"Disclaimer,{DISCLAIMER}",
        f"Publication Date,{moment(version)}",
        f"Version,{version}",
        "OfferCode,AmazonComputeSavingsPlan",
    ]
    return "\n".join([*head, COLUMNS, *plan_lines(world, region)]) + "\n"


def plan_lines(world: World, region: str) -> Iterator[str]:
    place = PLACES[region]
    for plan, family, years, payment, ratio in PLANS:
        for sku, price in world.on_demand[region].items():
            for variant, usage, operation in USES:
                discounted = sku_of(region, sku, variant)
                row = {
                    "SKU": plan,
                    "RateCode": f"{plan}.{discounted}",
                    "Unit": "Hrs",
                    "EffectiveDate": "2026-06-23T21:58:42Z",
                    "DiscountedRate": share(price, ratio, "0.0001").rstrip("0"),
                    "Currency": "USD",
                    "DiscountedSKU": discounted,
                    "DiscountedServiceCode": "AmazonEC2",
                    "DiscountedUsageType": f"{place.prefix}{usage}:{sku}",
                    "DiscountedOperation": operation,
                    "PurchaseOption": payment,
                    "LeaseContractLength": str(years),
                    "LeaseContractLengthUnit": "year",
                    "ServiceCode": "ComputeSavingsPlans",
                    "Location Type": place.location_type,
                    "Granularity": "hourly",
                    "Product Family": family,
                    "DiscountedRegionCode": region,
                    "DiscountedInstanceType": sku,
                }
                yield ",".join(row.get(c, "") for c in COLUMNS.split(","))
        yield (
            f"{plan},{plan}.FARGATE,vCPU-Hours,,0.03,USD,FARGATE,AmazonECS,Fargate-vCPU-Hours,,{payment},{years},year"
            f",ComputeSavingsPlans,,,,,,,hourly,{family},{region},"
        )
