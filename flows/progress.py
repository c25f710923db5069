"""Progress for people, on stderr; stdout carries data only."""

from __future__ import annotations

from rich.console import Console

console = Console(stderr=True, highlight=False)


def say(line: str) -> None:
    """One line of progress."""
    console.print(line, style="dim", markup=False)
