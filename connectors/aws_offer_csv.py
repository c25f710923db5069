"""The CSV layout that AWS's big offers share, read in one pass by DuckDB.

Five lines of metadata, then a header whose columns come and go: they are read by name, never by
position.
"""

from __future__ import annotations

import csv
import logging
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from connectors.ask import Ask
from connectors.duck import literal, literals, name, read
from connectors.errors import SchemaDrift

log = logging.getLogger(__name__)

PREAMBLE = ("FormatVersion", "Disclaimer", "Publication Date", "Version", "OfferCode")
# Several are held at once. Small ones take less memory and stay in the cache; a row has some 2 kB.
BUFFER_BYTES = 1 << 19


@dataclass(frozen=True)
class OfferCsv:
    """Metadata and header of a price list CSV on disk."""

    path: Path
    version: str
    published_at: datetime
    columns: tuple[str, ...]

    @classmethod
    def of(cls, path: Path, offer: str, needed: Iterable[str]) -> OfferCsv:
        """Read the first six lines.

        Raises:
            SchemaDrift: another preamble, another offer, or a needed column is missing.
        """
        with path.open(newline="", encoding="utf-8", errors="replace") as file:
            reader = csv.reader(file)
            head = [row for row, _ in zip(reader, range(len(PREAMBLE) + 1), strict=False)]
        preamble = {row[0]: row[1] for row in head[: len(PREAMBLE)] if len(row) == len(("key", "value"))}
        if tuple(preamble) != PREAMBLE or preamble["OfferCode"] != offer:
            raise SchemaDrift(f"{path.name}: expected five lines {PREAMBLE} of {offer}, got {head[:5]!r:.200}")
        columns = tuple(head[-1]) if len(head) > len(PREAMBLE) else ()
        needed = frozenset(needed)
        if missing := needed.difference(columns):
            raise SchemaDrift(f"{path.name}: needed columns are missing: {', '.join(sorted(missing))}")
        log.info("%s: columns not read: %s", path.name, ", ".join(sorted(frozenset(columns) - needed)))
        return cls(path, preamble["Version"], datetime.fromisoformat(preamble["Publication Date"]), columns)

    def scan(self, needed: Iterable[str], optional: Iterable[str] = ()) -> str:
        """SQL that reads the named columns as text; a missing optional one reads as NULL."""
        optional = tuple(optional)
        wanted = {*needed, *optional}
        # Columns beside them keep their place only: their names may repeat.
        columns = (literal(c if c in wanted else f"unread {i}") + ": 'varchar'" for i, c in enumerate(self.columns))
        absent = wanted.difference(self.columns)
        selected = (f"cast(null as varchar) as {name(c)}" if c in absent else name(c) for c in sorted(wanted))
        return f"""
            select {", ".join(selected)}
            from read_csv(
                {literal(str(self.path))}, columns = {{{", ".join(columns)}}}, auto_detect = false, header = false,
                skip = {len(PREAMBLE) + 1}, delim = ',', quote = '"', escape = '"', buffer_size = {BUFFER_BYTES}
            )
        """


def unmet(filters: Mapping[str, tuple[str, ...]]) -> list[str]:
    """SQL case branches: the first filter that a row fails is its reason, e.g. ``Tenancy=Dedicated``."""
    return [
        f"when coalesce({name(c)}, '') not in ({literals(accepted)}) then {literal(c + '=')} || coalesce({name(c)}, '')"
        for c, accepted in filters.items()
    ]


def classify(
    con: duckdb.DuckDBPyConnection,
    csv: OfferCsv,
    needed: Iterable[str],
    optional: Iterable[str],
    reasons: Iterable[str],
    price: str,
) -> dict[str, int]:
    """Read the file once: wanted rows into table ``offer`` with a typed ``price``, the others counted.

    One aggregation does both, so that nothing of the rows left out, nearly all, is written anywhere.

    Args:
        reasons: SQL case branches that tell why a row is left out; ``then null`` keeps it.
        price: the column that holds the price.

    Returns:
        Number of rows left out, by reason.
    """
    scan = f"""
        create temp table classified as
        with judged as (select line, case {" ".join(reasons)} end as reason from ({csv.scan(needed, optional)}) as line)
        select reason, count(*) as counted, list(line) filter (reason is null) as kept from judged group by reason
    """
    read(con, scan, csv.path.name)
    con.execute(f"""
        create temp table offer as
        select *, try_cast({name(price)} as decimal(18, 10)) as price
        from (select unnest(kept, max_depth := 2) from classified where reason is null)
    """)
    counts = con.execute("select reason, counted from classified where reason is not null order by all")
    return dict(counts.fetchall())


def know_accelerated(con: duckdb.DuckDBPyConnection, ask: Ask) -> None:
    """Table ``accelerated``: the instance types that are known to carry an accelerator."""
    skus = sorted(ask.skus.get("aws", ()))
    con.execute(f"create temp table accelerated as select unnest([{literals(skus)}]::varchar[]) as sku")


@contextmanager
def consumed(path: Path) -> Iterator[None]:
    """Delete a file once it is read: AWS keeps every version. An unreadable one is set aside for a person.

    After a kill the file stays, and the next run reads it instead of downloading it again.
    """
    try:
        yield
    except SchemaDrift:
        path.replace(path.with_name(path.name + ".unreadable"))
        raise
    path.unlink()
