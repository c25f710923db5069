"""AWS EC2 list prices of one region from the public price list: on-demand, reserved, gp3 disks.

One CSV of 200-450 MB per region, no credentials. DuckDB reads it once: each row is classified as
wanted or dropped with a reason, and the few wanted ones are typed and folded.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from connectors.ask import Ask, connector
from connectors.aws_offer_csv import OfferCsv, classify, consumed, know_accelerated, unmet
from connectors.aws_offers import (
    LOCATION_TYPES,
    Offer,
    OfferFile,
    fetch_csv,
    parent_region,
    region_file,
    region_files,
    unchanged,
)
from connectors.duck import judged, literal, literals, reader
from connectors.in_turn import in_turn
from connectors.records import InstancePrice, Partition, Record, ServicePrice

OFFER = Offer("AmazonEC2")
# One Linux server on shared hardware; everything else is another product at another price.
FILTERS = {
    "Product Family": ("Compute Instance", "Compute Instance (bare metal)"),
    "Location Type": tuple(LOCATION_TYPES),
    "Tenancy": ("Shared",),
    "Operating System": ("Linux",),
    "Pre Installed S/W": ("NA",),
    "License Model": ("No License required",),
    "CapacityStatus": ("Used",),  # allocated reservations are listed at $0, unused ones twice
    "MarketOption": ("OnDemand", ""),  # capacity blocks are listed at $0; older files lack the column
    "operation": ("RunInstances",),
    "TermType": ("OnDemand", "Reserved"),
}
GP3 = ("EBS:VolumeUsage.gp3", "EBS:VolumeP-IOPS.gp3", "EBS:VolumeP-Throughput.gp3")  # usage type suffixes
# A file of a small zone may lack these: it sells no terms, no GPU.
OPTIONAL = ("MarketOption", "GPU", "LeaseContractLength", "PurchaseOption", "OfferingClass")
NEEDED = (
    *(c for c in FILTERS if c not in OPTIONAL),
    *("SKU", "OfferTermCode", "RateCode", "Unit", "PricePerUnit", "Currency", "StartingRange"),
    *("Instance Type", "usageType", "Region Code"),
)
KINDS: dict[str, type[Record]] = {"on_demand": InstancePrice, "reserved": InstancePrice, "block_storage": ServicePrice}

LOCATION_TYPE = (
    'case "Location Type" '
    + " ".join(f"when {literal(theirs)} then {literal(ours)}" for theirs, ours in LOCATION_TYPES.items())
    + " end as location_type"
)
IS_COMPUTE = f'"Product Family" in ({literals(FILTERS["Product Family"])})'
ON_DEMAND = f"""
create temp table on_demand as
select
    {LOCATION_TYPE}, "Instance Type" as sku, 'on_demand' as purchase_option, "Currency" as currency,
    price as price_per_hour, cast(null as decimal(18, 10)) as list_per_hour,
    cast(null as decimal(18, 10)) as upfront, cast(null as integer) as term_hours, "RateCode" as source_key,
    case
        when "Unit" is distinct from 'Hrs' then 'unit is not Hrs'
        when price is null then 'unreadable price'
        when price <= 0 then 'price is not above 0'
    end as problem
from offer where {IS_COMPUTE} and "TermType" = 'OnDemand'
"""
# The upfront fee is spread over the term; an hourly rate of $0 is half of an all-upfront term.
RESERVED = f"""
create temp table reserved as
with folded as (
    select
        {LOCATION_TYPE}, "Instance Type" as sku, "Currency" as currency, "SKU" || '.' || "OfferTermCode" as source_key,
        -- of more years than a smallint holds: none, for the hours would overflow
        8760::integer * try_cast(regexp_extract("LeaseContractLength", '\\d+') as smallint) as term_hours,
        lower(replace("PurchaseOption", ' ', '_')) as payment, "OfferingClass" as class,
        min(price) filter ("Unit" = 'Hrs') as list_per_hour, min(price) filter ("Unit" = 'Quantity') as upfront,
        -- a row may be listed twice; another price for the same part of a term is no second part
        max(price) filter ("Unit" = 'Hrs') > list_per_hour or max(price) filter ("Unit" = 'Quantity') > upfront
            as contradicted,
        count(*) filter (price is null) as unreadable
    from offer where {IS_COMPUTE} and "TermType" = 'Reserved' group by all
)
select
    location_type, sku,
    'reserved_' || term_hours // 8760 || 'y_' || payment || if(class = 'convertible', '_convertible', '')
        as purchase_option,
    currency, list_per_hour + spread(coalesce(upfront, 0), term_hours) as price_per_hour,
    list_per_hour, upfront, term_hours, source_key,
    case
        when term_hours is null then 'unreadable term'
        when payment not in ('no_upfront', 'partial_upfront', 'all_upfront') then 'unknown payment option'
        when class not in ('standard', 'convertible') then 'unknown offering class'
        when unreadable > 0 then 'unreadable price'
        when contradicted then 'conflict'
        when list_per_hour is null then 'hourly rate is missing'
        when (upfront is null) <> (payment = 'no_upfront') then 'upfront fee does not fit the payment option'
        when list_per_hour + coalesce(upfront, 0) <= 0 then 'price is not above 0'
    end as problem
from folded
"""
# listed unit (some regions spell it otherwise) -> our unit, and how many of ours it holds
BLOCK_STORAGE = f"""
create temp table block_storage as
with units(listed, unit, holds) as (
    values ('gb-mo', 'GB-month', 1), ('gb-month', 'GB-month', 1), ('iops-mo', 'IOPS-month', 1),
        ('gibps-mo', 'MiB/s-month', 1024), ('mibps-mo', 'MiB/s-month', 1)
)
select
    units.unit, try_cast("StartingRange" as double) as tier_start, "Currency" as currency,
    spread(price, coalesce(holds, 1)) as price, "RateCode" as source_key,
    case
        when units.unit is null then 'unknown unit'
        when price is null then 'unreadable price'
        when price <= 0 then 'price is not above 0'
        when tier_start is null then 'unreadable tier'
    end as problem
from offer left join units on lower(offer."Unit") = listed where not {IS_COMPUTE} and "TermType" = 'OnDemand'
"""


def plan(ask: Ask) -> Sequence[str]:
    """Regions of the setting that AWS lists; a zone's pseudo-region is a part of its own."""
    return [f.region for f in region_files(ask, OFFER)]


@connector(
    "aws_prices",
    record=(InstancePrice, ServicePrice),
    setting="AWS_PRICE_LIST_URL",
    url="https://pricing.us-east-1.amazonaws.com",
    licence="AWS price list, public; see its disclaimer",
    plan=plan,
)
def aws_prices(ask: Ask, region: str) -> Iterator[Partition]:
    """On-demand, reserved and gp3 prices of one region."""
    yield from pull_file(ask, region_file(ask, OFFER, region))


def pull_file(ask: Ask, file: OfferFile) -> Iterator[Partition]:
    """Download one regional file unless it is known, and yield its price kinds."""
    got = fetch_csv(ask, OFFER.code, file, KINDS)
    if got.unchanged:
        yield from unchanged(file, KINDS, got.etag)
        return
    with consumed(got.path):
        csv = OfferCsv.of(got.path, OFFER.code, NEEDED)
        yield from in_turn(ask, lambda: list(parse(ask, file, csv, got.etag)))


def parse(ask: Ask, file: OfferFile, csv: OfferCsv, etag: str = "") -> Iterator[Partition]:
    """The partitions of one file on disk."""
    parent = parent_region(file.region)
    constants = {
        "provider": "aws",
        "operating_system": "Linux",
        "zone": "" if parent == file.region else file.region,
        "service": "block_storage",
        "product": "gp3",
        "quality": "list",
        "source_url": file.csv_url,
        "source_version": csv.version,
        "published_at": csv.published_at,
    }
    with reader(csv.path.parent) as con:
        know_accelerated(con, ask)
        dropped = classify(con, csv, NEEDED, OPTIONAL, left_out(file.region, ask.scope), price="PricePerUnit")
        for sql in (ON_DEMAND, RESERVED, BLOCK_STORAGE):
            con.execute(sql)
        for kind, record in KINDS.items():
            region = parent if record is InstancePrice else file.region
            rows, rejected = judged(con, record, kind, constants | {"region": region})
            yield Partition(
                record,
                file.region,
                kind,
                rows,
                rejected,
                dropped if kind == "on_demand" else {},  # counted once per file
                file.csv_url,
                csv.version,
                etag,
                csv.published_at.date(),
            )


def left_out(region: str, scope: str) -> list[str]:
    """SQL case branches: why a row is no price of this connector."""
    is_gp3 = " or ".join(f'"usageType" like {literal("%" + suffix)}' for suffix in GP3)
    other_region = f"""when "Region Code" is distinct from {literal(region)} then 'another region'"""
    plain = """when "Instance Type" not in (select sku from accelerated)
        and not coalesce(try_cast("GPU" as double) > 0, false) then 'not accelerated'"""
    return [other_region, f"when {is_gp3} then null", *unmet(FILTERS), *([plain] if scope == "accelerated" else [])]
