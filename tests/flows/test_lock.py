"""One refresh at a time, and nothing left of one that was killed."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from connectors.errors import CostwattError, UsageError
from flows.lock import only_one

HOLD = (
    "import sys, time; from pathlib import Path; from flows.lock import only_one\nwith only_one(Path(sys.argv[1])):\n"
)
SERVE = """
import sys, time
from pathlib import Path
from flows import prefect_home
from flows.home import Home
home = Home(Path(sys.argv[1])).make()
prefect_home.prepare(home)
with prefect_home.server(home):
    prefect_home.wait_until_ready(home.logs / "prefect_server.log")
    print("ready", flush=True)
    time.sleep(60)
"""


def _holder(path: Path, body: str = "    print('held', flush=True); time.sleep(60)") -> subprocess.Popen[str]:
    process = subprocess.Popen([sys.executable, "-c", HOLD + body, str(path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout
    assert process.stdout.readline() == "held\n"
    return process


def test_a_second_one_is_told_who_and_since_when(tmp_path: Path) -> None:
    holder = _holder(tmp_path / "lock")
    told = rf"process {holder.pid}, since 20\d\d-\d\d-\d\dT.*; wait for it"
    with pytest.raises(CostwattError, match=told), only_one(tmp_path / "lock"):
        pass
    holder.kill()
    holder.communicate()


def test_the_lock_of_a_killed_holder_stops_nobody(tmp_path: Path) -> None:
    holder = _holder(tmp_path / "lock")
    holder.kill()
    holder.communicate()
    with only_one(tmp_path / "lock"):
        assert json.loads((tmp_path / "lock").read_text())["pid"] == os.getpid()


def test_its_holder_may_enter_again_and_still_holds_it_after(tmp_path: Path) -> None:
    with only_one(tmp_path / "lock"):
        with only_one(tmp_path / "lock"):
            pass
        with pytest.raises(CostwattError, match="another refresh runs"):
            _in_another_process(tmp_path / "lock")


def _in_another_process(path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", HOLD + "    pass", str(path)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise CostwattError(done.stderr.splitlines()[-1])


@pytest.mark.parametrize("left", ["", "not json", "[]", '{"pid": 1}'])
def test_whatever_an_old_version_left_in_the_file_is_no_obstacle(tmp_path: Path, left: str) -> None:
    (tmp_path / "lock").write_text(left)
    with only_one(tmp_path / "lock"):
        assert json.loads((tmp_path / "lock").read_text())["pid"] == os.getpid()


def test_a_folder_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be written"), only_one(tmp_path / "none" / "lock"):
        pass


@pytest.mark.night
def test_prefects_server_dies_with_a_killed_flow(tmp_path: Path) -> None:
    # another test of this process may have named a home of its own
    env = {k: v for k, v in os.environ.items() if not k.startswith("PREFECT_")}
    flow = subprocess.Popen([sys.executable, "-c", SERVE, str(tmp_path)], stdout=subprocess.PIPE, text=True, env=env)
    assert flow.stdout
    assert flow.stdout.readline() == "ready\n"
    servers = _children(flow.pid)
    assert len(servers) == 1
    database = tmp_path / "prefect" / "prefect.db"
    _wait(database.exists, 60)
    flow.send_signal(signal.SIGKILL)
    flow.wait(10)
    _wait(lambda: not any(_alive(pid) for pid in servers), 30)  # uvicorn lets open connections end first
    assert [pid for pid in servers if _alive(pid)] == []
    assert stat.S_IMODE(database.stat().st_mode) == 0o600


def _wait(reached: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not reached() and time.monotonic() < deadline:
        time.sleep(0.05)


def _children(pid: int) -> list[int]:
    return [int(p) for p in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _alive(pid: int) -> bool:
    try:
        return " Z " not in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
