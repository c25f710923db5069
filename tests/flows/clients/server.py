"""A Postgres of our own for the length of a test session: its own folder, a unix socket, no port."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

DEBIAN = "/usr/lib/postgresql"


def postgres_program(name: str) -> str | None:
    """Path of a server program; Debian keeps them outside PATH, one folder per version."""
    found = sorted(Path(DEBIAN).glob(f"*/bin/{name}"))
    return shutil.which(name) or (str(found[-1]) if found else None)


@contextmanager
def postgres() -> Iterator[str]:
    """Start a server; gives its URL."""
    folder = Path(tempfile.mkdtemp(prefix="costwatt-postgres-"))
    # Postgres refuses to run as root; Debian's package makes a user for it
    as_user = {"user": "postgres"} if os.geteuid() == 0 else {}
    if as_user:
        shutil.chown(folder, "postgres")
    pg_ctl = [postgres_program("pg_ctl") or "pg_ctl", "-D", str(folder / "data"), "-s", "-w"]
    options = f"-c listen_addresses='' -k {folder} -c fsync=off"
    subprocess.run(
        [postgres_program("initdb") or "initdb", "-D", folder / "data", "-U", "costwatt", "-A", "trust"],
        check=True, capture_output=True, cwd=folder, **as_user,
    )  # fmt: skip
    subprocess.run([*pg_ctl, "-o", options, "-l", folder / "log", "start"], check=True, cwd=folder, **as_user)
    try:
        yield f"postgresql://costwatt@/postgres?host={folder}"
    finally:
        subprocess.run([*pg_ctl, "-m", "immediate", "stop"], check=True, cwd=folder, **as_user)
        shutil.rmtree(folder)
