"""Large answers are read one at a time: their memory is that of one, however many there are."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from connectors.ask import Ask
from connectors.memory import give_back

T = TypeVar("T")


def in_turn(ask: Ask, work: Callable[[], T]) -> T:
    """The result of `work` on the one thread of the run that reads large answers.

    They download side by side, but only one is in memory: a reader of AWS's files takes both cores already, so files in
    turn are as fast. In one thread, because each thread keeps some of the memory that it once had.
    """
    reader = ask.web.once("reader of large answers", lambda: ThreadPoolExecutor(1, thread_name_prefix="large-answers"))
    result = reader.submit(work).result()
    give_back()
    return result
