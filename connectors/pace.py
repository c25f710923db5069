"""Politeness to a publisher who names a rate: calls of all threads start a set time apart."""

from __future__ import annotations

import threading
import time


class Pace:
    """Lets one caller through each `interval_s` seconds."""

    def __init__(self, interval_s: float) -> None:
        self.interval_s = interval_s
        self._next = 0.0
        self._lock = threading.Lock()

    def wait(self) -> None:
        """Sleep until it is this caller's turn."""
        with self._lock:
            turn = max(self._next, time.monotonic())
            self._next = turn + self.interval_s
        time.sleep(max(0.0, turn - time.monotonic()))
