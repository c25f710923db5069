"""Token prices of models on Azure (Foundry, Azure OpenAI), and its provisioned throughput by the hour.

Meter names follow no rule ("Inp", "Inpt", "inp"; "glbl", "Gl"; per 1K or per 1M), so a reviewed
table says what each means and the rest is counted, never guessed at.
"""

from __future__ import annotations

import csv
import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path

from connectors.ask import Ask, connector
from connectors.azure_meters import QUANTUM, amount, moment, out_of_force
from connectors.azure_retail import API_VERSION, CURRENCY, URL, Item, Retail, equals
from connectors.azure_settle import CONFLICT
from connectors.drift import Rows, text, told
from connectors.errors import SourceUnavailable
from connectors.records import InstancePrice, Partition, Rejected, TokenPrice

# Prices of global deployments are the same in every region; this one has nearly every model.
REGION, DATA_ZONE = "eastus2", "us-data-zone"
MODELS = equals("serviceName", "Foundry Models") & equals("armRegionName", REGION)
TOKENS_OF_UNIT = {"1K": Decimal(1000), "1M": Decimal(1_000_000)}
MILLION = Decimal(1_000_000)
# One unit of provisioned throughput, by deployment; how many a model needs is Azure's to say.
UNITS = {
    "Provisioned Managed Global Unit": "foundry-ptu-global",
    "Provisioned Managed Data Zone Unit": "foundry-ptu-data-zone",
    "Provisioned Managed Regional Unit": "foundry-ptu-regional",
}
HOURLY = ("1 Hour", "1/Hour")
TOKENS, PROVISIONED = "tokens", "provisioned"


@dataclass(frozen=True)
class Meaning:
    """What a meter prices: a row of ``foundry_meter.csv``."""

    model: str
    region: str
    tier: str  # standard, batch
    openai_model: str  # the same model in OpenAI's own list, for a second vote

    @property
    def key(self) -> str:
        """Names its row among those refused."""
        return f"{self.model}/{self.region}/{self.tier}"

    @classmethod
    def table(cls, path: Path) -> dict[str, tuple[Meaning, str]]:
        """Meter name -> (what, direction)."""
        regions = {"global": "global", "data_zone": DATA_ZONE, "regional": REGION}
        with path.open(encoding="utf-8", newline="") as file:
            return {
                row["meter"]: (
                    cls(row["model"], regions[row["deployment"]], row["tier"], row["openai_model"]),
                    row["direction"],
                )
                for row in csv.DictReader(file)
            }


@connector(
    "azure_tokens",
    record=(TokenPrice, InstancePrice),
    setting="AZURE_RETAIL_URL",
    url=URL,
    licence="Microsoft, public list prices (Azure Retail Prices API)",
    plan=lambda _: (REGION,),
)
def azure_tokens(ask: Ask, region: str) -> Iterator[Partition]:
    """A partition of token prices and one of provisioned units.

    Raises:
        SourceUnavailable: the list is empty: the service was renamed twice already.
    """
    walk = Retail.of(ask).settled(MODELS, "foundry", lambda walk: walk.pages > 1)
    if not walk.items:
        raise SourceUnavailable(f"{ask.url}: no row for {MODELS.text}; is the service renamed?")
    current, rejected, dropped = _in_force(walk.rows(), ask.day)
    yield _tokens(ask, region, current, [r for r in rejected if r.key not in UNITS], dropped)
    yield _units(ask, region, current, [replace(r, key=f"{UNITS[r.key]}/{r.key}") for r in rejected if r.key in UNITS])


def _in_force(items: Iterable[Item], day: date) -> tuple[dict[str, Item], list[Rejected], Counter[str]]:
    """The current row of each meter; two current prices of one meter are both refused."""
    rivals: dict[str, list[Item]] = defaultdict(list)
    rejected: list[Rejected] = []
    dropped: Counter[str] = Counter()
    reader = Rows(MODELS.text, rejected)
    for item in items:
        with reader.reading(item, told(item, "meterName")):
            reason = f"type {item['type']}" if item["type"] != "Consumption" else out_of_force(item, day)
            if not reason:
                _check(item)
            rivals[item["meterName"] if not reason else ""].append(item)
            dropped += Counter({reason: 1} if reason else {})
    reader.check()
    rivals.pop("", None)
    current: dict[str, Item] = {}
    for meter, rows in rivals.items():
        start = max(moment(row["effectiveStartDate"]) for row in rows)
        newest = [row for row in rows if moment(row["effectiveStartDate"]) == start]
        dropped += Counter(superseded=len(rows) - len(newest))
        if len({(row["retailPrice"], row["unitOfMeasure"]) for row in newest}) == 1:
            current[meter] = newest[0]
        else:
            rejected += [Rejected.of(meter, CONFLICT, row) for row in newest]
    return current, rejected, dropped


def _check(item: Item) -> None:
    """A row in force has what any reader of it needs.

    Raises:
        KeyError, TypeError, ValueError: one of its fields is missing or cannot be read.
    """
    amount(item["retailPrice"])
    for name in ("meterName", "unitOfMeasure", "currencyCode", "meterId", "skuId"):
        text(item[name])


def _tokens(
    ask: Ask, region: str, current: Mapping[str, Item], rejected: list[Rejected], dropped: Counter[str]
) -> Partition:
    """Input, cached input and output prices put together; a model with a refused meter is refused whole."""
    meanings = Meaning.table(Path(ask.options["seeds"]) / "foundry_meter.csv")
    found: dict[Meaning, dict[str, Item]] = defaultdict(dict)
    for meter, item in current.items():
        if item["unitOfMeasure"] not in TOKENS_OF_UNIT:
            dropped["provisioned unit" if meter in UNITS else "not priced by token"] += 1
        elif meter not in meanings:
            dropped["unread meter"] += 1
        else:
            meaning, direction = meanings[meter]
            found[meaning][direction] = item
    # without it the model's row would say that there is no such price: cached tokens at the full one
    for meter, reason in {r.key: r.reason for r in rejected if r.key in meanings}.items():
        meaning, direction = meanings[meter]
        rejected.append(Rejected.of(meaning.key, f"{direction}: {reason}", found.pop(meaning, {})))
    votes = _openai_prices(ask.day)
    rows: list[TokenPrice] = []
    for meaning, items in found.items():
        if not {"input", "output"} <= items.keys():
            dropped["one direction only"] += len(items)
            continue
        with Rows(ask.url, rejected).reading(items, meaning.key):
            rows.append(_token_price(meaning, items, votes))
    rows.sort(key=lambda r: (r.model, r.region, r.tier))
    return Partition.of(
        TokenPrice,
        rows,
        region=region,
        kind=TOKENS,
        rejected=rejected,
        dropped=dropped,
        source_url=f"{ask.url}/api/retail/prices",
        source_version=hashlib.sha256(repr(rows).encode()).hexdigest()[:16],
        as_of=ask.day,
    )


def _token_price(meaning: Meaning, items: Mapping[str, Item], votes: Mapping[tuple[str, str], object]) -> TokenPrice:
    prices = {direction: _per_million(item) for direction, item in items.items()}
    vote = votes.get((meaning.openai_model, meaning.tier))
    agrees = vote == (prices["input"], prices["output"])
    return TokenPrice(
        provider="azure",
        region=meaning.region,
        model=meaning.model,
        tier=meaning.tier,
        tier_start_tokens=0,
        currency=CURRENCY,
        per_million_input=prices["input"],
        per_million_cached_input=prices.get("cached_input"),
        per_million_output=prices["output"],
        second_vote=None if vote is None else "agrees" if agrees else "differs",
        quality="list",
        source_url=f"{URL}/api/retail/prices",
        source_version=API_VERSION,
        source_key="|".join(sorted(str(item["meterId"]) for item in items.values())),
        published_at=max(moment(item["effectiveStartDate"]) for item in items.values()),
    )


def _per_million(item: Item) -> Decimal:
    """USD per million tokens of a meter priced per 1K or 1M.

    Raises:
        ValueError: another currency, or not above zero: the placeholder of a meter that is not on sale yet.
    """
    price = amount(item["retailPrice"])
    if item["currencyCode"] != CURRENCY or price <= 0:
        raise ValueError(f"{item['meterName']}: {price} {item['currencyCode']}")
    return (price * MILLION / TOKENS_OF_UNIT[item["unitOfMeasure"]]).quantize(QUANTUM)


def _openai_prices(day: date) -> dict[tuple[str, str], tuple[Decimal, Decimal]]:
    """OpenAI's own prices out of the installed catalogue, by model and tier: the second vote."""
    from genai_prices.data import providers  # noqa: PLC0415 0.5 s of imports, only where it runs

    from connectors.token_catalogue import read_catalogue  # noqa: PLC0415 as above

    openai = read_catalogue([p for p in providers if p.id == "openai"], day, source_url="", source_version="")
    return {
        (r.model, r.tier): (r.per_million_input, r.per_million_output) for r in openai.rows if r.tier_start_tokens == 0
    }


def _units(ask: Ask, region: str, current: Mapping[str, Item], rejected: list[Rejected]) -> Partition:
    """What an hour of one unit of provisioned throughput costs."""
    rows = [
        InstancePrice(
            provider="azure",
            region=region,
            zone="",
            location_type="region",
            sku=sku,
            operating_system="none",
            purchase_option=PROVISIONED,
            currency=CURRENCY,
            price_per_hour=amount(current[meter]["retailPrice"]).quantize(QUANTUM),
            list_per_hour=None,
            upfront=None,
            term_hours=None,
            quality="list",
            source_url=f"{URL}/api/retail/prices",
            source_version=API_VERSION,
            source_key=f"{current[meter]['skuId']}|{current[meter]['meterId']}",
            published_at=moment(current[meter]["effectiveStartDate"]),
        )
        for meter, sku in UNITS.items()
        if meter in current and current[meter]["unitOfMeasure"] in HOURLY
    ]
    return Partition.of(
        InstancePrice,
        rows,
        region=region,
        kind=PROVISIONED,
        rejected=rejected,
        source_url=f"{ask.url}/api/retail/prices",
        source_version=hashlib.sha256(repr(rows).encode()).hexdigest()[:16],
        as_of=ask.day,
    )
