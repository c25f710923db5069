"""Prefect's API server on a socket that its parent opened; it ends when the parent's pipe does.

python -m flows.prefect_server FD
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading

import uvicorn


def main() -> None:
    """Serve until SIGTERM or until the parent is gone, however it went."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    threading.Thread(target=_end_with_parent, daemon=True).start()
    config = uvicorn.Config(
        "prefect.server.api.server:create_app", factory=True, log_level="error", timeout_graceful_shutdown=1
    )
    uvicorn.Server(config).run(sockets=[socket.socket(fileno=int(sys.argv[1]))])


def _end_with_parent() -> None:
    """Block on the pipe; its end means that no process holds the other side any more."""
    while os.read(sys.stdin.fileno(), 1024):
        pass
    os._exit(0)


if __name__ == "__main__":
    main()
