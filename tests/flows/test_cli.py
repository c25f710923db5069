"""The command line's one way to fail: a line on stderr that says what, where and what to do, and an exit code."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import duckdb
import pytest

from flows import cli

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def _place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COSTWATT_HOME", str(tmp_path))


def _run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of a command."""
    monkeypatch.setattr(sys, "argv", ["costwatt", *arguments])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    printed = capsys.readouterr()
    return int(ended.value.code or 0), printed.out, printed.err


def _raises(error: BaseException):  # noqa: ANN202  stands for the whole app
    def app(*_: object, **__: object) -> int:
        raise error

    return app


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["throughput"], "costwatt: Missing option '--accelerator'; see: costwatt throughput --help"),
        (["today", "--top", "x"], "costwatt: Invalid value for '--top': .*; see: costwatt today --help"),
        (["today", "--nope"], "costwatt: No such option: --nope.*; see: costwatt today --help"),
        (["sql"], "costwatt: Missing argument .*; see: costwatt sql --help"),
        (["tody"], "costwatt: No such command 'tody'.* 'today'.*; see: costwatt --help"),
        (
            ["today", "--format", "xml"],
            "costwatt: Invalid value for '--format': .*'json'.*; see: costwatt today --help",
        ),
        (["validate", "--format", "xml"], "costwatt: Invalid value for '--format': .*; see: costwatt validate --help"),
        (["server-power", "--cpu-count"], "costwatt: Option '--cpu-count' requires an argument; see: costwatt --help"),
    ],
)
def test_wrong_use_is_one_line_that_says_where_to_look(
    arguments: list[str], line: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = _run(monkeypatch, capsys, *arguments)
    assert (code, out) == (2, "")
    assert len(err.splitlines()) == 1
    assert re.fullmatch(line, err.strip())


def test_bytes_that_are_no_text_are_one_line(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "flows", "today", "--scenario", b"\x80"],
        cwd=ROOT,
        env={**os.environ, "COSTWATT_HOME": str(tmp_path)},
        capture_output=True,
        check=False,
        timeout=120,
    )
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)


def test_a_full_disk_is_told_however_it_showed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(cli, "app", _raises(RuntimeError("Server error '500 Internal Server Error'")))
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1000))
    code, _, err = _run(monkeypatch, capsys, "refresh")
    assert code == 1
    assert err.startswith(f"costwatt: {tmp_path}: no space left on the disk (1,000 bytes); free some")


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("arguments", [("validate", "--help"), ("today", "--format", "csv")])
def test_a_full_disk_under_the_output_is_not_that_of_home(
    tmp_path: Path, arguments: tuple[str, ...], unbuffered: str
) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "flows", *arguments],
            cwd=ROOT,
            env={**os.environ, "COSTWATT_HOME": str(tmp_path), "PYTHONUNBUFFERED": unbuffered},
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            timeout=120,
        )
    told = [line for line in done.stderr.splitlines() if not line.startswith("No night was run yet")]
    assert told == ["costwatt: the output: No space left on device; the last published night stays"]
    assert done.returncode == 1


def test_a_bug_is_one_line_and_its_traceback_stands_in_the_log(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(cli, "app", _raises(ZeroDivisionError("division by zero")))
    code, _, err = _run(monkeypatch, capsys, "today")
    assert code == 1
    assert err.startswith("costwatt: ZeroDivisionError: division by zero (a bug; please report it with ")
    assert "Traceback" in (tmp_path / "logs" / "error.log").read_text()


@pytest.mark.parametrize("text", [f"cost_draws = {'7' * 5000}", f"alerts = {'[' * 3000}"])
def test_settings_that_cannot_be_read_are_one_line(
    text: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("costwatt.toml").write_text(text)
    code, _, err = _run(monkeypatch, capsys, "sources")
    assert (code, len(err.splitlines())) == (2, 1)
    assert err.startswith("costwatt: costwatt.toml: not valid TOML: ")


def test_the_last_defence_raises_nothing_of_its_own(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for error in (ZeroDivisionError("a secret"), OSError(5, "a disk")):
        monkeypatch.setattr(cli, "app", _raises(error))
        monkeypatch.setattr(cli, "load_settings", _raises(RecursionError("maximum recursion depth exceeded")))
        code, _, err = _run(monkeypatch, capsys, "today")
        assert (code, len(err.splitlines())) == (1, 1)
        assert "secret" not in err


def test_ctrl_c_is_one_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("flows.commands.sources.load_settings", _raises(KeyboardInterrupt()))
    code, _, err = _run(monkeypatch, capsys, "sources")
    assert (code, err) == (130, "costwatt: interrupted; the last published night stays\n")


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (RuntimeError("Query interrupted"), 130, "interrupted; the last published night stays"),
        (MemoryError(), 1, "more memory is needed than there is; .*"),
        (duckdb.OutOfMemoryException("failed to allocate"), 1, "more memory is needed than there is; .*"),
        (
            UnicodeEncodeError("ascii", "São", 1, 2, "ordinal"),
            1,
            r"the output's encoding, ascii, lacks '\\xe3'; set .*",
        ),
    ],
)
def test_what_is_no_bug_is_not_called_one(
    error: Exception, code: int, line: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cli, "app", _raises(error))
    got, _, err = _run(monkeypatch, capsys, "today")
    assert got == code
    assert re.fullmatch(f"costwatt: {line}\n", err)


def test_a_statement_that_the_locale_cannot_read_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, err = _run(monkeypatch, capsys, "sql", "select 'S\udcc3\udca3o'")
    assert (code, len(err.splitlines())) == (2, 1)
    assert err.endswith("is not UTF-8 text as this locale reads it; set PYTHONUTF8=1\n")


def test_a_closed_stdout_is_one_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    with monkeypatch.context() as closed:
        closed.setattr(sys, "stdout", None)
        with pytest.raises(SystemExit, match="2"):
            cli.main()
    assert capsys.readouterr().err == "costwatt: stdout is closed; to drop what is printed: > /dev/null\n"


@pytest.mark.parametrize("home", ["~nosuch/x", "loop/x"])
def test_a_home_that_leads_nowhere_is_one_line(
    home: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    monkeypatch.setenv("COSTWATT_HOME", home)
    code, _, err = _run(monkeypatch, capsys, "sql", "select 1")
    assert (code, len(err.splitlines())) == (2, 1)


def test_no_arguments_is_help(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = _run(monkeypatch, capsys)
    assert (code, err) == (0, "")
    assert "Usage: costwatt" in out
