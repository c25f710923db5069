"""The Azure Retail Prices API: filters, pages, and a walk that shows it is complete.

The API gives no total, and ``$skip`` is an offset over a list that moves while it is read: rows get
lost or doubled between pages. So an answer of one page is taken as it is, and a longer walk
counts as complete when it has all that last night had, or when a second walk brings nothing new.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from connectors.address import check_address
from connectors.ask import Ask
from connectors.azure_limiter import Limiter
from connectors.drift import as_object
from connectors.errors import SchemaDrift, SourceUnavailable
from connectors.web import Web

URL = "https://prices.azure.com"
# Newest version that the service accepts; the one with savings plans.
API_VERSION = "2023-01-01-preview"
CURRENCY = "USD"  # the only currency that is a price; the others are derived from it
COMPARISONS_MAX = 20  # more are refused with HTTP 400
ADDRESS_CHARACTERS_MAX = 2048  # longer ones are refused with HTTP 404
PAGES_MAX = 2000
REWALKS_MAX = 3
PAGES_WITHOUT_NEWS_MAX = 3  # a list that moves repeats some rows of a page, never page after page
KEY = (
    "currencyCode",
    "armRegionName",
    "meterId",
    "skuId",
    "armSkuName",
    "type",
    "reservationTerm",
    "tierMinimumUnits",
    "effectiveStartDate",
)
PRICE_FIELDS = ("retailPrice", "savingsPlan", "effectiveEndDate")

Item = Mapping[str, Any]


@dataclass(frozen=True)
class Filter:
    """An OData filter and its number of comparisons; combine with ``&`` and ``|``."""

    text: str
    comparisons: int = 1

    def __and__(self, other: Filter) -> Filter:
        return Filter(f"{self.text} and {other.text}", self.comparisons + other.comparisons)

    def __or__(self, other: Filter) -> Filter:
        bare = self.text[1:-1] if self.text.startswith("(") else self.text
        return Filter(f"({bare} or {other.text})", self.comparisons + other.comparisons)


def equals(name: str, value: str) -> Filter:
    """``name eq 'value'``; values are case-sensitive."""
    return Filter(f"{name} eq '{_quoted(value)}'")


def contains(name: str, part: str) -> Filter:
    """``contains(name,'part')``."""
    return Filter(f"contains({name},'{_quoted(part)}')")


def lacks(name: str, part: str) -> Filter:
    """``contains(name,'part') eq false``; the service refuses ``not``."""
    return Filter(f"contains({name},'{_quoted(part)}') eq false")


def _quoted(value: str) -> str:
    return value.replace("'", "''")


def address(base: str, where: Filter) -> str:
    """Address of the first page.

    Raises:
        ValueError: the filter is beyond a limit of the service.
    """
    if where.comparisons > COMPARISONS_MAX:
        raise ValueError(f"{where.comparisons} comparisons, the service takes {COMPARISONS_MAX}: {where.text}")
    asked = quote(where.text, safe="(),'")
    url = f"{base}/api/retail/prices?api-version={API_VERSION}&currencyCode='{CURRENCY}'&$filter={asked}"
    if len(url) > ADDRESS_CHARACTERS_MAX:
        raise ValueError(f"address of {len(url)} characters, the service takes {ADDRESS_CHARACTERS_MAX}: {url}")
    return url


def key_of(item: Item) -> tuple[str, ...]:
    """Identity of a row: a meter is shared by sizes, regions and price types."""
    return tuple(str(item.get(name, "")) for name in KEY)


@dataclass
class Walk:
    """Rows of one or more walks over one list, by key.

    Args:
        conflicts: keys seen with two different prices, with every version.
        overlaps: rows that came twice in one walk.
    """

    items: dict[tuple[str, ...], Item] = field(default_factory=dict)
    conflicts: dict[tuple[str, ...], list[Item]] = field(default_factory=dict)
    pages: int = 0
    overlaps: int = 0

    def add(self, item: Item) -> bool:
        """Take a row; True if its key is new."""
        key = key_of(item)
        earlier = self.items.setdefault(key, item)
        if earlier is item:
            return True
        if any(earlier.get(f) != item.get(f) for f in PRICE_FIELDS):
            self.conflicts.setdefault(key, [earlier]).append(item)
        return False

    def rows(self) -> Iterator[Item]:
        """Every row, all versions of a conflicting one."""
        for key, item in self.items.items():
            yield from self.conflicts.get(key, (item,))

    def merge(self, other: Walk) -> int:
        """Take all of a later walk; return the number of keys that were new."""
        new = sum([self.add(item) for item in other.items.values()])
        self.conflicts |= other.conflicts
        self.pages, self.overlaps = self.pages + other.pages, self.overlaps + other.overlaps
        return new


@dataclass(frozen=True)
class Retail:
    """One connector's way to the service; all share the run's limiter."""

    ask: Ask
    web: Web
    limiter: Limiter

    @classmethod
    def of(cls, ask: Ask) -> Retail:
        """Client with the budget that ``azure_budget_s`` of the options allows."""
        budget_s = float(ask.options.get("azure_budget_s", Limiter.budget_s))
        limiter = ask.web.once(f"azure limiter {ask.url}", lambda: Limiter(budget_s))
        return cls(ask, ask.web.once(f"azure web {ask.url}", ask.web.without_retries), limiter)

    def walk(self, where: Filter, part: str) -> Walk:
        """All pages of one list, each body kept in the folder under the name `part`.

        Raises:
            SourceUnavailable: a page does not come.
            SchemaDrift: a page is no page, counts wrong, or leads in a circle.
        """
        found, url, without_news = Walk(), address(self.ask.url, where), 0
        while url:
            body = self._page(url, f"{part}.{found.pages:03}")
            found.pages += 1
            new = sum([found.add(item) for item in body["Items"]])
            found.overlaps += len(body["Items"]) - new
            without_news = 0 if new else without_news + 1
            following = body.get("NextPageLink") or ""
            if following == url or without_news > PAGES_WITHOUT_NEWS_MAX or found.pages > PAGES_MAX:
                raise SchemaDrift(f"{url}: pages lead in a circle")
            url = check_address(following, same_as=self.ask.url) if following else ""
        return found

    def settled(self, where: Filter, part: str, doubtful: Callable[[Walk], bool]) -> Walk:
        """Walk until there is no doubt, or a further walk brings nothing new; three more at most.

        Raises:
            SourceUnavailable: also when every walk brings new rows.
        """
        found = self.walk(where, f"{part}.walk0")
        for number in range(1, REWALKS_MAX + 1):
            if not doubtful(found):
                return found
            if not found.merge(self.walk(where, f"{part}.walk{number}")):
                return found
        raise SourceUnavailable(f"{self.ask.url}: {part}: the list moved during each of {REWALKS_MAX + 1} walks")

    def _page(self, url: str, name: str) -> dict[str, Any]:
        answer = self.limiter.get(self.web, url)
        body = answer.json()
        if not isinstance(body, dict) or not isinstance(body.get("Items"), list):
            raise SchemaDrift(f"{url}: expected a page with Items, got {answer.text[:80]!r}")
        if body.get("Count", len(body["Items"])) != len(body["Items"]):
            raise SchemaDrift(f"{url}: the page counts {body['Count']} rows and holds {len(body['Items'])}")
        path = self.ask.folder / "raw" / f"{name}.json.gz"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(answer.body, compresslevel=1))
        return body | {"Items": [as_object(item) for item in body["Items"]]}
