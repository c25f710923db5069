"""Answers in an unexpected shape are one kind of error, whatever the parser stumbled over."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from connectors.errors import SchemaDrift


@contextmanager
def reading(url: str) -> Iterator[None]:
    """Turn what a parser raises on unexpected input into one line that names the address.

    Raises:
        SchemaDrift: a field is missing, or holds something else than documented.
    """
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise SchemaDrift(f"{url}: not in the documented shape: {type(error).__name__} {error}") from error
