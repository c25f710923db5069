"""The shared record types, one landing table each, and the partition that carries them.

Money keeps its own currency; conversion happens once, in SQL, with a dated rate. Columns are
Arrow-typed from the annotations: a field that may be ``None`` is nullable, every other one is
required by the gate.
"""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Row = typing.TypeVar("Row")

# Ten decimals: AWS prices of two regions differ in the seventh.
PRICE = pa.decimal128(18, 10)
# As sent: ten digits before the point, and more after it than a float or a division writes.
EXACT = pa.decimal256(76, 66)
ARROW_TYPES = {
    str: pa.string(),
    bool: pa.bool_(),
    int: pa.int64(),
    float: pa.float64(),
    date: pa.date32(),
    datetime: pa.timestamp("us", tz="UTC"),
    Decimal: PRICE,
}


@dataclass(frozen=True, slots=True)
class InstancePrice:
    """What one hour of one instance costs, in the currency of its list.

    ``price_per_hour`` is effective: an upfront fee is spread over ``term_hours`` and included.
    ``purchase_option`` is one of DESIGN's names (on_demand, spot, reserved_1y_no_upfront, ...).
    """

    provider: str
    region: str
    zone: str  # "" = any zone of the region
    location_type: str  # region, local_zone, wavelength_zone
    sku: str
    operating_system: str
    purchase_option: str
    currency: str
    price_per_hour: Decimal
    list_per_hour: Decimal | None  # the recurring part alone, where the term has one
    upfront: Decimal | None
    term_hours: int | None
    quality: str  # list, formula, quoted, measured, undocumented
    source_url: str
    source_version: str
    source_key: str  # e.g. SKU.TERM.RATE: names the row in the source
    published_at: datetime | None

    KEY: typing.ClassVar = ("provider", "region", "zone", "sku", "operating_system", "purchase_option", "currency")


@dataclass(frozen=True, slots=True)
class SpotPrice:
    """The time-weighted spot price of one pool over one UTC day."""

    provider: str
    region: str
    zone: str
    sku: str
    operating_system: str
    price_date: date
    currency: str
    price_per_hour: Decimal
    min_per_hour: Decimal
    max_per_hour: Decimal
    coverage_ratio: float  # share of the day with a known price
    quality: str
    source_url: str
    source_version: str
    source_key: str

    KEY: typing.ClassVar = ("provider", "region", "zone", "sku", "operating_system", "price_date", "currency")


@dataclass(frozen=True, slots=True)
class ServicePrice:
    """One tier of a service beside compute: storage, egress, disks."""

    provider: str
    region: str
    service: str  # block_storage, object_storage, internet_egress, inter_region_egress, ...
    product: str  # e.g. gp3, premium-ssd-p30, standard
    unit: str  # GB-month, GB, IOPS-month, MiB/s-month, disk-month
    tier_start: float  # in `unit` per month; the price holds from here to the next tier
    currency: str
    price: Decimal
    quality: str
    source_url: str
    source_version: str
    source_key: str
    published_at: datetime | None

    KEY: typing.ClassVar = ("provider", "region", "service", "product", "unit", "tier_start", "currency")


@dataclass(frozen=True, slots=True)
class InstanceSpec:
    """What a provider itself says of an instance type in a region, and whether it can be had there."""

    provider: str
    region: str
    sku: str
    vcpu: float | None
    memory_gib: float | None
    accelerator_name: str | None  # the provider's own words
    accelerators: float | None
    accelerator_memory_gib: float | None
    zones: str  # comma-separated, "" = not said
    available: bool
    unavailable_reason: str | None
    interruption_band: int | None  # AWS spot advisor, 0 (<5 %) to 4 (>20 %); a risk label, never a price
    source_url: str
    source_key: str

    KEY: typing.ClassVar = ("provider", "region", "sku")


@dataclass(frozen=True, slots=True)
class Tariff:
    """What a kilowatt-hour costs in a tariff zone, excluding VAT, in local currency.

    Retail is all-in (energy, network, levies); wholesale is energy alone and never stands in for it.
    """

    tariff_zone: str  # of a wholesale price: the bidding zone (DE-LU, SE3, AU-NSW)
    kind: str  # retail (the model's), retail_month (one month, seasonal), wholesale
    valid_from: date  # first day it may be used: a tariff in force from its start, a statistic from its end
    price_date: date  # the local day, or the last day of the price period; age counts from here
    price_period: str  # 2026-08, 2025-S2, 2024 (annual), ...
    currency: str
    local_per_kwh: Decimal
    local_per_kwh_low: Decimal | None
    local_per_kwh_high: Decimal | None
    demand_per_kw_month: Decimal | None  # NULL: contained in the average
    band: str  # sector or consumption band
    band_min_mwh_per_year: float | None  # yearly use from which the band holds; NULL: whatever the use
    tax_basis: str  # excl_vat, excl_tax, energy_only
    confidence: str  # high, medium, low
    source_url: str
    source_version: str
    source_key: str
    licence: str

    KEY: typing.ClassVar = ("tariff_zone", "kind", "price_date", "band")


@dataclass(frozen=True, slots=True)
class FxRate:
    """One reference exchange rate: ``rate`` units of ``quote_currency`` for one ``base_currency``."""

    base_currency: str
    quote_currency: str
    rate_date: date
    rate: Decimal
    source_url: str

    KEY: typing.ClassVar = ("base_currency", "quote_currency", "rate_date")


@dataclass(frozen=True, slots=True)
class TokenPrice:
    """What an API asks per million tokens, for requests of at least ``tier_start_tokens`` input."""

    provider: str
    region: str  # global, or the region of a regional deployment
    model: str  # the provider's own model id
    tier: str  # standard, batch, provisioned
    tier_start_tokens: int
    currency: str
    per_million_input: Decimal
    per_million_cached_input: Decimal | None
    per_million_output: Decimal
    second_vote: str | None  # agrees, differs: what another catalogue says of the same row
    quality: str
    source_url: str
    source_version: str
    source_key: str
    published_at: datetime | None

    KEY: typing.ClassVar = ("provider", "region", "model", "tier", "tier_start_tokens", "currency")


Record = InstancePrice | SpotPrice | ServicePrice | InstanceSpec | Tariff | FxRate | TokenPrice
RECORDS: tuple[type[Record], ...] = typing.get_args(Record)

REJECTED = pa.schema([("key", pa.string()), ("reason", pa.string()), ("row", pa.string())])


def table_name(record: type[Record]) -> str:
    """``InstancePrice`` -> ``instance_price``: the landing table of a record type."""
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in record.__name__).lstrip("_")


def schema_of(record: type[Record]) -> pa.Schema:
    """Arrow schema of a record type; fields that admit ``None`` are nullable."""
    hints = typing.get_type_hints(record)
    return pa.schema([_arrow_field(f.name, hints[f.name]) for f in dataclasses.fields(record)])


def _arrow_field(name: str, hint: Any) -> pa.Field:
    if isinstance(hint, types.UnionType):
        given = next(t for t in typing.get_args(hint) if t is not type(None))
        return pa.field(name, ARROW_TYPES[given], nullable=True)
    return pa.field(name, ARROW_TYPES[hint], nullable=False)


@dataclass(frozen=True)
class Rejected:
    """A row that could not be read or may not be trusted: kept with the reason."""

    key: str
    reason: str
    row: str

    @classmethod
    def of(cls, key: str, reason: str, row: object) -> Rejected:
        """Keep `row` as JSON text; half a surrogate pair, which JSON can say and UTF-8 cannot, is spelled out."""
        texts = (key, reason, json.dumps(row, default=str, ensure_ascii=False))
        return cls(*(text.encode(errors="backslashreplace").decode() for text in texts))


def add_once(found: list[Row], row: Row, dropped: Counter[str]) -> None:
    """File a row under those of its key; an equal repeat is counted as ``duplicate``: it is no second price."""
    if row in found:
        dropped["duplicate"] += 1
    else:
        found.append(row)


@dataclass(frozen=True)
class Partition:
    """One complete answer of one source: the unit that the gate accepts or refuses as a whole.

    Args:
        record: the record type of `rows`.
        region: the provider's region, or ``all`` for a source of the world.
        kind: what the rows are: a price kind (on_demand, reserved, ...), retail, wholesale, fx, ...
        rows: Arrow table in ``schema_of(record)``.
        rejected: rows for quarantine, schema ``REJECTED``.
        dropped: rows left out on purpose, counted by reason (Windows, dedicated host, ...).
        source_version: the publisher's own version, or "".
        etag: HTTP validator of the file, or "".
        unchanged: True when the source said that nothing changed since the night of the last rows;
            `rows` is empty then and the last accepted rows stay valid.
    """

    record: type[Record]
    region: str
    kind: str
    rows: pa.Table
    rejected: pa.Table = field(default_factory=REJECTED.empty_table)
    dropped: Mapping[str, int] = field(default_factory=dict)
    source_url: str = ""
    source_version: str = ""
    etag: str = ""
    as_of: date | None = None
    unchanged: bool = False

    @classmethod
    def of(
        cls,
        record: type[Record],
        rows: Iterable[Record],
        *,
        region: str = "all",
        kind: str,
        rejected: Sequence[Rejected] = (),
        dropped: Mapping[str, int] | None = None,
        source_url: str = "",
        source_version: str = "",
        as_of: date | None = None,
    ) -> Partition:
        """Build a partition from records, amounts rounded to the decimals of ``PRICE``; for the small sources.

        A record that does not fit the columns (an amount of nine digits, a number for a text) goes to quarantine.
        """
        table, unfit = _fitted(record, list(rows))
        kept = pa.Table.from_pylist([dataclasses.asdict(r) for r in (*rejected, *unfit)], schema=REJECTED)
        return cls(record, region, kind, table, kept, Counter(dropped or {}), source_url, source_version, as_of=as_of)


def _fitted(record: type[Record], rows: list[Record]) -> tuple[pa.Table, list[Rejected]]:
    """The records as a table; where that fails, one by one, and those that do not fit as rejected rows."""
    try:
        return _table(record, rows), []
    except (TypeError, ValueError, OverflowError):  # Arrow's own errors are of these kinds
        fitting, unfit = list[Record](), list[Rejected]()
    for row in rows:
        try:
            _table(record, [row])
        except (TypeError, ValueError, OverflowError) as error:
            key = "/".join(str(value) for name in record.KEY if (value := getattr(row, name)) != "")
            unfit.append(Rejected.of(key, f"does not fit its column: {error}", dataclasses.asdict(row)))
        else:
            fitting.append(row)
    return _table(record, fitting), unfit


def _table(record: type[Record], rows: Iterable[Record]) -> pa.Table:
    schema = schema_of(record)
    columns = _transpose([[getattr(r, n) for n in schema.names] for r in rows], len(schema.names))
    return pa.Table.from_arrays([_column(c, t.type) for c, t in zip(columns, schema, strict=True)], schema=schema)


def _column(values: list[object], kind: pa.DataType) -> pa.Array:
    if kind != PRICE:
        return pa.array(values, kind)
    return pc.round(pa.array(values, EXACT), PRICE.scale).cast(PRICE)  # half to even


def _transpose(rows: list[list[object]], width: int) -> list[list[object]]:
    return [list(c) for c in zip(*rows, strict=True)] if rows else [[] for _ in range(width)]
