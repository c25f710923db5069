"""The files that settings stand in, ``costwatt.toml`` and ``.env``: read, or refused in one line."""

from __future__ import annotations

import tomllib
from io import StringIO
from pathlib import Path
from typing import Any

from dotenv.parser import parse_stream

from connectors.errors import UsageError

CONFIG_FILE, ENV_FILE = Path("costwatt.toml"), Path(".env")
PREFIX = "COSTWATT_"


def config() -> dict[str, Any]:
    """What ``costwatt.toml`` holds; Windows puts a byte order mark before it.

    Raises:
        UsageError: it is no TOML, or no UTF-8.
    """
    if not CONFIG_FILE.exists():
        return {}
    try:
        return tomllib.loads(CONFIG_FILE.read_bytes().decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise UsageError(f"{CONFIG_FILE}: not UTF-8 (byte {error.start + 1}); save it as UTF-8") from None
    except RecursionError:
        raise UsageError(f"{CONFIG_FILE}: not valid TOML: nested too deep") from None
    except ValueError as error:  # a number of thousands of digits too
        raise UsageError(f"{CONFIG_FILE}: not valid TOML: {error}") from None


def refuse_broken_lines() -> None:
    """A line of ``.env`` that cannot be read must not pass for a default; nothing of it is told, it may be a secret.

    Raises:
        UsageError: which line.
    """
    if not ENV_FILE.is_file():
        return
    try:
        text = ENV_FILE.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise UsageError(f"{ENV_FILE}: not UTF-8 (byte {error.start + 1}); save it as UTF-8") from None
    for line in parse_stream(StringIO(text)):
        given = line.original.string
        # a name alone is what other programs may want of theirs
        if line.error or (line.value is None and (line.key or "").upper().startswith(PREFIX)):
            number = line.original.line + given[: len(given) - len(given.lstrip())].count("\n")
            raise UsageError(f"{ENV_FILE}, line {number}: not NAME=VALUE; close its quotes, see docs/settings.md")
