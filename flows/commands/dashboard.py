"""``costwatt dashboard``: the page of the latest night."""

from __future__ import annotations

import webbrowser
from typing import Annotated

import typer

from connectors.errors import UsageError
from flows.settings import load_settings


def dashboard(
    show: Annotated[bool, typer.Option("--open", help="Open it in the web browser as well.")] = False,
) -> None:
    """The latest night as a page: prints its path.

    One HTML file that needs no network; its address stays the same from night to night.
    """
    page = load_settings().paths.published / "index.html"
    if not page.exists():
        raise UsageError(f"{page}: no night was published yet; run: costwatt refresh")
    # the link itself, not the night behind it: a bookmark shows tomorrow's page tomorrow
    typer.echo(page)
    if show:
        webbrowser.open(page.as_uri())
