"""Help and completion: what a shell shows before anything has run."""

from __future__ import annotations

import inspect
import subprocess
import sys
from importlib.metadata import version

import pytest
from typer.models import CommandInfo

from flows.cli import app

COMMANDS = app.registered_commands
ONE_LINE = 62  # what a terminal of 80 columns leaves beside the names


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.callback.__name__)
def test_a_command_is_told_in_one_line_with_an_example(command: CommandInfo) -> None:
    told = inspect.getdoc(command.callback) or ""
    assert len(told.splitlines()[0]) <= ONE_LINE
    assert "Raises:" not in told  # it is shown as it stands
    assert (command.epilog or "").startswith("Example")
    name = command.name or command.callback.__name__.replace("_", "-")  # type: ignore[union-attr]
    assert f"costwatt {name}" in (command.epilog or "")


def complete(words: str) -> set[str]:
    """What bash offers for the last of `words`."""
    asked = {"_COSTWATT_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(len(words.split()) - 1)}
    script = "from flows.cli import app; app(prog_name='costwatt')"
    done = subprocess.run(
        [sys.executable, "-c", script], env=asked, capture_output=True, text=True, timeout=60, check=False
    )
    return set(done.stdout.split())


def test_the_shell_completes_commands_and_options() -> None:
    assert complete("costwatt e") == {"estimate", "explain"}
    assert "--requests-per-day" in complete("costwatt estimate --req")


def test_the_version_is_that_of_the_package() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "flows", "--version"], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout == f"costwatt {version('costwatt')}\n"
