"""Values that nobody means, for whatever reads what people write."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

TOLERANT = (HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.sampled_from([0, -1, 10**9, 10**18, 10**400, 5e-324, 1e308, float("nan"), float("inf"), "", "NaN", "8", "\x00"]),
    st.text(max_size=12),
)
#: Anything that JSON can say (and NaN, which Python's reader takes too).
DOCUMENTS: st.SearchStrategy[Any] = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def fuzz(examples: int, deadline_ms: int = 20_000) -> settings:
    """As many examples, the same ones each time; longer than `deadline_ms` is a hang."""
    return settings(
        max_examples=examples, deadline=deadline_ms, derandomize=True, suppress_health_check=TOLERANT, database=None
    )
