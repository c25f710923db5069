"""The command line: data on stdout, progress on stderr, exit codes a script can use.

0 done, 1 failed, 2 bad usage, 3 stale (with --strict).
"""

from __future__ import annotations

import os
import sys
import traceback
from datetime import UTC, datetime

import typer

from connectors.errors import CostwattError, UsageError
from flows.commands.refresh import refresh
from flows.commands.sources import sources
from flows.commands.sql import sql
from flows.commands.today import today
from flows.settings import load_settings

FAILED, USAGE, INTERRUPTED = 1, 2, 130

app = typer.Typer(
    help="What an LLM service costs per day, on every way to run it, at today's prices.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command(epilog="Example: costwatt refresh --only aws_prices,ecb_rates")(refresh)
app.command(epilog="Example: costwatt today --scenario code-gpt-oss-120b --provider aws")(today)
app.command(epilog="Example: costwatt sources --format json")(sources)
app.command(epilog='Example: costwatt sql "select option_id, usd_per_day from daily_cost where rank = 1"')(sql)


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
