"""How HTTP is spoken: who asks, how long it waits, and what it asks again."""

from __future__ import annotations

from typing import Any

import requests
import urllib3
from urllib3.util import Retry

from connectors.answer import TOO_MANY_REQUESTS
from connectors.drip import Timed

CONNECT_SECONDS = 4.0
READ_SECONDS = 60.0  # of silence; connectors/drip.py has what a server that is never silent gets
RETRY_AFTER_MAX_SECONDS = 120
USER_AGENT = "costwatt (cost warehouse; nightly, one client)"


class Patience(Retry):
    """A Retry-After that cannot be read (``-5``, words) is none: the wait is that of the backoff."""

    def parse_retry_after(self, retry_after: str) -> float:
        """Seconds to wait; 0 to wait as if nothing had been said."""
        try:
            return super().parse_retry_after(retry_after)
        except (urllib3.exceptions.InvalidHeader, ValueError, OverflowError):  # the latter: a date beyond all years
            return 0.0

    def increment(self, *arguments: Any, **named: Any) -> Patience:
        """The next try, on a new connection: urllib3 would read the refused answer to its end, and it may have none."""
        following = super().increment(*arguments, **named)
        if named.get("response") is not None:
            named["response"].close()
        return following


def new_session(retries: int, backoff_s: float) -> requests.Session:
    """A session for one thread: requests sessions are not shared safely.

    Args:
        retries: attempts after the first for 429 and 5xx; a lost connection gets one.
        backoff_s: wait before the second of them, doubled each time; Retry-After wins.
    """
    retry = Patience(
        total=retries,
        connect=1,
        read=1,
        redirect=0,
        backoff_factor=backoff_s,
        backoff_jitter=backoff_s,
        status_forcelist=(TOO_MANY_REQUESTS, 500, 502, 503, 504),
        allowed_methods=("GET",),
        raise_on_status=False,
        retry_after_max=RETRY_AFTER_MAX_SECONDS,
    )
    session = requests.Session()
    session.headers["User-Agent"] = USER_AGENT
    session.headers["Accept-Encoding"] = "gzip"  # the one whose end is checked
    session.mount("https://", Timed(max_retries=retry))
    session.mount("http://", Timed(max_retries=retry))
    return session


def get(session: requests.Session, url: str, params: object, headers: dict[str, str]) -> requests.Response:
    """One GET whose body is not read yet; redirects are the caller's to judge."""
    return session.get(
        url,
        params=params,  # type: ignore[arg-type]  # a mapping or a query as text
        headers=headers,
        stream=True,
        allow_redirects=False,
        timeout=(CONNECT_SECONDS, READ_SECONDS),
    )
