"""Pacing of Azure's retail service by what its own answers say.

Every answer carries two headers that no other service uses: how many requests are left, and how
many seconds a refused client has to wait. The limits themselves are not published and change, so
nothing is hard-coded but the caller's own budget of time and workers.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus

from connectors.answer import Answer
from connectors.errors import RateLimited, SourceUnavailable
from connectors.web import Web

REMAINING = "x-ms-ratelimit-remaining-retailPrices-requests"
RETRY_AFTER = "x-ms-ratelimit-retailPrices-retry-after"
DEFAULT_WAIT_S = 60.0  # what the second header says in every recorded answer
THROTTLE_TRIES = 7
BROKEN_TRIES = 4
BROKEN_WAIT_MAX_S = 30.0
BROKEN = (
    HTTPStatus.INTERNAL_SERVER_ERROR,
    HTTPStatus.BAD_GATEWAY,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT,
)


@dataclass
class Limiter:
    """One budget for all threads of a run.

    Args:
        budget_s: seconds after its making within which requests may start or wait.
        workers: requests in flight at the same time.
    """

    budget_s: float = 1200.0
    workers: int = 3
    answered: bool = False
    requests: int = 0
    _free_at: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._slots = threading.BoundedSemaphore(self.workers)
        self._deadline = time.monotonic() + self.budget_s

    def get(self, web: Web, url: str) -> Answer:
        """GET within the budget: 429 waits for as long as Azure says, broken answers back off.

        Raises:
            RateLimited: the budget of the run ends before the wait does.
            SourceUnavailable: any other status (400 and 404 at once), or broken answers to the end.
        """
        throttled = broken = 0
        while True:
            try:
                answer = self._ask(web, url)
            except SourceUnavailable as error:
                broken += 1
                if not self.answered or not _passing(error) or broken >= BROKEN_TRIES:
                    raise
                self._sleep(min(BROKEN_WAIT_MAX_S, 4 * web.backoff_s * 2.0 ** (broken - 1)) * random.uniform(1, 1.25))  # noqa: S311 jitter
                continue
            if answer.status == HTTPStatus.OK:
                return answer
            throttled += 1
            if throttled >= THROTTLE_TRIES:
                raise RateLimited(f"{url}: still HTTP 429 after {throttled} tries", status=answer.status)

    def _ask(self, web: Web, url: str) -> Answer:
        with self._turn(url):
            answer = web.get(url, accept=(HTTPStatus.OK, HTTPStatus.TOO_MANY_REQUESTS))
        with self._lock:
            self.answered = True
            self.requests += 1
        refused = answer.status == HTTPStatus.TOO_MANY_REQUESTS
        if refused or _number(answer.header(REMAINING), default=2.0) <= 1:
            self._hold(_number(answer.header(RETRY_AFTER) or answer.header("Retry-After"), default=DEFAULT_WAIT_S))
        return answer

    @contextmanager
    def _turn(self, url: str) -> Iterator[None]:
        """A slot of the workers, once the service may be asked again."""
        with self._slots:
            while (wait := self._free_at - time.monotonic()) > 0:
                self._check_budget(wait, url)
                time.sleep(wait)
            self._check_budget(0.0, url)
            yield

    def _hold(self, seconds: float) -> None:
        """Let nobody ask for `seconds`."""
        with self._lock:
            self._free_at = max(self._free_at, time.monotonic() + seconds)

    def _sleep(self, seconds: float) -> None:
        self._check_budget(seconds, "a retry")
        time.sleep(seconds)

    def _check_budget(self, wait: float, what: str) -> None:
        if time.monotonic() + wait > self._deadline:
            raise RateLimited(f"{what}: not asked, Azure's budget of {self.budget_s:g} s for this run is used up")


def _passing(error: SourceUnavailable) -> bool:
    """Whether another try may help: a lost or short answer, or a server's own trouble."""
    return error.status is None or error.status in BROKEN


def _number(text: str, *, default: float) -> float:
    """A header's number; a missing or odd one is no throttle."""
    try:
        return float(text)
    except ValueError:
        return default
