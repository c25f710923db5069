"""Freed memory goes back to the system.

The allocators of C and of Arrow keep what they once had, some 250 MB after a stage of a night, while DuckDB and numpy
of the next stage ask the system for more.
"""

from __future__ import annotations

import ctypes

import pyarrow as pa

# glibc alone has it; other systems' allocators give back by themselves
_TRIM = getattr(ctypes.CDLL(None), "malloc_trim", None)


def give_back() -> None:
    """Return what is free; takes milliseconds."""
    pa.default_memory_pool().release_unused()
    if _TRIM:
        _TRIM(0)
