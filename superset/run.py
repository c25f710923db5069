# ruff: noqa: INP001  scripts, not a package: the name belongs to Superset's own
"""Install Apache Superset beside costwatt, import the dashboard, compare its figures, then serve it until Ctrl-C.

``python superset/run.py PYTHON``, with costwatt's own interpreter; PYTHON makes Superset's environment. ``SERVE=0``
ends it after the comparison, ``SUPERSET_PORT`` moves it. All that it leaves lies in ``.venv-superset``; run again, it
installs nothing anew and replaces what it imported.
"""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bundle import write_bundle
from check import Superset, compare, import_bundles

from connectors.errors import CostwattError
from flows.settings import load_settings

FOLDER = Path(__file__).resolve().parent
VENV = FOLDER.parent / ".venv-superset"
HOME, LOCK = VENV / "home", FOLDER / "requirements.lock"
LOG = HOME / "superset.log"
STOP_S = 20


def say(text: str) -> None:
    """Progress, on stderr."""
    sys.stderr.write(f"superset: {text}\n")


def run(*command: str | Path, env: dict[str, str] | None = None) -> None:
    """One step; what it prints goes to the log.

    Raises:
        CostwattError: it failed; with its last line.
    """
    with LOG.open("a") as log:
        # Superset's own folder holds no module named superset, which would hide the package
        done = subprocess.run(command, cwd=HOME, env=env, stdout=log, stderr=log, check=False)  # noqa: S603  fixed programs
    if done.returncode:
        raise CostwattError(f"{Path(command[0]).name} {command[1]}: failed, see {LOG}: {_last_line()}")


def install(python: str) -> None:
    """Make the environment from the lock, once."""
    installed = HOME / "requirements.lock"
    if installed.exists() and installed.read_bytes() == LOCK.read_bytes():
        return
    say("installing Apache Superset into .venv-superset; some minutes, once")
    HOME.mkdir(parents=True, exist_ok=True)
    run(python, "-m", "venv", VENV)
    pip = (VENV / "bin" / "python", "-m", "pip", "--disable-pip-version-check", "--quiet", "install")
    run(*pip, "--no-deps", "--require-hashes", "-r", LOCK)
    installed.write_bytes(LOCK.read_bytes())


def kept(name: str) -> str:
    """A secret of this installation, made at its first use and readable by its owner alone."""
    file = HOME / name
    if not file.exists():
        with os.fdopen(os.open(file, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600), "w") as out:
            out.write(secrets.token_urlsafe(32))
    return file.read_text()


def prepare(env: dict[str, str], password: str) -> None:
    """Make or migrate Superset's own database, with one user."""
    say("preparing its database")
    superset = VENV / "bin" / "superset"
    run(superset, "db", "upgrade", env=env)
    user = {"username": "admin", "firstname": "cost", "lastname": "watt", "email": "admin@localhost"}
    given = [part for name, value in user.items() for part in (f"--{name}", value)]
    run(superset, "fab", "create-admin", *given, "--password", password, env=env)
    # a user that an earlier run made keeps its password, whatever that was
    run(superset, "fab", "reset-password", "--username", "admin", "--password", password, env=env)
    run(superset, "init", env=env)


@contextmanager
def serving(env: dict[str, str], port: int) -> Iterator[subprocess.Popen[bytes]]:
    """Superset on loopback for as long as the context lasts.

    Raises:
        CostwattError: something else listens on the port.
    """
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", port)) == 0:
            raise CostwattError(f"127.0.0.1:{port} is in use; choose another: SUPERSET_PORT=8089 make superset")
    command = (VENV / "bin" / "superset", "run", "--host", "127.0.0.1", "--port", str(port), "--with-threads")
    with LOG.open("a") as log:
        server = subprocess.Popen(command, cwd=HOME, env=env, stdout=log, stderr=log)  # noqa: S603  a fixed program
    try:
        yield server
    finally:
        server.terminate()
        try:
            server.wait(STOP_S)
        except subprocess.TimeoutExpired:
            server.kill()


def main() -> None:
    """Install, import, compare, serve.

    Raises:
        CostwattError: no night was published, a step failed, or a figure differs.
    """
    night = load_settings().paths.cost_file
    if not night.exists():
        raise CostwattError(f"{night}: no night was published yet; run: make refresh")
    port = int(os.environ.get("SUPERSET_PORT", "8088"))
    install(sys.argv[1])
    env = os.environ | {
        "SUPERSET_HOME": str(HOME),
        "SUPERSET_CONFIG_PATH": str(FOLDER / "superset_config.py"),
        "SUPERSET_SECRET_KEY": kept("secret"),
        "FLASK_APP": "superset",
    }
    password = kept("password")
    prepare(env, password)
    with serving(env, port) as server:
        address = f"http://127.0.0.1:{port}"
        say("importing the dashboard and comparing its figures")
        superset = Superset(address, password, running=lambda: server.poll() is None)
        assets = write_bundle(night, HOME / "costwatt_assets.zip", "assets")
        import_bundles(superset, write_bundle(night, HOME / "costwatt.zip"), assets)
        compared = compare(superset, night)
        sys.stdout.write(f"{compared} of {night}\n")
        if os.environ.get("SERVE", "1") == "0":
            return
        say(f"{address}/superset/dashboard/costwatt/ (user admin, password {password}); Ctrl-C ends it")
        server.wait()


def _last_line() -> str:
    lines = [line.strip() for line in LOG.read_text().splitlines() if line.strip()]
    return lines[-1] if lines else ""


if __name__ == "__main__":
    # ended politely it ends its server too
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        main()
    except CostwattError as error:
        sys.exit(f"superset: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
