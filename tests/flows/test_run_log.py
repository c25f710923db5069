"""The log of a run: JSON lines, one file a run, the newest kept."""

from __future__ import annotations

import json
import logging
from importlib.metadata import version
from pathlib import Path

import pytest

from connectors.errors import CostwattError
from flows import interrupted, run_log
from flows.home import Home

NIGHT = "2026-11-21"


def _lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_line_is_one_json_object_with_its_fields(tmp_path: Path) -> None:
    with run_log.logged(tmp_path, "20261121T051500", NIGHT, str):
        run_log.log("fetch: 100 % of 2\nlines", {"stage": "fetch", "duration_s": 2.5}, logging.WARNING)
    _, line = _lines(tmp_path / "20261121T051500.jsonl")
    assert line.pop("at")
    assert line == {"level": "warning", "message": "fetch: 100 % of 2\nlines", "stage": "fetch", "duration_s": 2.5}


def test_nothing_is_written_once_the_run_is_over(tmp_path: Path) -> None:
    with run_log.logged(tmp_path, "run", NIGHT, str):
        run_log.log("in")
    run_log.log("out")
    assert [line["message"] for line in _lines(tmp_path / "run.jsonl")][1:] == ["in"]


def test_the_first_line_says_which_night_and_by_which_release(tmp_path: Path) -> None:
    with run_log.logged(tmp_path, "run", NIGHT, str):
        pass
    (line,) = _lines(tmp_path / "run.jsonl")
    release = version("costwatt")
    assert line["message"] == f"night 2026-11-21, costwatt {release}"
    assert (line["date"], line["costwatt_version"]) == ("2026-11-21", release)


@pytest.mark.parametrize(
    ("error", "told", "traced"),
    [
        (
            CostwattError("a.duckdb: cannot be opened\nwith sesame"),
            "failed: a.duckdb: cannot be opened with ***",
            False,
        ),
        (ZeroDivisionError("by sesame"), "failed: ZeroDivisionError: by ***", True),
    ],
)
def test_the_last_line_says_why_it_failed_without_secrets(
    tmp_path: Path, error: Exception, told: str, traced: bool
) -> None:
    with pytest.raises(type(error)), run_log.logged(tmp_path, "run", NIGHT, lambda text: text.replace("sesame", "***")):
        raise error
    _, line = _lines(tmp_path / "run.jsonl")
    assert (line["level"], line["message"], line["error"]) == ("error", told, type(error).__name__)
    assert ("by ***\n" in str(line.get("traceback"))) is traced
    assert "sesame" not in (tmp_path / "run.jsonl").read_text()


def test_a_log_that_takes_no_more_is_no_second_error(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "run.jsonl").symlink_to("/dev/full")
    with pytest.raises(CostwattError, match="the first"), run_log.logged(tmp_path, "run", NIGHT, str):
        raise CostwattError("the first")
    assert capfd.readouterr() == ("", "")


def test_only_the_newest_logs_stay(tmp_path: Path) -> None:
    for number in range(run_log.KEEP + 5):
        with run_log.logged(tmp_path, f"run{number:03}", NIGHT, str):
            pass
    names = sorted(p.name for p in tmp_path.glob("*.jsonl"))
    assert (len(names), names[0]) == (run_log.KEEP, "run005.jsonl")


def test_a_killed_night_goes_on_under_its_name_and_an_ended_one_does_not(tmp_path: Path) -> None:
    night = tmp_path / "2026-11-21"
    night.mkdir()
    (night / ".unfinished").write_text("killed")
    with interrupted.attempt(night) as name:
        assert name == "killed"
    with interrupted.attempt(night) as name:
        assert name != "killed"
    assert list(night.iterdir()) == []


def test_the_sweep_takes_what_is_half_made_and_leaves_what_is_whole(tmp_path: Path) -> None:
    home = Home(tmp_path / "home").make()
    for name, whole in (("a", True), ("b", False), ("c", True)):
        (home.runs / name).mkdir()
        if whole:
            (home.runs / name / "manifest.json").write_text("{}")
    home.published.symlink_to(".published/a")
    (home.root / ".published.123").symlink_to(".published/b")
    interrupted.sweep(home)
    assert sorted(p.name for p in home.runs.iterdir()) == ["a", "c"]
    assert not (home.root / ".published.123").is_symlink()
    assert home.published.resolve().name == "a"
