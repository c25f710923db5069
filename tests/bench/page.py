"""docs/benchmarks.md from the raw figures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol

from tests.bench.measure import Limit, Raw, Table

ENOUGH_RUNS = 5
HEAD = """# Benchmarks

`make bench` measures all of this and writes this page; [benchmarks.json](benchmarks.json) holds the raw figures. One
part alone: `.venv/bin/python -m tests.bench --only store`. Figures are medians, in brackets the least and the greatest
of the runs, and n where there were fewer than five; what is compared ran in turn (A B C, A B C, ...), and ratios are
taken pair by pair. Memory is the kernel's greatest resident set of the process. Seconds leave out the imports of both
sides, where it is not a whole command that is timed. Peers are the released versions of `tests/bench/peers.txt`, in an
environment of their own, called by their own functions; where one cannot be called without an account, the table says
what was replayed. What is dear to make (files, environments, the HOME of the nights) stays in the user's cache folder,
or in `COSTWATT_BENCH_HOME`, and may be deleted.
"""


class Part(Protocol):
    """What a module of a benchmark offers."""

    TITLE: str

    def limits(self, raw: Raw) -> Iterator[Limit]:
        """What was asked of its figures."""

    def tables(self, raw: Raw) -> Iterator[Table]:
        """What the page shows of it."""


def page(parts: Mapping[str, tuple[Part, Raw]]) -> str:
    """The whole page: every limit and whether it is met, then each part's tables."""
    met = [
        [limit.what, _limit(limit.value, limit), _bound(limit), "yes" if limit.met else "**no**"]
        for part, raw in parts.values()
        for limit in part.limits(raw["figures"])
    ]
    lines = [HEAD, "## What is asked\n", *_table(["figure", "measured", "asked", "met"], met)]
    for name, (part, raw) in parts.items():
        lines += [f"\n## {part.TITLE}\n", f"{_circumstances(name, raw)}\n"]
        for table in part.tables(raw["figures"]):
            lines += [f"{table.about}\n", *_table(table.columns, table.rows), ""]
    return "\n".join(lines).rstrip() + "\n"


def _circumstances(name: str, raw: Raw) -> str:
    machine, versions = raw["machine"], raw["versions"] | raw["peers"]
    named = ", ".join(f"{library} {number}" for library, number in versions.items())
    return (
        f"`--only {name}`, {raw['at'][:10]}, load {raw['load_before']:g} when it began; {machine['processor']},"
        f" {machine['cores']} cores, {machine['memory_gb']:g} GB, {machine['system']}; {named}."
    )


def _limit(value: float, limit: Limit) -> str:
    return f"{_number(value)} {limit.unit}"


def _bound(limit: Limit) -> str:
    return f"at {'most' if limit.at_most else 'least'} {limit.bound:,} {limit.unit}"


def _table(columns: list[str], rows: Iterable[list[object]]) -> Iterator[str]:
    yield f"| {' | '.join(columns)} |"
    yield f"|{'---|' * len(columns)}"
    for row in rows:
        yield f"| {' | '.join(_cell(value) for value in row)} |"


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, Mapping):
        middle, least, most = (_number(value[name]) for name in ("median", "min", "max"))
        few = f", n={value['runs']}" if value["runs"] < ENOUGH_RUNS else ""
        return f"{middle} ({least}-{most}{few})" if least != most else f"{middle}{few}"
    return _number(value) if isinstance(value, int | float) else str(value)


def _number(value: float) -> str:
    """Three figures, and no more decimals than that takes."""
    if value == int(value) or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"
