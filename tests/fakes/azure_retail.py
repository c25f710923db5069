"""The Azure Retail Prices API: OData filters, pages, limits, throttling, and a list that moves.

Speaks as the service was recorded to: NextPageLink absolute with an explicit port, HTTP 400 for
more than 20 comparisons, ``not``, ``in`` and unknown versions, 404 for long addresses, 429 with an
empty body and Azure's own header names, savings plans in the preview version only.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from tests.fakes.azure_service_rows import service_rows
from tests.fakes.azure_world import FIELDS, Row, world
from tests.fakes.server import NOT_FOUND, Fake, Reply, Request

VERSIONS = {"2021-10-01-preview", "2023-01-01-preview"}
TOKEN = re.compile(
    r"\s*(?:(?P<open>\()|(?P<close>\))|(?P<word>and|or)\b"
    r"|contains\((?P<part_of>\w+),\s*'(?P<part>(?:[^']|'')*)'\)(?P<wanted>\s+eq\s+(?:true|false))?"
    r"|(?P<name>\w+)\s+eq\s+'(?P<value>(?:[^']|'')*)')"
)
PRICE_TYPES = {"Consumption", "Reservation", "DevTestConsumption", "SavingsPlan"}


class BadFilter(ValueError):
    """A filter that the service refuses."""


@dataclass
class Retail:
    """One service over a list of rows.

    Args:
        page_size: rows a page.
        burst: requests that a window admits; later ones are refused until it ends.
        window_s: length of the window, also what the retry-after header says.
        overlap: the boundary row comes on both pages.
        moved_rows: rows that the publisher takes from the front of a list to its end between two pages,
            so that as many are lost at the boundary and as many come twice.
        moves: how many times in all it does so.
    """

    rows: list[Row] = field(default_factory=lambda: [*world(), *service_rows()])
    page_size: int = 1000
    burst: int = 1_000_000
    window_s: float = 0.2
    overlap: bool = False
    moved_rows: int = 0
    moves: int = 0
    refused: int = 0
    _lists: dict[str, list[Row]] = field(default_factory=dict)
    _window_end: float = 0.0
    _left: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, request: Request) -> Reply:
        if request.path != "/api/retail/prices":
            return NOT_FOUND
        with self._lock:
            left = self._take()
            headers = {
                "x-ms-ratelimit-remaining-retailPrices-requests": str(max(0, left)),
                "x-ms-ratelimit-retailPrices-retry-after": f"{self.window_s:g}",
            }
            if left < 0:
                self.refused += 1
                return Reply(b"", 429, "text/plain", headers)
            return self._page(request, headers)

    def _take(self) -> int:
        now = time.monotonic()
        if now >= self._window_end:
            self._window_end, self._left = now + self.window_s, self.burst
        self._left -= 1
        return self._left

    def _page(self, request: Request, headers: dict[str, str]) -> Reply:
        version, asked = request.first("api-version"), request.first("$filter")
        kept = {k: v[0] for k, v in request.query.items() if k != "$skip"}
        link = f"{request.base}{request.path}?{urlencode(kept, safe=chr(36), quote_via=quote)}"
        if len(link) > 2048:
            return Reply(b"", 404)
        if version and version not in VERSIONS:
            return _refuse("Unsupported API version")
        try:
            rows = self._listed(asked)
        except BadFilter:
            return _refuse("Invalid OData parameters supplied")
        skip = int(request.first("$skip", "0"))
        if skip and self.moves:
            self.moves -= 1
            rows[:] = rows[self.moved_rows :] + rows[: self.moved_rows]
        start = skip - 1 if skip and self.overlap else skip
        page = rows[start : skip + self.page_size]
        more = skip + self.page_size < len(rows)
        body = {
            "BillingCurrency": "USD",
            "CustomerEntityId": "Default",
            "CustomerEntityType": "Retail",
            "Items": [row.wire(preview=version == "2023-01-01-preview") for row in page],
            "NextPageLink": f"{link}&$skip={skip + self.page_size}" if more else None,
            "Count": len(page),
        }
        return Reply.of_json(body, headers=headers)

    def _listed(self, asked: str) -> list[Row]:
        if asked not in self._lists:
            self._lists[asked] = select(self.rows, asked)
        return self._lists[asked]


def _refuse(message: str) -> Reply:
    return Reply.of_json({"Error": {"Code": "BadRequest", "Message": message}}, 400)


def select(rows: Iterable[Row], asked: str) -> list[Row]:
    """Rows that an OData filter admits."""
    expression, values = compiled(asked)
    test = eval(f"lambda row: {expression or True}", {"v": values})  # noqa: S307 built from matched tokens alone
    return [row for row in rows if test(row)]


def compiled(asked: str) -> tuple[str, list[str]]:
    """A Python expression over `row` and the list `v` of the values it compares with."""
    words: list[str] = []
    values: list[str] = []
    at = 0
    while at < len(asked.rstrip()):
        token = TOKEN.match(asked, at)
        if token is None:
            raise BadFilter(asked[at:])
        words.append(_word(token.groupdict(), values))
        at = token.end()
    if len(values) > 20:
        raise BadFilter("more than 20 comparisons")
    return " ".join(words), values


def _word(token: dict[str, Any], values: list[str]) -> str:
    if token["open"] or token["close"] or token["word"]:
        return str(token["open"] or token["close"] or token["word"])
    column = token["part_of"] or token["name"]
    if column not in FIELDS:
        raise BadFilter(column)
    value = (token["part"] if token["part_of"] else token["value"]).replace("''", "'")
    if column == "priceType" and value not in PRICE_TYPES:
        raise BadFilter(value)
    values.append(value)
    index = len(values) - 1
    if token["name"]:
        return f"row.{FIELDS[column]} == v[{index}]"
    return f"(v[{index}] in row.{FIELDS[column]}) == {not (token['wanted'] or '').endswith('false')}"


def fake() -> Fake:
    return Fake("azure-retail", Retail().answer, {"COSTWATT_AZURE_RETAIL_URL": ""})
