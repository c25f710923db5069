"""Days with one value as versions: a row for each run of days that follow each other without a change."""

from __future__ import annotations


def versions_of(rows: str, key: str, values: str) -> str:
    """SQL of the versions, with valid_from and valid_to in place of day and next_day.

    Args:
        rows: FROM expression of one row a key and day, with the days ``day`` and ``next_day``: it holds until then.
        key: columns that name what has a value, comma-separated.
        values: columns whose change begins a new version; the others are those of its first day.
    """
    return f"""
with told as (
    select *, row({values}) as told from {rows}
),
starts as (
    select *, coalesce(
        lag(next_day) over w is distinct from day or lag(told) over w is distinct from told, true
    ) as is_start
    from told
    window w as (partition by {key} order by day)
),
runs as (
    select *, count(*) filter (is_start) over (partition by {key} order by day) as run from starts
),
dated as (
    select *, max(next_day) over (partition by {key}, run) as valid_to from runs
)
select day as valid_from, * exclude (day, next_day, told, is_start, run) from dated where is_start
"""
