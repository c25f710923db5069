"""Pure work on many parts: in this process, or on the workers of a Dask cluster a few parts ahead."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import starmap
from typing import Any, TypeVar

from flows.settings import Settings

Result = TypeVar("Result")
AHEAD = 8  # parts in flight: bounds what the flow holds in memory


def in_parts(
    settings: Settings | None, work: Callable[..., Result], parts: Iterable[tuple[Any, ...]]
) -> Iterator[Result]:
    """`work` of the arguments of each part, in the order of the parts.

    Args:
        settings: where to work; None: here.
        work: a function of a module that the workers can import; its arguments and results are sent.
        parts: drawn in this process, one after the other.
    """
    if settings is None or settings.task_runner == "thread":
        yield from starmap(work, parts)
        return
    from distributed import Client  # noqa: PLC0415  of the extra [dask]

    with Client(settings.dask_address, set_as_default=False) as client:  # type: ignore[no-untyped-call]
        waiting: deque[Any] = deque()
        for part in parts:
            waiting.append(client.submit(work, *part, pure=False))
            if len(waiting) > AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
