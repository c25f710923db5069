"""``costwatt`` that does not wait long, so that a mute server costs a test seconds, not minutes.

``FAULTS_READ_SECONDS`` is its patience with a server, ``FAULTS_SQL`` names another dbt project,
``FAULTS_CLOCK_DAYS`` how far the machine's clock is off.
"""

from __future__ import annotations

import os
from datetime import datetime, timedelta, tzinfo
from pathlib import Path

READ_SECONDS, SQL, CLOCK_DAYS = "FAULTS_READ_SECONDS", "FAULTS_SQL", "FAULTS_CLOCK_DAYS"


class Clock(datetime):
    """A clock that is some days off."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Clock:
        return super().now(tz) + timedelta(days=int(os.environ[CLOCK_DAYS]))


def main() -> None:
    from connectors import drip, session  # noqa: PLC0415  the nights' own imports, not those of who starts them
    from flows import cli, dbt, night_date  # noqa: PLC0415

    session.READ_SECONDS = float(os.environ.get(READ_SECONDS, session.READ_SECONDS))
    session.RETRY_AFTER_MAX_SECONDS = 1
    drip.PATIENCE_SECONDS, drip.HEAD_SECONDS = 4.0, 10.0
    if SQL in os.environ:
        dbt.CHECKOUT_SQL = Path(os.environ[SQL])
    if CLOCK_DAYS in os.environ:
        night_date.datetime = Clock  # type: ignore[misc]
    cli.main()


if __name__ == "__main__":
    main()
