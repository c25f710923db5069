"""Options that several commands share."""

from __future__ import annotations

from typing import Annotated

import typer

from flows.render import Format

Form = Annotated[Format, typer.Option("--format", help="How to print.")]
Currency = Annotated[str, typer.Option(help="Currency of the amounts, e.g. EUR.")]
