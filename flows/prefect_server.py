"""Prefect's API server on a socket that its parent opened; it ends when the parent's pipe does.

python -m flows.prefect_server FD
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import sys
import threading
import time
from types import FrameType

import uvicorn

END_SECONDS = 4


class Server(uvicorn.Server):
    """A server that its parent alone ends."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Go on: what is sent to all, as by Ctrl-C and systemd, ends the parent, which still has things to tell."""


def main() -> None:
    """Serve until the parent closes the pipe, or is gone, however it went."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # until the server has handlers of its own
    config = uvicorn.Config(
        "prefect.server.api.server:create_app", factory=True, log_level="error", timeout_graceful_shutdown=1
    )
    server = Server(config)
    threading.Thread(target=_end_with_parent, args=(server,), daemon=True).start()
    _drop_old_runs()
    server.run(sockets=[socket.socket(fileno=int(sys.argv[1]))])


def _drop_old_runs() -> None:
    """Have the server of a single night drop old runs too: Prefect leaves that to one that stays."""
    from prefect.server.services import db_vacuum  # noqa: PLC0415  Prefect costs 2 s to import: signals are heeded first
    from prefect.server.services.perpetual_services import perpetual_service  # noqa: PLC0415
    from prefect.settings.context import get_current_settings  # noqa: PLC0415

    if "flow_runs" in get_current_settings().server.services.db_vacuum.enabled_vacuum_types:
        for service in (db_vacuum.schedule_vacuum_tasks, db_vacuum.schedule_orphan_vacuum_tasks):
            perpetual_service(enabled_getter=lambda: True, run_in_ephemeral=True)(service)


def _end_with_parent(server: Server) -> None:
    """Block on the pipe; its end means that no process holds the other side any more."""
    while os.read(sys.stdin.fileno(), 1024):
        pass
    logging.disable()  # what the end cuts off, a stream of events, is no error
    server.should_exit = True
    time.sleep(END_SECONDS)
    os._exit(0)


if __name__ == "__main__":
    main()
