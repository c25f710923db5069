"""The log of each night: one JSON object per line in ``HOME/logs/<run>.jsonl``, the newest kept."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

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


@contextmanager
def logged(folder: Path, run_id: str) -> Iterator[None]:
    """Write what is logged to the file of this run, and drop all but the newest files."""
    handler = logging.FileHandler(folder / f"{run_id}.jsonl", encoding="utf-8")
    handler.setFormatter(JsonLines())
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        handler.close()
        for old in sorted(folder.glob("*.jsonl"))[:-KEEP]:
            old.unlink(missing_ok=True)


def log(message: str, fields: Mapping[str, object] | None = None, level: int = logging.INFO) -> None:
    """One line in the log of the run; nothing where no run is on."""
    logger.log(level, "%s", message, extra={"fields": dict(fields or {})})
