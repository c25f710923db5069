"""What Amazon Bedrock asks per million tokens, per region, from two offers of the price list.

``AmazonBedrock`` lists per 1K tokens and names the model in the usage type
(``USE1-Qwen3-32B-input-tokens-batch``); ``AmazonBedrockFoundationModels`` lists per 1M tokens and
names it in the service name only (``USE1-MP:USE1_InputTokenCount-Units`` of *Claude Sonnet 4.5*).
Flex, priority, latency-optimised, cross-region and reserved tariffs are left out.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from decimal import Decimal
from functools import partial

from connectors.ask import Ask, connector
from connectors.aws_offer_json import OfferJson, Rate, pull_offer, regions_of
from connectors.aws_offers import Offer
from connectors.records import Partition, Rejected, TokenPrice, add_once

OWN, MARKETPLACE = Offer("AmazonBedrock"), Offer("AmazonBedrockFoundationModels")
INPUT, CACHED, OUTPUT = "per_million_input", "per_million_cached_input", "per_million_output"
# offer -> usage type; what a group "model" lacks stands in the service name
USAGE_TYPES = {
    OWN.code: re.compile(
        r"(?:[A-Z]{2,4}\d?-)?(?P<model>.+?)-"
        r"(?P<what>(?:text-)?input-tokens|(?:text-)?output-tokens|cache-read-input-token-count)"
        r"(?:-(?P<tier>standard|batch))?"
    ),
    MARKETPLACE.code: re.compile(
        r"[A-Z\d]+-MP:[A-Z\d]+_(?P<what>InputTokenCount|OutputTokenCount|CacheReadInputTokenCount"
        r"|input_tokens|output_tokens|cache_read_input_tokens)(?:_(?P<tier>standard|batch|Batch))?-Units"
    ),
}
EDITION = " (Amazon Bedrock Edition)"
# listed unit -> how many of it make a million tokens; the marketplace counts its units in millions
UNITS = {
    OWN.code: {"1K tokens": 1000, "1M tokens": 1},
    MARKETPLACE.code: {"1K tokens": 1000, "1M tokens": 1, "Million tokens": 1, "Units": 1},
}
Slot = tuple[str, str, str]  # model, tier, currency


def plan(ask: Ask) -> Sequence[str]:
    """Regions of the setting in which either offer is sold."""
    return regions_of(ask, (OWN, MARKETPLACE))


@connector(
    "aws_bedrock",
    record=TokenPrice,
    setting="AWS_PRICE_LIST_URL",
    url="https://pricing.us-east-1.amazonaws.com",
    licence="AWS price list, public; see its disclaimer",
    plan=plan,
)
def aws_bedrock(ask: Ask, region: str) -> Iterator[Partition]:
    """One partition per offer."""
    for offer in (OWN, MARKETPLACE):
        yield from pull_offer(ask, offer, region, offer.code, TokenPrice, partial(token_partition, offer))


def token_partition(offer: Offer, found: OfferJson) -> Partition:
    """Input, cached input and output prices put together per model and tier."""
    dropped: Counter[str] = Counter()
    rejected = list(found.rejected)
    slots: defaultdict[Slot, defaultdict[str, list[Rate]]] = defaultdict(lambda: defaultdict(list))
    for rate in found.rates:
        usage = USAGE_TYPES[offer.code].fullmatch(rate.attributes.get("usagetype", ""))
        if usage is None or "-mantle" in usage.group():  # mantle is a second address at the same price
            dropped["another tariff or no text"] += 1
        elif rate.unit not in UNITS[offer.code]:
            rejected.append(Rejected.of(rate.code, "unknown unit", rate.row()))
        elif not rate.price or rate.price < 0:
            rejected.append(Rejected.of(rate.code, "price is not above 0", rate.row()))
        else:
            names = usage.groupdict()
            model = names.get("model") or rate.attributes.get("servicename", "").removesuffix(EDITION)
            tier = (names["tier"] or "standard").lower()
            add_once(slots[model, tier, rate.currency][_column(names["what"])], rate, dropped)
    rows: list[TokenPrice] = []
    for slot, columns in sorted(slots.items()):
        clashing = [r for rates in columns.values() if len({per_million(offer, r) for r in rates}) > 1 for r in rates]
        if clashing:
            rejected += [Rejected.of("/".join(slot), "conflict", r.row()) for r in clashing]
        elif {INPUT, OUTPUT} <= columns.keys():
            rows.append(_record(offer, found, slot, columns))
        else:
            dropped["no text model: input or output is not sold"] += 1
    return Partition.of(
        TokenPrice,
        rows,
        region=found.file.region,
        kind=offer.code,
        rejected=rejected,
        dropped=dropped,
        source_url=found.file.url,
        source_version=found.version,
        as_of=found.published_at.date(),
    )


def per_million(offer: Offer, rate: Rate) -> Decimal:
    """The rate per million tokens."""
    return (rate.price or Decimal(0)) * UNITS[offer.code][rate.unit]


def _column(what: str) -> str:
    what = what.lower()
    if what.startswith("cache"):
        return CACHED
    return INPUT if "input" in what else OUTPUT


def _record(offer: Offer, found: OfferJson, slot: Slot, columns: dict[str, list[Rate]]) -> TokenPrice:
    model, tier, currency = slot
    prices = {name: per_million(offer, rates[0]) for name, rates in columns.items()}
    return TokenPrice(
        provider="aws",
        region=found.file.region,
        model=model,
        tier=tier,
        tier_start_tokens=0,
        currency=currency,
        per_million_input=prices[INPUT],
        per_million_cached_input=prices.get(CACHED),
        per_million_output=prices[OUTPUT],
        second_vote=None,
        quality="list",
        source_url=found.file.url,
        source_version=found.version,
        source_key=columns[INPUT][0].code,
        published_at=found.published_at,
    )
