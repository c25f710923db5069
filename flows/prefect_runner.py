"""Prefect's runner of a served flow, ended by SIGTERM as by Ctrl-C: its children first, and nothing left half done."""

from __future__ import annotations

import signal

from prefect.runner import Runner


class ServedFlow(Runner):
    """A runner that SIGTERM ends in order.

    Prefect 3's own handler calls a method that is asynchronous inside the loop and awaits it nowhere: Python says so
    on stderr, and the process exits with 0. Its way out on Ctrl-C is whole: runs are killed, then its client closes.

    Args:
        terminated: whether SIGTERM, not Ctrl-C, has ended it.
    """

    terminated = False

    def handle_sigterm(self, *_: object, **__: object) -> None:
        """Note the signal, and go Prefect's way of Ctrl-C."""
        self.terminated = True
        signal.raise_signal(signal.SIGINT)
