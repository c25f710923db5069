"""What a night tells a person unasked: a best price that moved, a source that no longer answers.

The thresholds stand in ``[alerts]`` of ``costwatt.toml``. An alert goes to stdout, to a webhook if one is
set, into the table ``alert``, and to Prefect as an event ``costwatt.alert``, on which an automation can send what
Prefect can.
"""

from __future__ import annotations

import json
from dataclasses import asdict, astuple, dataclass
from datetime import date
from pathlib import Path

import duckdb
import requests
import typer

from connectors.address import check_address, host_of
from connectors.errors import ConnectorError, CostwattError
from flows.config_tables import Alerts
from flows.progress import say
from flows.render import spelt_out
from flows.warehouse import connect

STALE, SILENT, MOVED = "source_stale", "source_silent", "price_moved"
FILE = "alerts.json"  # beside the published database
WEBHOOK_SECONDS = 10


@dataclass(frozen=True)
class Alert:
    """One thing to look at; `kind` is one of the three above, `subject` a scenario or a source."""

    kind: str
    subject: str
    message: str


def find(now: Path, before: Path | None, alerts: Alerts) -> list[Alert]:
    """Alerts of the night in the database `now`, compared with the night published before it."""
    return [*_stale(now, alerts.stale_days), *(_moved(now, before, alerts.price_move_ratio) if before else ())]


def _stale(now: Path, stale_days: int) -> list[Alert]:
    with connect(now, read_only=True) as con:
        found = con.execute(
            "select source, max(age_days) from source_status where status <> 'skipped' group by source"
            " having max(age_days) is null or max(age_days) > ? order by source",
            [stale_days],
        ).fetchall()
    return [
        Alert(SILENT, source, f"{source}: never answered yet")
        if age is None
        else Alert(STALE, source, f"{source}: no whole answer for {age} days")
        for source, age in found
    ]


def _moved(now: Path, before: Path, price_move_ratio: float) -> list[Alert]:
    best = "select scenario_id, option_id, usd_per_day, cost_date from scenario_daily"
    try:
        with connect(before, read_only=True) as con:
            old = {scenario: row for scenario, *row in con.execute(best).fetchall()}
    except (CostwattError, duckdb.Error) as error:  # it must not stop the nights after it
        say(f"no price is compared with that of the night before: {error}")
        return []
    with connect(now, read_only=True) as con:
        new = con.execute(f"{best} order by scenario_id").fetchall()
        discounts = con.execute("select scenario_id, option_id, by_discount_usd from cost_change").fetchall()
    told = {(s, option): f"; a changed discount moved {option} by {usd:+,.2f}" for s, option, usd in discounts if usd}
    return [
        Alert(
            MOVED,
            scenario,
            f"{scenario}: {old_usd:,.2f} ({old_option}, {old_date}) -> {usd:,.2f} USD/day ({option}, {day}),"
            f" {usd / old_usd - 1:+.1%}"
            + "".join(told.get((scenario, one), "") for one in sorted({old_option, option})),
        )
        for scenario, option, usd, day in new
        if scenario in old
        for old_option, old_usd, old_date in [old[scenario]]
        if old_usd and abs(usd / old_usd - 1) > price_move_ratio
    ]


def write(run: Path, alerts: list[Alert], day: date) -> None:
    """Keep the alerts with the night they belong to: in its table ``alert``, and in a file beside it."""
    with connect(run / "cost.duckdb") as con:
        for alert in alerts:
            con.execute("insert into alert values (?, ?, ?, ?)", [day, *astuple(alert)])
    path = run / FILE
    path.write_text(json.dumps([asdict(a) for a in alerts], indent=1, ensure_ascii=False) + "\n")
    path.chmod(0o644)


def read(run: Path) -> list[Alert]:
    """The alerts of a published night."""
    return [Alert(**a) for a in json.loads((run / FILE).read_text())]


def tell(alerts: list[Alert]) -> None:
    """One line each on stdout; the sources that never answered in one on stderr, where why stands too."""
    for alert in alerts:
        if alert.kind != SILENT:
            typer.echo(spelt_out(f"alert: {alert.message}"))
    silent = [alert.subject for alert in alerts if alert.kind == SILENT]
    if silent:
        typer.echo(f"alert: {len(silent)} sources never answered yet: {', '.join(silent)}", err=True)


def send(alerts: list[Alert], webhook: str) -> None:
    """POST the alerts as JSON; ``text`` is what chat services show. Its failure never fails the night."""
    text = "costwatt\n" + "\n".join(a.message for a in alerts)
    place = ""
    try:
        place = host_of(webhook)[1]
        answer = requests.post(
            check_address(webhook),
            json={"text": text, "alerts": [asdict(a) for a in alerts]},
            timeout=WEBHOOK_SECONDS,
            allow_redirects=False,
        )
    except ConnectorError:
        say(f"alert webhook {place}: only https is asked (plain http on loopback); not sent")
    except (requests.exceptions.RequestException, ValueError) as error:  # ValueError: no address at all
        say(f"alert webhook {place}: not sent ({type(error).__name__})")  # its text would name the secret address
    else:
        if not answer.ok or answer.is_redirect:
            say(f"alert webhook {place}: answered HTTP {answer.status_code}")
