"""What a connector is asked, and the registry entry that names it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from connectors.answer import Answer
from connectors.records import Partition, Record
from connectors.web import Web


@dataclass(frozen=True)
class Known:
    """What the last accepted night knows of one (region, kind): lets a source say "unchanged".

    Args:
        keys: ``sku/purchase_option`` of its rows, where a source checks that none is lost.
    """

    source_version: str
    etag: str
    keys: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Ask:
    """One night's question to one source.

    Args:
        day: the night's date; day-ahead sources answer for it.
        url: base address of the source, from its setting.
        web: the shared, polite HTTP client of the run.
        folder: where this source keeps the files it downloads tonight.
        regions: regions asked for; empty means all that the source has.
        scope: ``accelerated`` or ``all`` instance types.
        skus: instance types that carry an accelerator, by provider, from the reference tables.
        secrets: optional keys by setting name, in clear; never log them.
        known: what the last accepted night knows, by (region, kind).
        options: connector-specific settings by name.
    """

    day: date
    url: str
    web: Web
    folder: Path
    regions: tuple[str, ...] = ()
    scope: str = "accelerated"
    skus: Mapping[str, frozenset[str]] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    known: Mapping[tuple[str, str], Known] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)

    def keep(self, name: str, answer: Answer) -> None:
        """Leave the raw body of an answer in `folder`, so that a figure can be traced to what the source said."""
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / name).write_bytes(answer.body)


Pull = Callable[[Ask, str], Iterator[Partition]]
Plan = Callable[[Ask], Sequence[str]]


def whole(_: Ask) -> Sequence[str]:
    """Plan of a source that answers for the whole world at once."""
    return ("all",)


@dataclass(frozen=True)
class Connector:
    """One source of facts.

    Args:
        name: names the file, the landing folder and the rows' source.
        record: record types that the source yields.
        setting: name of the setting that holds its base address, without prefix; "" for a source
            that opens no connection (bundled tables) or that boto3 addresses itself.
        url: public base address.
        licence: terms of the data.
        plan: the parts (regions) to pull, each of them one task.
        pull: yields the partitions of one part.
        needs: secrets without which the source is skipped.
        one_at_a_time: its publisher names a rate, so its parts wait for each other; other sources do not wait for them.
    """

    name: str
    record: tuple[type[Record], ...]
    setting: str
    url: str
    licence: str
    pull: Pull
    plan: Plan = whole
    needs: tuple[str, ...] = ()
    one_at_a_time: bool = False


def connector(
    name: str,
    *,
    record: type[Record] | tuple[type[Record], ...],
    licence: str,
    setting: str = "",
    url: str = "",
    plan: Plan = whole,
    needs: tuple[str, ...] = (),
    one_at_a_time: bool = False,
) -> Callable[[Pull], Connector]:
    """Make a pull function a :class:`Connector`; ``connectors.registry`` lists it."""
    records = record if isinstance(record, tuple) else (record,)

    def register(pull: Pull) -> Connector:
        return Connector(name, records, setting, url, licence, pull, plan, needs, one_at_a_time)

    return register
