"""AWS savings plan rates of one region: Compute plans (any family) and EC2 Instance plans (one family).

The listed rate is the hour's price under that plan. The payment option moves cash only: what is paid
ahead is given as ``upfront``, so that the cost of capital falls on it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from connectors.ask import Ask, connector
from connectors.aws_offer_csv import OfferCsv, classify, consumed, know_accelerated, unmet
from connectors.aws_offers import (
    Offer,
    OfferFile,
    fetch_csv,
    location_type,
    parent_region,
    region_file,
    region_files,
    unchanged,
)
from connectors.duck import judged, literal, reader
from connectors.in_turn import in_turn
from connectors.records import InstancePrice, Partition, Record

OFFER = Offer("AmazonEC2", link="currentSavingsPlanIndexUrl")
OFFER_CODE = "AmazonComputeSavingsPlan"  # as the file calls itself
# One Linux server on shared hardware, as in aws_prices; an operation with a suffix is another system.
FILTERS = {
    "DiscountedServiceCode": ("AmazonEC2",),
    "DiscountedOperation": ("RunInstances",),
    "Product Family": ("ComputeSavingsPlans", "EC2InstanceSavingsPlans"),
    "Unit": ("Hrs",),
}
BOX_USAGE = r"^([A-Z0-9]+-)?BoxUsage:"  # not DedicatedUsage, UnusedBox, Reservation
NEEDED = (
    *FILTERS,
    *("SKU", "RateCode", "DiscountedRate", "Currency", "DiscountedSKU", "DiscountedUsageType"),
    *("PurchaseOption", "LeaseContractLength", "LeaseContractLengthUnit"),
    *("DiscountedRegionCode", "DiscountedInstanceType"),
)
KINDS: dict[str, type[Record]] = {"savings_plan": InstancePrice}
# A partial upfront plan is paid half ahead.
SAVINGS_PLAN = """
create temp table savings_plan as
with payments(option, payment, ahead) as (
    values ('No Upfront', 'no_upfront', 0.0), ('Partial Upfront', 'partial_upfront', 0.5),
        ('All Upfront', 'all_upfront', 1.0)
),
plans as (
    select
        offer.*, payment, cast(ahead as decimal(2, 1)) as ahead,
        case "Product Family" when 'ComputeSavingsPlans' then 'compute' else 'ec2' end as plan,
        case when "LeaseContractLengthUnit" = 'year'
            -- of more years than a smallint holds: none, for the hours would overflow
            then 8760::integer * try_cast(regexp_extract("LeaseContractLength", '\\d+') as smallint) end as term_hours
    from offer left join payments on "PurchaseOption" = option
)
select
    "DiscountedInstanceType" as sku,
    'savings_' || plan || '_' || term_hours // 8760 || 'y_' || payment as purchase_option,
    "Currency" as currency, price as price_per_hour, cast(price * (1 - ahead) as decimal(18, 10)) as list_per_hour,
    try_cast(price * ahead * term_hours as decimal(18, 10)) as upfront, term_hours,
    "RateCode" as source_key, -- SKU of the plan . SKU of the on-demand product
    case
        when term_hours is null then 'unreadable term'
        when payment is null then 'unknown payment option'
        when price is null then 'unreadable price'
        when price <= 0 then 'price is not above 0'
    end as problem
from plans
"""


def plan(ask: Ask) -> Sequence[str]:
    """Regions of the setting for which AWS lists savings plans."""
    return [f.region for f in region_files(ask, OFFER)]


@connector(
    "aws_savings_plans",
    record=InstancePrice,
    setting="AWS_PRICE_LIST_URL",
    url="https://pricing.us-east-1.amazonaws.com",
    licence="AWS price list, public; see its disclaimer",
    plan=plan,
)
def aws_savings_plans(ask: Ask, region: str) -> Iterator[Partition]:
    """Rates of both plan types, 1 and 3 years, three payment options."""
    file = region_file(ask, OFFER, region)
    got = fetch_csv(ask, OFFER_CODE, file, KINDS)
    if got.unchanged:
        yield from unchanged(file, KINDS, got.etag)
        return
    with consumed(got.path):
        csv = OfferCsv.of(got.path, OFFER_CODE, NEEDED)
        yield in_turn(ask, lambda: parse(ask, file, csv, got.etag))


def parse(ask: Ask, file: OfferFile, csv: OfferCsv, etag: str = "") -> Partition:
    """The partition of one file on disk."""
    parent = parent_region(file.region)
    constants = {
        "provider": "aws",
        "region": parent,
        "zone": "" if parent == file.region else file.region,
        "location_type": location_type(file.region),
        "operating_system": "Linux",
        "quality": "list",
        "source_url": file.csv_url,
        "source_version": csv.version,
        "published_at": csv.published_at,
    }
    with reader(csv.path.parent) as con:
        know_accelerated(con, ask)
        dropped = classify(con, csv, NEEDED, (), left_out(file.region, ask.scope), price="DiscountedRate")
        con.execute(SAVINGS_PLAN)
        rows, rejected = judged(con, InstancePrice, "savings_plan", constants)
    as_of = csv.published_at.date()
    return Partition(
        InstancePrice, file.region, "savings_plan", rows, rejected, dropped, file.csv_url, csv.version, etag, as_of
    )


def left_out(region: str, scope: str) -> list[str]:
    """SQL case branches: why a row is no price of this connector."""
    plain = """when "DiscountedInstanceType" not in (select sku from accelerated) then 'not accelerated'"""
    return [
        f"""when "DiscountedRegionCode" is distinct from {literal(region)} then 'another region'""",
        *unmet(FILTERS),
        f"""when not regexp_matches("DiscountedUsageType", {literal(BOX_USAGE)}) then 'not on shared hardware'""",
        *([plain] if scope == "accelerated" else []),
    ]
