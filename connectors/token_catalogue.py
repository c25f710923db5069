"""Token prices out of a genai-prices catalogue: which price holds on a day, in which tier.

Tiers there are per request, so each becomes a row and the request's own length chooses: pricing a
day's tokens as one request would bill all of them at the longest tier.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from genai_prices.types import (
    ConditionalPrice,
    ModelInfo,
    ModelPrice,
    PriceVariant,
    Provider,
    StartDateConstraint,
    TieredPrices,
    TimeOfDateConstraint,
)

from connectors.drift import Rows
from connectors.records import Rejected, TokenPrice

STANDARD, BATCH = "standard", "batch"
BATCH_CONTEXT = {"processing": "batch"}
QUANTUM = Decimal("1e-10")
HALF_HOURS = [timedelta(minutes=30 * step) for step in range(48)]
REQUIRED, CACHED = ("input_mtok", "output_mtok"), "cache_read_mtok"

Price = Decimal | TieredPrices | None


@dataclass
class Catalogue:
    """Rows of one catalogue on one day, with what was left out and why.

    Args:
        as_of: the last day before tonight on which the catalogue knows of a changed price.
    """

    rows: list[TokenPrice] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    dropped: Counter[str] = field(default_factory=Counter)
    as_of: date | None = None


def read_catalogue(providers: Iterable[Provider], day: date, *, source_url: str, source_version: str) -> Catalogue:
    """Standard and batch prices of every text model, USD per million tokens."""
    found = Catalogue()
    rows = Rows(source_url, found.rejected)
    for provider in providers:
        for model in provider.models:
            with rows.reading(model, f"{provider.id}/{model.id}"):
                found.as_of = max(filter(None, (found.as_of, *_starts(model, day))), default=None)
                standard = _price_on(model, day)
                _add(found, provider, model, STANDARD, standard, source_url, source_version)
                variant = _batch_variant(model, day)
                if variant:
                    _add(found, provider, model, BATCH, _batch_price(model, variant, day), source_url, source_version)
    rows.check()
    return found


def _add(
    found: Catalogue, provider: Provider, model: ModelInfo, tier: str, price: ModelPrice, url: str, version: str
) -> None:
    prices: dict[str, Price] = vars(price)
    if any(prices.get(name) is None for name in REQUIRED):
        found.dropped["not a text model"] += 1
        return
    for start in _tier_starts(prices):
        per_input, per_output = (_at(prices[name], start) for name in REQUIRED)
        if not per_input or not per_output:
            found.dropped["free of charge"] += 1
            continue
        found.rows.append(
            TokenPrice(
                provider=provider.id,
                region="global",
                model=model.id,
                tier=tier,
                tier_start_tokens=start,
                currency="USD",
                per_million_input=per_input,
                per_million_cached_input=_at(prices.get(CACHED), start),
                per_million_output=per_output,
                second_vote=None,
                quality="list",
                source_url=url,
                source_version=version,
                source_key=f"{provider.id}/{model.id}",
                published_at=None,
            )
        )


def _tier_starts(prices: dict[str, Price]) -> list[int]:
    """Smallest input lengths of the tiers, in tokens; a tier of the catalogue begins above its start."""
    tiered = [prices.get(name) for name in (*REQUIRED, CACHED)]
    return sorted({0} | {tier.start + 1 for price in tiered if isinstance(price, TieredPrices) for tier in price.tiers})


def _at(price: Price, input_tokens: int) -> Decimal | None:
    """The price that a request of so many input tokens pays."""
    if isinstance(price, TieredPrices):
        reached = [tier.price for tier in price.tiers if tier.start < input_tokens]
        price = reached[-1] if reached else price.base
    return None if price is None else price.quantize(QUANTUM)


def _price_on(model: ModelInfo, day: date) -> ModelPrice:
    """The list price of a day: where it depends on the hour, that of the dearest half hour (UTC)."""
    midnight = datetime.combine(day, time(), UTC)
    by_hour = any(isinstance(c.constraint, TimeOfDateConstraint) for c in _conditions(model))
    moments = [midnight + step for step in (HALF_HOURS if by_hour else HALF_HOURS[:1])]
    return max((model.get_prices(moment) for moment in moments), key=_sum)


def _sum(price: ModelPrice) -> Decimal:
    return sum((_at(vars(price).get(name), 0) or Decimal(0) for name in REQUIRED), Decimal(0))


def _batch_variant(model: ModelInfo, day: date) -> PriceVariant | None:
    midnight = datetime.combine(day, time(), UTC)
    variants = [v for v in model.price_variants or () if v.when == BATCH_CONTEXT]
    return next((v for v in variants if v.constraint is None or v.constraint.active(midnight)), None)


def _batch_price(model: ModelInfo, variant: PriceVariant, day: date) -> ModelPrice:
    """Batch overrides some prices; a cache discount holds in batch only where it is stated for batch."""
    price = model.get_prices(datetime.combine(day, time(), UTC), BATCH_CONTEXT)
    price.__dict__[CACHED] = vars(variant.prices).get(CACHED)
    return price


def _conditions(model: ModelInfo) -> Iterator[ConditionalPrice]:
    if isinstance(model.prices, list):
        yield from model.prices


def _starts(model: ModelInfo, day: date) -> Iterator[date]:
    """Days up to `day` on which the model's price changed, as far as the catalogue dates it."""
    for condition in _conditions(model):
        if isinstance(condition.constraint, StartDateConstraint) and condition.constraint.start_date <= day:
            yield condition.constraint.start_date
