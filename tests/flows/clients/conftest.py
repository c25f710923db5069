"""Clients that are programs, not Python packages: their tests are collected where the program is installed.

Debian: apt-get install chromium chromium-driver postgresql
"""

from __future__ import annotations

import shutil

import pytest

from tests.flows.clients.server import postgres_program

PROGRAMS = {
    "test_dashboard_in_chromium.py": shutil.which("chromedriver"),
    "test_ducklake.py": postgres_program("initdb"),
    "test_postgres.py": postgres_program("initdb"),
}
collect_ignore = [file for file, program in PROGRAMS.items() if program is None]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for file in collect_ignore:
        terminalreporter.write_line(f"{file}: not run, its program is not installed (see {__file__})", yellow=True)
