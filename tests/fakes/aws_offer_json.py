"""Small regional offers as JSON: data transfer, S3, Bedrock, with the rows that must not be read.

Real: egress tiers of eu-west-1 (2026-10), Qwen3-32B and gpt-oss-20b token prices (2026-07). The rest is
synthetic.
"""

from __future__ import annotations

import hashlib
from typing import Any, NamedTuple

from tests.fakes.aws_world import PLACES, World


class Product(NamedTuple):
    """A product and its tiers: (begin, unit, price)."""

    family: str
    attributes: dict[str, str]
    tiers: tuple[tuple[str, str, str], ...]


EGRESS_TIERS = (
    ("0", "GB", "0.0900000000"),
    ("10240", "GB", "0.0850000000"),
    ("51200", "GB", "0.0700000000"),
    ("153600", "GB", "0.0500000000"),
)


def data_transfer(region: str) -> list[Product]:
    place = PLACES[region]
    out = {
        "transferType": "AWS Outbound",
        "fromLocation": place.location,
        "fromLocationType": "AWS Region",
        "toLocation": "External",
        "usagetype": f"{place.prefix}DataTransfer-Out-Bytes",
        "fromRegionCode": region,
    }
    between = {"transferType": "InterRegion Outbound", "toLocation": "US East (Ohio)", "usagetype": "AWS-Out-Bytes"}
    access_point = {"transferType": "InterRegion Outbound", "usagetype": f"{place.prefix}MRAP-Out-Bytes"}
    everywhere = {"fromLocation": "Global", "fromLocationType": "Other", "usagetype": "Global-DataTransfer-Out-Bytes"}
    return [
        Product("Data Transfer", out, EGRESS_TIERS),
        Product("Data Transfer", out | between, (("0", "GB", "0.0200000000"),)),
        Product("Data Transfer", out | access_point, (("0", "GB", "0.0033000000"),)),
        Product("Data Transfer", out | everywhere, (("0", "GB", "0.0000000000"),)),
    ]


def s3(region: str) -> list[Product]:
    standard = {
        "volumeType": "Standard",
        "locationType": "AWS Region",
        "usagetype": f"{PLACES[region].prefix}TimedStorage-ByteHrs",
    }
    tiers = (("0", "GB-Mo", "0.0230000000"), ("51200", "GB-Mo", "0.0220000000"), ("512000", "GB-Mo", "0.0210000000"))
    glacier = standard | {"volumeType": "Amazon Glacier", "usagetype": "TimedStorage-GlacierByteHrs"}
    requests = {"group": "S3-API-Tier1", "usagetype": "Requests-Tier1"}
    return [
        Product("Storage", standard, tiers),
        Product("Storage", glacier, (("0", "GB-Mo", "0.0036000000"),)),
        Product("API Request", requests, (("0", "Requests", "0.0000050000"),)),
    ]


# usage type without region prefix -> price per 1K tokens
BEDROCK = {
    "Qwen3-32B-input-tokens": "0.0001500000",
    "Qwen3-32B-output-tokens": "0.0006000000",
    "Qwen3-32B-input-tokens-batch": "0.0000750000",
    "Qwen3-32B-output-tokens-batch": "0.0003000000",
    "Qwen3-32B-input-tokens-flex": "0.0000750000",
    "Qwen3-32B-output-tokens-priority": "0.0010500000",
    "qwen.qwen3-32b-mantle-input-tokens-standard": "0.0001500000",
    "qwen.qwen3-32b-mantle-output-tokens-standard": "0.0006000000",
    "NovaPro-input-tokens": "0.0008000000",
    "NovaPro-output-tokens": "0.0032000000",
    "NovaPro-cache-read-input-token-count": "0.0002000000",
    "NovaPro-input-tokens-cross-region-global": "0.0007000000",
    "TitanEmbedV2-input-tokens": "0.0000200000",
    "NovaCanvas-T2I-1024-Standard": "0.0400000000",
}
# usage type between the region and "-Units" -> price per 1M tokens, of Claude Haiku 4.5
MARKETPLACE = {
    "InputTokenCount": "1.1000000000",
    "OutputTokenCount": "5.5000000000",
    "CacheReadInputTokenCount": "0.1100000000",
    "CacheWriteInputTokenCount": "1.3750000000",
    "InputTokenCount_Batch": "0.5500000000",
    "OutputTokenCount_Batch": "2.7500000000",
    "InputTokenCount_Global": "1.0000000000",
    "Reserved_1Month_InputTPM_Geo": "40.0000000000",
}


def bedrock(region: str) -> list[Product]:
    prefix = PLACES[region].prefix or "USE1-"
    return [
        Product("Amazon Bedrock", {"usagetype": prefix + usage}, (("0", "1K tokens", price),))
        for usage, price in BEDROCK.items()
    ]


def bedrock_marketplace(region: str) -> list[Product]:
    place = (PLACES[region].prefix or "USE1-").rstrip("-")
    name = {"servicename": "Claude Haiku 4.5 (Amazon Bedrock Edition)"}
    return [
        Product("", name | {"usagetype": f"{place}-MP:{place}_{usage}-Units"}, (("0", "1M tokens", price),))
        for usage, price in MARKETPLACE.items()
    ]


OFFERS = {
    "AWSDataTransfer": data_transfer,
    "AmazonS3": s3,
    "AmazonBedrock": bedrock,
    "AmazonBedrockFoundationModels": bedrock_marketplace,
}


def document(offer: str, world: World, region: str) -> dict[str, Any]:
    """The regional file of one offer."""
    return offer_document(offer, world, OFFERS[offer](region))


def offer_document(offer: str, world: World, products: list[Product]) -> dict[str, Any]:
    listed, terms = {}, {}
    for product in products:
        usage = product.attributes["usagetype"] + product.attributes.get("transferType", "")
        sku = "SYNTH" + hashlib.sha256(f"{offer}{usage}{product.tiers}".encode()).hexdigest()[:11].upper()
        listed[sku] = {"sku": sku, "productFamily": product.family, "attributes": product.attributes}
        key = f"{sku}.JRTCKXETXF"
        terms[sku] = {key: {"offerTermCode": "JRTCKXETXF", "sku": sku, "priceDimensions": dimensions(key, product)}}
    return {
        "formatVersion": "v1.0",
        "offerCode": offer,
        "version": world.version,
        "publicationDate": world.published_at,
        "products": listed,
        "terms": {"OnDemand": terms},
    }


def dimensions(key: str, product: Product) -> dict[str, Any]:
    ends = [*(begin for begin, _, _ in product.tiers[1:]), "Inf"]
    return {
        f"{key}.T{n}": {
            "rateCode": f"{key}.T{n}",
            "beginRange": begin,
            "endRange": end,
            "unit": unit,
            "pricePerUnit": {"USD": price},
            "appliesTo": [],
        }
        for n, ((begin, unit, price), end) in enumerate(zip(product.tiers, ends, strict=True))
    }
