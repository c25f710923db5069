"""Servers of our own for the length of a test: Postgres in its own folder, on a unix socket; S3 on loopback."""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import boto3
import pytest
from moto.server import ThreadedMotoServer

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


@contextmanager
def s3(bucket: str, keys: dict[str, str]) -> Iterator[dict[str, str]]:
    """Start moto's S3 with an empty bucket; gives the variables by which boto3 finds it, `keys` among them."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    env = keys | {"AWS_ENDPOINT_URL_S3": f"http://{host}:{port}", "AWS_DEFAULT_REGION": "us-east-1"}
    try:
        with pytest.MonkeyPatch.context() as patch:
            for name, value in env.items():
                patch.setenv(name, value)
            boto3.client("s3").create_bucket(Bucket=bucket)
            yield env
    finally:
        server.stop()
