"""The wheel is whole: installed into an empty folder without a registry, it answers with nothing of the checkout."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MADE = {"target", "logs", "dbt_packages", "__pycache__"}  # by dbt and Python, in no commit
# What the package is made of, once the command ran: its modules, and the reference tables it reads.
TOLD = """
import sys
from flows.cli import main
sys.argv = ["costwatt", "today"]
try:
    main()
except SystemExit as ended:
    assert not ended.code, ended.code
from flows.dbt import seed
ours = [m for name, m in sys.modules.items() if name.partition(".")[0] in ("connectors", "costmodel", "flows")]
print(*(m.__file__ for m in ours if m.__file__), seed("assumption"), sep="\\n", file=sys.stderr)
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the project and nothing else."""
    built, folder = tmp_path_factory.mktemp("built"), tmp_path_factory.mktemp("installed")
    backend = tomllib.loads((ROOT / "pyproject.toml").read_text())["build-system"]["build-backend"]
    hook = f"import sys, {backend} as backend; print(backend.build_wheel(sys.argv[1]))"
    python("-c", hook, str(built), cwd=ROOT)
    (wheel,) = built.iterdir()
    offline = ("--no-index", "--no-deps", "--no-compile", "--disable-pip-version-check")
    python("-m", "pip", "install", *offline, "--target", str(folder), str(wheel), cwd=folder)
    return folder


def python(*arguments: str, cwd: Path, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run this Python with nothing of this environment."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        env={"PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1", **(env or {})},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done


def files(folder: Path) -> set[Path]:
    found = {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}
    return {path for path in found if not MADE & set(path.parts)}


def test_it_carries_the_whole_project(installed: Path) -> None:
    assert files(installed / "flows" / "_sql") == files(ROOT / "sql")
    for package in ("connectors", "costmodel"):
        assert files(installed / package) == files(ROOT / package)
    assert {path for path in files(installed / "flows") if path.parts[0] != "_sql"} == files(ROOT / "flows")


def test_it_answers_from_anywhere_before_the_first_night(installed: Path, tmp_path: Path) -> None:
    env = {"PYTHONPATH": str(installed), "COSTWATT_HOME": str(tmp_path / "home")}
    console = python(str(installed / "bin" / "costwatt"), "today", cwd=Path("/"), env=env)
    assert "dialogue-llama-70b: " in console.stdout
    assert " USD per day\n" in console.stdout
    alone = python("-c", TOLD, cwd=Path("/"), env=env)
    assert alone.stdout == console.stdout
    paths = [Path(line) for line in alone.stderr.splitlines() if line.startswith("/")]
    assert len(paths) > 20
    assert [path for path in paths if not path.is_relative_to(installed)] == []
    assert paths[-1] == installed / "flows" / "_sql" / "seeds" / "assumption.csv"
    assert paths[-1].is_file()
