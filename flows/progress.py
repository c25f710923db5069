"""Progress for people, on stderr; stdout carries data only."""

from __future__ import annotations

from rich.console import Console

from flows.render import spelt_out
from flows.run_log import log

console = Console(stderr=True, highlight=False)


def say(line: str, **fields: object) -> None:
    """One line of progress, and the same with its fields in the log of the run."""
    told = spelt_out(line)
    log(told, fields)
    console.print(told, style="dim", markup=False, soft_wrap=True)
