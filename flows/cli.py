"""The command line: data on stdout, progress on stderr, exit codes a script can use.

0 done, 1 failed, 2 bad usage, 3 stale (with --strict).
"""

from __future__ import annotations

import os
import sys
import traceback
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated

import typer

from connectors.errors import CostwattError, UsageError
from flows.progress import say
from flows.published import manifest, open_costs, open_published, run_sql
from flows.render import Format, emit
from flows.settings import Settings, load_settings
from flows.show_today import show
from flows.today import DEFAULT_SCENARIO, Filters, today

FAILED, USAGE, STALE, INTERRUPTED = 1, 2, 3, 130
STALE_DAYS = 3

app = typer.Typer(
    help="What an LLM service costs per day, on every way to run it, at today's prices.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
Form = Annotated[Format, typer.Option("--format", help="How to print.")]
Currency = Annotated[str, typer.Option(help="Currency of the amounts, e.g. EUR.")]


@app.command("refresh", epilog="Example: costwatt refresh --only aws_prices,ecb_rates")
def refresh_command(
    day: Annotated[str, typer.Option("--date", help="Night to price, YYYY-MM-DD; default: today (UTC).")] = "",
    only: Annotated[str, typer.Option(help="Sources to ask, comma-separated; the others keep their rows.")] = "",
    strict: Annotated[bool, typer.Option("--strict", help="Exit 3 where a source is stale.")] = False,
) -> None:
    """Run the nightly job once and print today's table."""
    settings = load_settings()
    settings.paths.make()
    _check_day(settings, day)
    # a mute resolver holds each look-up for 10 s; glibc reads this at its first one
    os.environ.setdefault("RES_OPTIONS", "timeout:1 attempts:1")
    from flows import prefect_home  # noqa: PLC0415  Prefect costs 2 s to import: only the night pays
    from flows.lock import only_one  # noqa: PLC0415
    from flows.sources import chosen  # noqa: PLC0415

    names = tuple(n.strip() for n in only.split(",") if n.strip())
    chosen(names)
    prefect_home.prepare(settings.paths)
    with only_one(settings.paths.lock):
        from flows.nightly import run_night  # noqa: PLC0415

        run = run_night(day=day, only=names)
    say(f"published {run}")
    today_command()
    if strict:
        _exit_if_stale(settings)


def _check_day(settings: Settings, day: str) -> None:
    if not day:
        return
    try:
        asked = date.fromisoformat(day)
    except ValueError:
        raise UsageError(f"--date {day}: not a date; write YYYY-MM-DD") from None
    if asked > datetime.now(UTC).date():
        raise UsageError(f"--date {day}: lies in the future")
    last = (manifest(settings.paths) or {}).get("cost_date")
    if last and day < last:
        raise UsageError(f"--date {day}: before the last published night {last}; use: costwatt backfill --from {day}")


def _exit_if_stale(settings: Settings) -> None:
    with open_published(settings.paths) as con:
        stale = con.execute(
            "select source, max(age_days) from source_status where status <> 'skipped' group by source"
            " having coalesce(max(age_days), 9999) > ? order by source",
            [STALE_DAYS],
        ).fetchall()
    if stale:
        say(
            "stale: " + ", ".join(f"{source} ({age if age is not None else 'never answered'})" for source, age in stale)
        )
        raise typer.Exit(STALE)


@app.command("today", epilog="Example: costwatt today --scenario code-gpt-oss-120b --provider aws")
def today_command(
    scenario: Annotated[str, typer.Option(help="Which service.")] = DEFAULT_SCENARIO,
    provider: Annotated[str | None, typer.Option(help="aws, azure, onprem, openai, ...")] = None,
    region: Annotated[str | None, typer.Option(help="A cloud region or a tariff zone.")] = None,
    max_price_age: Annotated[int | None, typer.Option(help="Hide prices older than this many days.", min=0)] = None,
    top: Annotated[int, typer.Option(help="How many options to list.", min=1)] = 15,
    all_regions: Annotated[bool, typer.Option("--all-regions", help="List every region, not the cheapest.")] = False,
    form: Form = Format.table,
    currency: Currency = "USD",
) -> None:
    """What a service costs today: the one figure, then the ranked options."""
    filters = Filters(scenario, provider, region, max_price_age, top, all_regions=all_regions)
    with open_costs(load_settings().paths) as (con, baseline):
        rate = _rate(con, currency.upper(), baseline)
        answer = today(con, filters)
    show(answer, scenario, form, currency=currency.upper(), rate=rate, baseline=baseline)


def _rate(con: object, currency: str, baseline: bool) -> Decimal:
    """Units of `currency` per USD, as of the published night."""
    if currency == "USD":
        return Decimal(1)
    if baseline:
        raise UsageError(f"--currency {currency}: needs the exchange rates of a night; run: costwatt refresh")
    found = con.execute("select usd_per_unit from fx_rate where currency = ?", [currency]).fetchone()  # type: ignore[attr-defined]
    if found is None:
        raise UsageError(f"--currency {currency}: no exchange rate is known; see: costwatt sql 'from fx_rate'")
    return 1 / Decimal(str(found[0]))


@app.command("sources", epilog="Example: costwatt sources --format json")
def sources_command(form: Form = Format.table) -> None:
    """The state of each source: what it answered, how old it is, and why it did not."""
    with open_published(load_settings().paths) as con:
        names, rows = run_sql(
            con,
            "select source, string_agg(distinct status, '+' order by status) as status,"
            " sum(accepted_rows)::bigint as rows, sum(quarantined_rows)::bigint as quarantined,"
            " max(as_of) as as_of, max(last_complete_on)::varchar as last_answer, max(age_days) as age_days,"
            " coalesce(max(message), '') as message"
            " from source_status group by source order by source",
        )
    emit(names, rows, form)


@app.command("sql", epilog='Example: costwatt sql "select option_id, usd_per_day from daily_cost where rank = 1"')
def sql_command(
    statement: Annotated[str, typer.Argument(help="One read-only statement.")], form: Form = Format.table
) -> None:
    """Ask the published warehouse in SQL; read-only, no files, no network."""
    with open_published(load_settings().paths) as con:
        names, rows = run_sql(con, statement)
    emit(names, rows, form)


def main() -> None:
    """Entry point: every error is one line and an exit code, never a traceback."""
    try:
        app()
    except UsageError as error:
        _fail(error, USAGE)
    except CostwattError as error:
        _fail(error, FAILED)
    except KeyboardInterrupt:
        _fail("interrupted; the last published night stays", INTERRUPTED)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except Exception as error:  # noqa: BLE001  the last line of defence; the log has the traceback
        _fail(f"{type(error).__name__}: {error} ({_logged()})", FAILED)


def _fail(message: object, code: int) -> None:
    text = " ".join(str(message).split())
    print(f"costwatt: {text}", file=sys.stderr)
    raise SystemExit(code)


def _logged() -> str:
    """Write the traceback to the log; say where, or that it could not be."""
    try:
        log = load_settings().paths.make().logs / "error.log"
        with log.open("a") as file:
            file.write(f"{datetime.now(UTC).isoformat()}\n{traceback.format_exc()}\n")
    except (OSError, CostwattError):
        return "a bug; its traceback could not be logged"
    return f"a bug; please report it with {log}"
