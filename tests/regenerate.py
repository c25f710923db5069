"""Make the committed baseline and README's example output anew: python -m tests.regenerate."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

import duckdb

from flows.baseline import BASELINE_DATE, write_baseline
from flows.published import BASELINE
from flows.settings_files import CONFIG_FILE, ENV_FILE
from tests.flows.conftest import command, no_network

README = Path(__file__).resolve().parent.parent / "README.md"
BLOCK = re.compile(r"(<!-- today -->\n```text\n).*?(```\n)", re.DOTALL)


def offline_night(home: Path) -> str:
    """Run the baseline's night without network; what it printed on stdout."""
    env = {"COSTWATT_HOME": str(home)}
    done = command("refresh", "--date", BASELINE_DATE, env=env, prefix=no_network())
    if done.returncode:
        raise SystemExit(done.stderr)
    return trimmed(done.stdout)


def trimmed(text: str) -> str:
    return "".join(line.rstrip() + "\n" for line in text.splitlines())


def readme_with(output: str) -> str:
    return BLOCK.sub(lambda m: m.group(1) + output + m.group(2), README.read_text())


def main() -> None:
    for own in (CONFIG_FILE, ENV_FILE):
        if own.exists():
            raise SystemExit(f"{own}: the baseline holds nobody's own figures; run this in a folder without it")
    with tempfile.TemporaryDirectory() as folder:
        output = offline_night(Path(folder))
        with duckdb.connect(str(Path(folder) / "published" / "cost.duckdb"), read_only=True) as con:
            write_baseline(con, BASELINE)
    README.write_text(readme_with(output))


if __name__ == "__main__":
    main()
