"""Which night a refresh prices: nights go forward, for a night forgets what was recorded from its date on."""

from __future__ import annotations

from datetime import UTC, date, datetime

from connectors.errors import UsageError
from flows.published import last_night
from flows.settings import Settings


def night_date(settings: Settings, asked: str = "") -> date:
    """Date of the night to run.

    A published night that lies in the future was priced by a clock that was ahead, or the clock is behind now. Only who
    names today's date says that it is right.

    Args:
        settings: where nights were published.
        asked: YYYY-MM-DD; "": today (UTC).

    Raises:
        UsageError: not a date, in the future, or before the last published night.
    """
    today = datetime.now(UTC).date()
    try:
        night = date.fromisoformat(asked) if asked else today
    except ValueError:
        raise UsageError(f"--date {asked}: not a date; write YYYY-MM-DD") from None
    if night > today:
        raise UsageError(f"--date {asked}: lies in the future")
    last = last_night(settings.paths) or night
    if night >= last or (last > today and asked == str(today)):
        return night
    if last > today:
        raise UsageError(
            f"the last published night, {last}, lies in the future: this machine's clock was ahead then, or is behind"
            f" now. If today is {today}, go on with: costwatt refresh --date {today} (it replaces the nights from then"
            f" on); else put the clock right"
        )
    raise UsageError(
        f"--date {asked}: before the last published night {last}, and what a night has seen stays; days that none has"
        f" priced are filled by: costwatt backfill --from {asked} --to {asked}"
    )
