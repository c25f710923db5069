"""Ask each source what it knows tonight, and land the answer; a source that fails says so and no more."""

from __future__ import annotations

import csv
import json
import logging
import traceback
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date

from connectors.ask import Ask, Connector, Known
from connectors.errors import (
    ConnectorError,
    CostwattError,
    MissingCredentials,
    RateLimited,
    SchemaDrift,
    SourceUnavailable,
    UsageError,
)
from connectors.registry import CONNECTORS
from connectors.web import Web
from flows.dbt import seed
from flows.landing import FAILED, SKIPPED, Status, file_name, part_folder, shown, write_failure, write_part
from flows.run_log import log
from flows.settings import Settings

ALL_REGIONS, ACCELERATED_REGIONS = "all", "accelerated"
SERVER_ERROR = 500
MESSAGE_CHARACTERS = 500  # of a status: a server may answer with a page


@dataclass(frozen=True)
class Night:
    """What every task of one night shares."""

    day: date
    settings: Settings = field(repr=False)
    web: Web = field(repr=False)
    known: dict[tuple[str, str, str], Known] = field(default_factory=dict, repr=False)

    def about(self, connector: Connector) -> Night:
        """What one source needs of the night: it may be sent to another process."""
        known = {key: told for key, told in self.known.items() if key[0] == connector.name}
        return replace(self, known=known)

    def ask(self, connector: Connector) -> Ask:
        """The night's question to one source."""
        settings = self.settings
        return Ask(
            day=self.day,
            url=settings.url_of(connector.setting, connector.url) if connector.setting else "",
            web=self.web,
            folder=settings.paths.landing / self.day.isoformat() / connector.name,
            regions=_regions(connector, settings),
            scope=settings.scope,
            skus=accelerator_skus(),
            secrets=settings.secrets(),
            known={(region, kind): k for (source, region, kind), k in self.known.items() if source == connector.name},
            options={"seeds": str(seed("x").parent), "sites": json.dumps(settings.site, default=str)},
        )


def chosen(only: Sequence[str]) -> tuple[Connector, ...]:
    """The connectors to run.

    Raises:
        UsageError: a name that no source has; lists the names.
    """
    names = {c.name: c for c in CONNECTORS}
    unknown = [n for n in only if n not in names]
    if unknown:
        raise UsageError(f"--only {unknown[0]}: no such source; one of {', '.join(sorted(names))}")
    return tuple(c for c in CONNECTORS if not only or c.name in only)


def addresses(connectors: Iterable[Connector], settings: Settings) -> list[str]:
    """Base addresses of all sources that open connections."""
    return sorted({settings.url_of(c.setting, c.url) for c in connectors if c.setting})


def plan(night: Night, connector: Connector) -> list[str]:
    """The parts (regions) to pull; none, with a status on disk, where the source does not answer."""
    try:
        with _understood(connector.name):
            ask = night.ask(connector)
            _need(connector, ask)
            return list(connector.plan(ask))
    except ConnectorError as error:
        _failed(night, connector, "all", error)
        return []


def pull(night: Night, connector: Connector, region: str) -> list[Status]:
    """Pull one part of a source and land it whole; a failure becomes a status, never half an answer.

    Raises:
        ConnectorError: the source failed; its status is written, and the rest of the night goes on.
    """
    ask = night.ask(connector)
    try:
        folder = part_folder(night.settings.paths.landing, night.day, connector.name, region)
        with _understood(f"{connector.name} {region}"):
            return write_part(folder, connector.name, connector.pull(ask, region))
    except MissingCredentials as error:
        return [_failed(night, connector, region, error)]
    except ConnectorError as error:
        _failed(night, connector, region, error)
        raise


def worth_another_try(error: BaseException) -> bool:
    """True where asking again soon may help: the host answers, but badly; never a throttled or dead one."""
    if not isinstance(error, SourceUnavailable) or isinstance(error, RateLimited):
        return False
    return error.resumable or (error.status or 0) >= SERVER_ERROR


@contextmanager
def _understood(what: str) -> Iterator[None]:
    """An answer that breaks a parser in a way nobody foresaw costs that source alone, not the night.

    Raises:
        SchemaDrift: in place of any exception that is neither ours nor of the disk.
    """
    try:
        yield
    except (CostwattError, OSError):
        raise
    except Exception as error:  # noqa: BLE001  whatever a parser trips over
        # where, not what: the text of such an exception may hold the answer, and that what was asked with
        log(f"{what}: {type(error).__name__}", {"frames": traceback.format_tb(error.__traceback__)}, logging.ERROR)
        raise SchemaDrift(f"{what}: the answer is not understood ({type(error).__name__}); see the log") from None


def _need(connector: Connector, ask: Ask) -> None:
    missing = [n for n in connector.needs if n not in ask.secrets]
    if missing:
        raise MissingCredentials(f"{connector.name}: optional, skipped; set COSTWATT_{missing[0]} to use it")


def _failed(night: Night, connector: Connector, region: str, error: ConnectorError) -> Status:
    told = _shortened(" ".join(night.settings.hide(str(error)).split()))
    error.args = (told, *error.args[1:])
    status = SKIPPED if isinstance(error, MissingCredentials) else FAILED
    folder = part_folder(night.settings.paths.landing, night.day, connector.name, file_name(region))
    return write_failure(folder, connector.name, connector.record[0], shown(region), status, str(error))


def _shortened(message: str) -> str:
    """At most MESSAGE_CHARACTERS; what is left out is the middle: address and reason stand at the ends."""
    if len(message) <= MESSAGE_CHARACTERS:
        return message
    half = MESSAGE_CHARACTERS // 2
    return f"{message[:half]}…{message[1 - half :]}"


def _regions(connector: Connector, settings: Settings) -> tuple[str, ...]:
    """The regions a setting asks for; empty for all. `accelerated`: those that sell an accelerator."""
    named = {"aws": settings.aws_regions, "azure": settings.azure_regions}
    regions = named.get(connector.name.partition("_")[0], ())
    if regions == (ACCELERATED_REGIONS,):
        return tuple(sorted(_priced_regions(connector.name.partition("_")[0])))
    return () if regions == (ALL_REGIONS,) else regions


def accelerator_skus() -> dict[str, frozenset[str]]:
    """Instance types with an accelerator, by provider, from the reference table."""
    skus: dict[str, set[str]] = {}
    with seed("node_type").open(newline="") as file:
        for row in csv.DictReader(file):
            skus.setdefault(row["provider"], set()).add(row["sku"])
    return {p: frozenset(s) for p, s in skus.items()}


def _priced_regions(provider: str) -> set[str]:
    with seed("baseline_price").open(newline="") as file:
        return {r["region"] for r in csv.DictReader(file) if r["provider"] == provider}
