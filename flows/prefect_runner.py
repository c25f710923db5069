"""Prefect's runner of a served flow, ended by SIGTERM as by Ctrl-C: its night first, and nothing left half done."""

from __future__ import annotations

import asyncio
import multiprocessing
import signal
from typing import Any, ClassVar

from prefect.client.schemas.objects import State
from prefect.runner import Runner

from flows.progress import say


class ServedFlow(Runner):
    """A runner that signals end in order: it is cancelled.

    Prefect 3's own handler calls a method that is asynchronous inside the loop and awaits it nowhere: Python says so
    on stderr, and the process exits with 0. A runner that is cancelled closes its client, but waits for its night.

    Args:
        ended_by: the signal that has ended it; of the class, for a process serves once and Prefect pickles its hooks.
    """

    ended_by: ClassVar = 0

    async def start(self, *args: Any, **kwargs: Any) -> None:
        """Run until a signal ends it; Ctrl-C does not where a shell has what it starts in the background ignore it."""
        self._main = asyncio.current_task()
        if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
            signal.signal(signal.SIGINT, self.handle_sigterm)
        await super().start(*args, **kwargs)

    def handle_sigterm(self, number: int, *_: object, **__: object) -> None:
        """Kill the night, which may be killed at any moment, and cancel the runner."""
        ServedFlow.ended_by = number
        for night in multiprocessing.active_children():
            night.kill()
        if self._main:
            self._main.get_loop().call_soon_threadsafe(self._main.cancel)

    @classmethod
    def say_killed(cls, flow: object, flow_run: object, state: State[Any]) -> None:
        """A night that fails says why itself, unless its process was killed: by want of memory, say, or here."""
        del flow, flow_run
        if not cls.ended_by:
            say(f"costwatt: the night was killed: {state.message}")
