"""From the rows of one Azure price list to one price per size and purchase option, or a reason why not."""

from __future__ import annotations

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass, field, replace
from datetime import datetime
from typing import TypeVar

from connectors.ask import Ask
from connectors.azure_meters import (
    NEEDED,
    ON_DEMAND,
    SAVINGS,
    SPOT,
    PriceList,
    drop_reason,
    kind_of,
    offer_of,
    plan_of,
)
from connectors.azure_retail import Item
from connectors.drift import UNREADABLE, Rows, told
from connectors.errors import SchemaDrift
from connectors.records import InstancePrice, Partition, Rejected, ServicePrice

CONFLICT = "conflict: two prices for one key"
UNPAIRED = "no pay-as-you-go price beside it"
UNMAPPED = "alert: size not in node_type.csv"
# Priced names that are no public size (no page, not deployable), and accelerators that run no LLM.
ALIASES = re.compile(r"_flex_|_noIB_|isr?f_|_Promo$|^Standard_NP\d|^Standard_ND96(asr|ams|is)_(A100|H100|H200)_v\d$")

Priced = TypeVar("Priced", InstancePrice, ServicePrice)


@dataclass
class Prices:
    """Prices of one list by kind, with what was left out and why."""

    rows: dict[str, list[InstancePrice]] = field(default_factory=lambda: defaultdict(list))
    rejected: dict[str, list[Rejected]] = field(default_factory=lambda: defaultdict(list))
    dropped: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))


def read_prices(items: Iterable[Item], of: PriceList) -> Prices:
    """Sort the rows of one list into prices.

    Raises:
        SchemaDrift: no row has the columns that a price needs.
    """
    found = Prices()
    offers = list(_known_sizes(_offers(items, of, found), of.sizes, found))
    chosen = _latest(_plans_in_force(offers, found), found)
    for (sku, _), offer in chosen.items():
        _publish(offer, chosen.get((sku, ON_DEMAND)), found, paired=of.paired)
    return found


def _offers(items: Iterable[Item], of: PriceList, found: Prices) -> list[InstancePrice]:
    """What the rows offer; the others are counted or rejected."""
    offers: list[InstancePrice] = []
    unreadable = total = 0
    for item in items:
        total += 1
        kind = kind_of(item)
        try:
            reason = drop_reason(item, of.day)
            found.dropped[kind] += Counter({reason: 1} if reason else {})
            offers += () if reason else _offers_of(item, of, found)
        except UNREADABLE as error:
            unreadable += 1
            found.rejected[kind].append(Rejected.of(_name(item), f"unreadable: {error!r}", item))
    if total and unreadable == total:
        raise SchemaDrift(f"{of.source_url} {of.region}: no row is readable; each needs {', '.join(NEEDED)}")
    return offers


def _offers_of(item: Item, of: PriceList, found: Prices) -> list[InstancePrice]:
    """The prices that one row states; a savings plan that cannot be read is rejected without the price it hangs on."""
    offer = offer_of(item, of)
    plans = (item.get("savingsPlan") or ()) if offer.term_hours is None else ()
    offers = [offer]
    for plan in plans if isinstance(plans, list | tuple) else (plans,):
        with Rows(of.source_url, found.rejected[SAVINGS]).reading(plan, _name(item)):
            offers.append(plan_of(plan, offer))
    return offers


def _name(item: Item) -> str:
    return "/".join(told(item, name) for name in ("armRegionName", "armSkuName", "skuId"))


def _known_sizes(offers: list[InstancePrice], sizes: frozenset[str], found: Prices) -> Iterator[InstancePrice]:
    """Offers of the sizes asked for; a name that nobody knows is an alert, never a guess."""
    alerts: dict[str, InstancePrice] = {}
    for offer in offers:
        if not sizes or offer.sku in sizes:
            yield offer
        elif ALIASES.search(offer.sku):
            found.dropped[kind_of_offer(offer)]["alias or not an LLM accelerator"] += 1
        elif offer.sku.startswith("Standard_N"):
            found.dropped[kind_of_offer(offer)]["unmapped size"] += 1
            alerts.setdefault(offer.sku, offer)
        else:
            found.dropped[kind_of_offer(offer)]["out of scope"] += 1
    for sku, offer in sorted(alerts.items()):
        found.rejected[kind_of_offer(offer)].append(
            Rejected.of(sku, UNMAPPED, {"price_per_hour": offer.price_per_hour})
        )


def _plans_in_force(offers: Sequence[InstancePrice], found: Prices) -> Iterator[InstancePrice]:
    """All offers but the savings plans of superseded pay-as-you-go rows: the current row may have none."""
    pay_as_you_go: dict[str, list[InstancePrice]] = defaultdict(list)
    for offer in offers:
        if offer.purchase_option == ON_DEMAND:
            pay_as_you_go[offer.sku].append(offer)
    current = {_row(offer) for rivals in pay_as_you_go.values() for offer in latest(rivals)}
    superseded = {_row(offer) for rivals in pay_as_you_go.values() for offer in rivals} - current
    for offer in offers:
        if kind_of_offer(offer) == SAVINGS and _row(offer) in superseded:
            found.dropped[SAVINGS]["superseded"] += 1
        else:
            yield offer


def _row(offer: InstancePrice) -> tuple[str, str, datetime | None]:
    """What a plan shares with the row that it hangs on."""
    return offer.sku, offer.source_key, offer.published_at


def _latest(offers: Iterable[InstancePrice], found: Prices) -> dict[tuple[str, str], InstancePrice]:
    """One price per size and purchase option: the latest in force; two different ones are both refused."""
    slots: dict[tuple[str, str], list[InstancePrice]] = defaultdict(list)
    for offer in offers:
        slots[offer.sku, offer.purchase_option].append(offer)
    chosen: dict[tuple[str, str], InstancePrice] = {}
    for slot, rivals in sorted(slots.items()):
        current = latest(rivals)
        kind = kind_of_offer(current[0])
        found.dropped[kind] += Counter(superseded=len(rivals) - len(current))
        if len({r.price_per_hour for r in current}) > 1:
            found.rejected[kind] += [_refused(r, CONFLICT) for r in current]
        else:
            found.dropped[kind] += Counter(duplicate=len(current) - 1)
            chosen[slot] = current[0]
    return chosen


def latest(rivals: Sequence[Priced]) -> list[Priced]:
    """Those of the latest start: Azure sends superseded rows beside the current one."""
    newest = max(r.published_at for r in rivals if r.published_at)
    return [r for r in rivals if r.published_at == newest]


def _publish(offer: InstancePrice, pay_as_you_go: InstancePrice | None, found: Prices, *, paired: bool) -> None:
    """Keep an offer that stands beside a pay-as-you-go price and, where it is a discount, is one."""
    kind = kind_of_offer(offer)
    if paired and pay_as_you_go is None:
        found.rejected[kind].append(_refused(offer, UNPAIRED))
    elif pay_as_you_go and kind in (SPOT, SAVINGS) and offer.price_per_hour >= pay_as_you_go.price_per_hour:
        found.dropped[kind]["not offered: equal to pay-as-you-go"] += 1
    else:
        found.rows[kind].append(offer)


def kind_of_offer(offer: InstancePrice) -> str:
    """``reserved_3y`` -> ``reserved``."""
    return offer.purchase_option if offer.term_hours is None else offer.purchase_option.rpartition("_")[0]


def _refused(offer: InstancePrice, reason: str) -> Rejected:
    row = {"price_per_hour": offer.price_per_hour, "published_at": offer.published_at, "row": offer.source_key}
    return Rejected.of(f"{offer.region}/{offer.sku}/{offer.purchase_option}", reason, row)


def partitions(ask: Ask, of: PriceList, kinds: Sequence[str], found: Prices) -> Iterator[Partition]:
    """One partition per price kind; its version is a digest, for a list says not when it changed."""
    for kind in kinds:
        rows = sorted(found.rows[kind], key=lambda r: (r.sku, r.purchase_option))
        rejected = sorted(found.rejected[kind], key=astuple)
        digest = hashlib.sha256(repr((rows, rejected)).encode()).hexdigest()[:16]
        known = ask.known.get((of.region, kind))
        partition = Partition.of(
            InstancePrice,
            rows,
            region=of.region,
            kind=kind,
            rejected=rejected,
            dropped=found.dropped[kind],
            source_url=of.source_url,
            source_version=digest,
            as_of=of.day,
        )
        if known and known.source_version == digest:
            partition = replace(partition, rows=partition.rows.slice(0, 0), unchanged=True)
        yield partition
