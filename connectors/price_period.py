"""The periods that prices are published for: ``2024``, ``2025-07``, ``2025-Q2``, ``2025-S1``, ``A..B``."""

from __future__ import annotations

import calendar
import re
from datetime import date

PERIOD = re.compile(r"(?P<year>\d{4})(?:-(?P<part>\d{2}|Q[1-4]|S[12]))?(?:-(?P<day>\d{2}))?")
MONTHS_OF_PART = {"Q": 3, "S": 6}


def first_day(period: str) -> date:
    """First day of a period.

    Raises:
        ValueError: the text names no period.
    """
    year, first_month, _, day = _span(period.split("..", maxsplit=1)[0])
    return date(year, first_month, day or 1)


def last_day(period: str) -> date:
    """Last day of a period; of a range ``A..B`` the last day of B.

    Raises:
        ValueError: the text names no period.
    """
    year, _, last_month, day = _span(period.rsplit("..", maxsplit=1)[-1])
    return date(year, last_month, day or calendar.monthrange(year, last_month)[1])


def _span(text: str) -> tuple[int, int, int, int | None]:
    """Year, first month, last month, and the day where the period is one."""
    found = PERIOD.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no period such as 2024, 2025-07, 2025-Q2 or 2025-S1")
    year, part, day = int(found["year"]), found["part"], found["day"]
    if part is None:
        return year, 1, 12, None
    if part[0] in MONTHS_OF_PART:
        length = MONTHS_OF_PART[part[0]]
        return year, (int(part[1]) - 1) * length + 1, int(part[1]) * length, None
    return year, int(part), int(part), int(day) if day else None
