"""The systemd units and the cron line of docs/schedule.md are what those programs take, and name our command."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from configparser import ConfigParser
from pathlib import Path

import typer

from flows.cli import app

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "schedule.md").read_text()
PROGRAM = "/srv/costwatt/.venv/bin/costwatt"
FIELDS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))  # minute, hour, day, month, weekday


def _units() -> dict[str, str]:
    blocks = re.findall(r"```ini\n# /etc/systemd/system/(\S+)\n(.*?)```", PAGE, re.DOTALL)
    assert [name for name, _ in blocks] == ["costwatt.service", "costwatt.timer"]
    return dict(blocks)


def _parsed(text: str) -> ConfigParser:
    parser = ConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[assignment]  systemd tells cases apart
    parser.read_string(text)
    return parser


def _takes(command: list[str]) -> None:
    """Our command line takes these arguments; a wrong one raises."""
    group = typer.main.get_command(app)
    name, *arguments = command
    group.commands[name].make_context(name, arguments)  # type: ignore[attr-defined]


def _systemd_takes(folder: Path) -> None:
    for name, text in _units().items():
        (folder / name).write_text(text.replace(PROGRAM, "/bin/true"))  # verify asks that the program exists
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *map(str, sorted(folder.iterdir()))],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr


def test_the_units_say_what_is_meant(tmp_path: Path) -> None:
    units = {name: _parsed(text) for name, text in _units().items()}
    service, timer = units["costwatt.service"], units["costwatt.timer"]
    program, *arguments = shlex.split(service["Service"]["ExecStart"])
    assert program == PROGRAM
    _takes(arguments)
    assert service["Service"]["Type"] == "oneshot"
    assert service["Service"]["ReadWritePaths"] == service["Service"]["Environment"].removeprefix("COSTWATT_HOME=")
    assert timer["Timer"]["OnCalendar"] == "*-*-* 05:15:00 UTC"
    assert timer["Timer"]["Persistent"] == "true"
    assert {*service.sections(), *timer.sections()} == {"Unit", "Service", "Timer", "Install"}
    if shutil.which("systemd-analyze"):
        _systemd_takes(tmp_path)


def test_the_cron_line_is_one() -> None:
    line = re.search(r"\*\*cron\*\*: `(.+)`", PAGE)
    assert line
    *fields, command = line[1].split(maxsplit=5)
    assert all(f == "*" or low <= int(f) <= high for f, (low, high) in zip(fields, FIELDS, strict=True))
    assert "%" not in command, "cron reads it as a new line"
    subprocess.run(["sh", "-n", "-c", command], check=True, timeout=60)
    words = shlex.split(command, comments=False)
    _takes(words[words.index(".venv/bin/costwatt") + 1 : -2])
