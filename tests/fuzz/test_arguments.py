"""Arguments of every command: whatever is typed, one line and an exit code; no traceback, no hang."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import CostwattError
from flows import prefect_home
from flows.cli import app, main
from tests.fuzz.hostile import fuzz

COMMANDS = typer.main.get_command(app).commands  # type: ignore[attr-defined]
WORDS = """0 -1 1 8 nan inf -inf 1e400 70B 1.5M 9999999999999999999 2026-02-30 2026-11-20 all json csv table EUR XXX usd
    dialogue-llama-70b qwen3-32b hf:a/b hf:../.. h100-sxm fp8 bf16 onprem/DE/dgx-h100/owned /dev/null / ."""
ODD = ["", " ", "--", "-", "\x00", "\n", "é", "%s", "{0}", "';--", "select 1", "x" * 10_000]
VALUES = st.sampled_from([*WORDS.split(), *ODD]) | st.text(st.characters(exclude_categories=["Cs"]), max_size=8)


def _arguments(name: str) -> st.SearchStrategy[list[str]]:
    """Options of a command with and without values, and words between them."""
    options = [option for parameter in COMMANDS[name].params for option in parameter.opts if option.startswith("-")]
    words = st.lists(VALUES, max_size=1)
    some = st.lists(st.tuples(st.sampled_from([*options, "--no-such-option"]), VALUES | st.none()), max_size=5)
    return st.builds(
        lambda before, pairs: [*before, *(word for pair in pairs for word in pair if word is not None)], words, some
    )


@contextmanager
def _no_server(*_: object, **__: object) -> Iterator[None]:
    """In place of Prefect: the arguments were taken, and the night itself is not what is tried here."""
    raise CostwattError("would run")
    yield


@pytest.fixture(autouse=True)
def _place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COSTWATT_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COSTWATT_OFFLINE", "1")
    monkeypatch.setattr(prefect_home, "server", _no_server)
    monkeypatch.setattr(prefect_home, "prepare", lambda _: None)
    monkeypatch.setattr(signal, "signal", lambda *_: None)  # those of this process are pytest's


@pytest.mark.parametrize("name", sorted({*COMMANDS} - {"validate"}))  # it recalibrates the physics each time
def test_any_arguments_end_with_a_code_and_one_line(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    @fuzz(8)
    @given(arguments=_arguments(name))
    def tried(arguments: list[str]) -> None:
        monkeypatch.setattr(sys, "argv", ["costwatt", name, *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        code, err = ended.value.code or 0, capsys.readouterr().err
        assert code in (0, 1, 2)
        assert "Traceback" not in err
        assert "a bug" not in err
        assert code == 0 or err.splitlines()[-1].startswith("costwatt: ")

    tried()
