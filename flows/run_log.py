"""The log of each night: one JSON object per line in ``HOME/logs/<run>.jsonl``, the newest kept."""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from connectors.errors import CostwattError

KEEP = 30
logger = logging.getLogger("costwatt")
logger.setLevel(logging.INFO)
logger.propagate = False
logger.addHandler(logging.NullHandler())  # without a run, nobody listens: not stderr either


class JsonLines(logging.Formatter):
    """``{"at": ..., "level": ..., "message": ...}`` and the fields that the caller gave."""

    def format(self, record: logging.LogRecord) -> str:
        """One line of JSON."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = {"at": at, "level": record.levelname.lower(), "message": record.getMessage()}
        return json.dumps(line | getattr(record, "fields", {}), default=str, ensure_ascii=False)


class QuietFile(logging.FileHandler):
    """A file that takes no more, on a full disk, is no second error: the first one is what stops the night."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  the name that logging calls
        """Drop the line."""

    def close(self) -> None:
        """Close, and drop what could not be written."""
        with suppress(OSError):
            super().close()


@contextmanager
def logged(folder: Path, run_id: str, night: str, hide: Callable[[str], str]) -> Iterator[None]:
    """Write what is logged to the file of this run, from who it is to why it failed; drop all but the newest files.

    Args:
        folder: of the logs.
        run_id: name of the run.
        night: its date, as asked for.
        hide: what takes the secrets out of a text.
    """
    handler = QuietFile(folder / f"{run_id}.jsonl", encoding="utf-8")
    handler.setFormatter(JsonLines())
    logger.addHandler(handler)
    release = version("costwatt")
    log(f"night {night}, costwatt {release}", {"date": night, "costwatt_version": release})
    try:
        yield
    except Exception as error:
        is_bug = not isinstance(error, CostwattError)
        traced = {"traceback": hide("".join(traceback.format_exception(error)))} if is_bug else {}
        log(f"failed: {hide(reason(error))}", {"error": type(error).__name__, **traced}, logging.ERROR)
        raise
    finally:
        logger.removeHandler(handler)
        handler.close()
        for old in sorted(folder.glob("*.jsonl"))[:-KEEP]:
            old.unlink(missing_ok=True)


def reason(error: Exception) -> str:
    """Why, in one line: what was raised on purpose says it, of anything else its kind counts too."""
    told = str(error) if isinstance(error, CostwattError) else f"{type(error).__name__}: {error}"
    return " ".join(told.split())


def log(message: str, fields: Mapping[str, object] | None = None, level: int = logging.INFO) -> None:
    """One line in the log of the run; nothing where no run is on."""
    logger.log(level, "%s", message, extra={"fields": dict(fields or {})})
