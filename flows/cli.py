"""The command line: data on stdout, progress on stderr, exit codes a script can use.

0 done, 1 failed, 2 bad usage, 3 stale (with --strict).
"""

from __future__ import annotations

import errno
import shutil
import sys
import traceback
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Annotated, NoReturn

import duckdb
import typer

from connectors.errors import CostwattError, UsageError
from flows.commands.backfill import backfill
from flows.commands.compare import compare
from flows.commands.dashboard import dashboard
from flows.commands.estimate import estimate
from flows.commands.explain import explain
from flows.commands.history import history
from flows.commands.refresh import refresh
from flows.commands.serve import serve
from flows.commands.server_power import server_power
from flows.commands.sources import sources
from flows.commands.sql import sql
from flows.commands.throughput import throughput
from flows.commands.today import today
from flows.commands.train import train
from flows.commands.validate import validate
from flows.commands.why import why
from flows.render import spelt_out
from flows.settings import load_settings

NAME = "costwatt"
FAILED, USAGE, INTERRUPTED = 1, 2, 130
INTERRUPTED_QUERY = "Query interrupted"  # what DuckDB makes of Ctrl-C
FULL_BYTES = 16 << 20  # a disk with less can hold no night

app = typer.Typer(
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(asked: bool) -> None:
    if asked:
        print(f"{NAME} {version(NAME)}")
        raise typer.Exit


@app.callback()
def costwatt(
    *,
    _: Annotated[
        bool, typer.Option("--version", help="Print the version and exit.", is_eager=True, callback=_print_version)
    ] = False,
) -> None:
    """What an LLM service costs per day, on every way to run it, at today's prices."""


app.command(epilog="Example: costwatt refresh --only aws_prices,ecb_rates")(refresh)
app.command(epilog="Example: costwatt today --scenario code-gpt-oss-120b --provider aws")(today)
app.command(epilog="Example: costwatt sources --format json")(sources)
app.command(epilog="Example: costwatt dashboard --open")(dashboard)
app.command(epilog='Example: costwatt sql "select option_id, usd_per_day from daily_cost where rank = 1"')(sql)
app.command(
    epilog="Example: costwatt estimate --model qwen3-32b --requests-per-day 250k --input-tokens 900"
    " --output-tokens 250 --ttft-ms 1500 --itl-ms 60"
)(estimate)
app.command(epilog="Example: costwatt explain onprem/DE/dgx-h100/owned --scenario dialogue-llama-70b")(explain)
app.command(epilog="Example: costwatt compare onprem/DE/dgx-h100/owned onprem/US-VA/dgx-h100/owned")(compare)
app.command(epilog="Example: costwatt why onprem/DE/dgx-h100/owned --since 2026-11-20")(why)
app.command(
    epilog="Example: costwatt throughput --model llama-3.1-70b --accelerator h100-sxm --count 8 --precision fp8"
    " --input-tokens 1155 --output-tokens 211 --ttft-ms 1000 --itl-ms 50"
)(throughput)
app.command(epilog="Example: costwatt train --params 70B --tokens 15T --accelerators 16384")(train)
app.command(
    epilog="Example, a Cisco UCS C240 M5 with two Xeon, 384 GB and two drives: costwatt server-power --cpu-count 2"
    " --cpu-unit socket --memory-gb 384 --storage-tb 3.84 --network-mbps 1000 --pue 1.54 --tariff 0.13"
)(server_power)
app.command(epilog="Example: costwatt validate --format csv > validation.csv")(validate)

app.command(epilog="Example: costwatt history aws/us-east-1/p5.48xlarge/on_demand")(history)
app.command(epilog="Example: COSTWATT_AWS_REGIONS=us-east-1 costwatt backfill --from 2026-09-01")(backfill)
app.command(epilog="Example: costwatt serve --cron '15 5 * * *' --timezone Europe/Berlin")(serve)


def main() -> None:
    """Entry point: every error is one line and an exit code, never a traceback."""
    try:
        code = app(_arguments(), prog_name=NAME, standalone_mode=False)
        sys.stdout.flush()  # what cannot be written is told here, not by Python at its end
    except UsageError as error:
        _fail(error, USAGE)
    except typer.TyperException as error:  # a missing option, a wrong value, no such command
        _fail(f"{error.format_message().rstrip('.')}; see: {_asked(error)} --help", error.exit_code)
    except CostwattError as error:
        _fail(error, FAILED)
    except OSError as error:
        _fail(f"{error.filename or _written(error)}: {error.strerror or error}; the last published night stays", FAILED)
    except (MemoryError, duckdb.OutOfMemoryException):
        _fail("more memory is needed than there is; the last published night stays", FAILED)
    except Exception as error:  # noqa: BLE001  the last line of defence; the log has the traceback
        if str(error) == INTERRUPTED_QUERY:
            _interrupted()
        _fail(
            _unwritable(error) or _no_space() or f"{type(error).__name__}: {_hidden(str(error))} ({_logged()})", FAILED
        )
    if code == INTERRUPTED:  # what Typer makes of Ctrl-C
        _interrupted()
    raise SystemExit(code)


def _arguments() -> list[str]:
    """What was typed.

    Raises:
        UsageError: it is no text, or there is nowhere to print.
    """
    if sys.stdout is None:  # a file opened next would take its number, and be printed into
        raise UsageError("stdout is closed; to drop what is printed: > /dev/null")
    for argument in sys.argv[1:]:
        if not argument.isascii() and argument != argument.encode(errors="replace").decode():
            raise UsageError(f"{argument!a:.80} is not UTF-8 text as this locale reads it; set PYTHONUTF8=1")
    return sys.argv[1:] or ["--help"]


def _unwritable(error: Exception) -> str:
    """A character that stdout's encoding does not have."""
    if not isinstance(error, UnicodeEncodeError) or error.encoding == "utf-8":
        return ""
    return f"the output's encoding, {error.encoding}, lacks {error.object[error.start]!a}; set PYTHONIOENCODING=utf-8"


def _interrupted() -> NoReturn:
    _fail("interrupted; the last published night stays", INTERRUPTED)


def _asked(error: typer.TyperException) -> str:
    """The command that the person meant, as far as it was understood: ``costwatt today``."""
    context = getattr(error, "ctx", None)
    return str(context.command_path) if context else NAME


def _written(error: OSError) -> str:
    """Where a disk error happened that names no file: where HOME has space, it is what was printed that found none."""
    if error.errno != errno.ENOSPC or _no_space():
        return _home()
    sys.stdout = None  # Python would try once more at its end, and say so
    return "the output"


def _home() -> str:
    try:
        return str(load_settings().paths.root)
    except Exception:  # noqa: BLE001  an error is being told: no second one
        return "the folder of costwatt"


def _no_space() -> str:
    """What a full disk does is told in many ways, by SQLite as by Prefect; the disk itself says it in one."""
    try:
        home = load_settings().paths.root
        free_bytes = shutil.disk_usage(home).free
    except Exception:  # noqa: BLE001  as above
        return ""
    if free_bytes > FULL_BYTES:
        return ""
    return f"{home}: no space left on the disk ({free_bytes:,} bytes); free some: the last published night stays"


def _fail(message: object, code: int) -> NoReturn:
    text = " ".join(str(message).split())
    print(f"{NAME}: {spelt_out(text)}", file=sys.stderr)
    raise SystemExit(code)


def _hidden(text: str) -> str:
    """`text` without the secrets of the settings; without all of it where they cannot be read."""
    try:
        return load_settings().hide(text)
    except Exception:  # noqa: BLE001  as above
        return "(not shown)"


def _logged() -> str:
    """Write the traceback to the log; say where, or that it could not be."""
    try:
        log = load_settings().paths.make().logs / "error.log"
        with log.open("a") as file:
            file.write(f"{datetime.now(UTC).isoformat()}\n{_hidden(traceback.format_exc())}\n")
    except Exception:  # noqa: BLE001  as above
        return "a bug; its traceback could not be logged"
    return f"a bug; please report it with {log}"
