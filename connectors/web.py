"""The one way out: HTTP with retries, time-outs, limits and a memory for dead hosts.

Rules: https except loopback; no redirect or page to another host; a short body is never
accepted; a host that gave no answer, or throttles to the end, is not asked again in this run.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import requests

from connectors import session
from connectors.address import Place, check_base, check_public, host_of, led_to
from connectors.answer import (
    NOT_MODIFIED,
    OK,
    PARTIAL_CONTENT,
    RANGE_NOT_SATISFIABLE,
    TOO_MANY_REQUESTS,
    Answer,
    body_of,
    reason,
    refused,
)
from connectors.download import Download, Unfinished
from connectors.errors import RateLimited, SourceUnavailable
from connectors.probe import dead_places
from connectors.proxy import connected_to

ANSWER_MAX_BYTES = 256 << 20  # an answer held in memory; files stream to disk
FILE_MAX_BYTES = 4 << 30

T = TypeVar("T")


@dataclass
class Web:
    """HTTP client of one run, shared by all connectors and threads.

    Args:
        offline: open no connection; every call raises SourceUnavailable.
        retries: attempts after the first for 429 and 5xx and broken connections.
    """

    offline: bool = False
    retries: int = 4
    backoff_s: float = 0.5
    _dead: dict[Place, str] = field(default_factory=dict)
    _local: threading.local = field(default_factory=threading.local)
    _alive: set[Place] = field(default_factory=set)
    _shared: dict[str, Any] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _run: str = field(default_factory=lambda: uuid4().hex)

    def once(self, name: str, make: Callable[[], T]) -> T:
        """The one object of this run under `name`, made at the first call: a limiter all threads obey."""
        with self._lock:
            if name not in self._shared:
                self._shared[name] = make()
            shared: T = self._shared[name]
            return shared

    def __reduce__(self) -> tuple[Any, ...]:
        """Sent to another process: its settings and what it knows of dead hosts, without connections and limiters."""
        return _of_this_process, (self._run, self.offline, self.retries, self.backoff_s, self._dead)

    def without_retries(self) -> Web:
        """A client that leaves every retry to its caller and shares what this one knows of dead hosts."""
        return replace(self, retries=0, _local=threading.local())

    def probe(self, urls: Iterable[str]) -> dict[str, str]:
        """Try a connection to every host, or to the proxy before it, at once; return the dead ones and why.

        See :func:`connectors.probe.dead_places` for how long it takes.

        Raises:
            UnsafeAddress: see :func:`check_base`.
        """
        asked = {url: check_base(url) for url in urls}
        if self.offline:
            return {}
        places = {url: connected_to(url) for url in asked}
        dead = dead_places(places.values())
        self._dead |= dead
        return {url: dead[place] for url, place in places.items() if place in dead}

    def get(
        self,
        url: str,
        *,
        params: Mapping[str, Any] | str | None = None,
        headers: Mapping[str, str] | None = None,
        accept: tuple[int, ...] = (OK,),
        max_bytes: int = ANSWER_MAX_BYTES,
    ) -> Answer:
        """GET an answer that fits in memory.

        Raises:
            SourceUnavailable: no answer, an error status not in `accept`, or a short body.
            RateLimited: still 429 after the retries.
            UnsafeAddress: see :func:`check_public`; redirects must stay on the host.
        """
        with self._open(url, params, headers) as response:
            if response.status_code not in accept:
                raise self._refused(url, response)
            body = b"".join(body_of(response, url, max_bytes))
            return Answer(url, response.status_code, dict(response.headers), body)

    def download(self, url: str, path: Path, *, etag: str = "", max_bytes: int = FILE_MAX_BYTES) -> Download:
        """Stream a file to `path`; resume a part left by an earlier try; never accept a short body.

        Args:
            etag: validator of the file that the warehouse already has; a 304 then returns
                ``Download(unchanged=True)`` and writes nothing.

        Raises:
            SourceUnavailable: as for :meth:`get`; the part stays on disk for the next try.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        for attempt in range(self.retries + 1):
            try:
                return self._download_once(url, Unfinished(path), etag, max_bytes)
            except SourceUnavailable as broken:
                if attempt == self.retries or not broken.resumable:
                    raise
                time.sleep(self.backoff_s * 2**attempt)
        raise AssertionError  # the loop returns or raises

    def _download_once(self, url: str, file: Unfinished, etag: str, max_bytes: int) -> Download:
        taken = (OK, PARTIAL_CONTENT, RANGE_NOT_SATISFIABLE, *((NOT_MODIFIED,) if etag else ()))
        with self._open(url, None, file.headers(etag)) as response:
            if response.status_code not in taken:
                raise self._refused(url, response)
            return file.take(response, url, etag, max_bytes)

    @contextmanager
    def _open(
        self, url: str, params: Mapping[str, Any] | str | None, headers: Mapping[str, str] | None
    ) -> Iterator[requests.Response]:
        place = self.refuse_dead(url)
        try:
            response = self._follow(url, params, headers)
        except (requests.exceptions.RequestException, ValueError) as error:  # ValueError: a Location that is none
            why = reason(error)
            lost = isinstance(error, requests.ConnectionError | requests.Timeout)
            if lost and place not in self._alive:  # a host that answered tonight is not dead for one lost answer
                self._dead[place] = why
            raise SourceUnavailable(f"{url}: {why}; check the network or the source's setting") from error
        self._alive.add(place)
        with response:
            yield response

    def _follow(
        self, url: str, params: Mapping[str, Any] | str | None, headers: Mapping[str, str] | None
    ) -> requests.Response:
        """GET with redirects that stay on the host, five at most."""
        for _ in range(5):
            response = session.get(self._session(), url, params, dict(headers or {}))
            if not response.is_redirect:
                return response
            response.close()
            url, params = led_to(response.headers["Location"], by=url), None
        raise SourceUnavailable(f"{url}: redirects in a circle")

    def _refused(self, url: str, response: requests.Response) -> SourceUnavailable:
        """The error of an unwanted status; a host that throttles to the end of the retries is not asked again."""
        error = refused(url, response)
        if isinstance(error, RateLimited) and self.retries:  # else the caller paces and retries
            self._dead[host_of(url)[1:]] = f"still HTTP {TOO_MANY_REQUESTS} after {self.retries} retries"
        return error

    def refuse_dead(self, url: str) -> Place:
        """Host and port of an address that may be asked; a paced source looks before it waits for its turn.

        Raises:
            SourceUnavailable: offline, or the host gave no answer earlier in this run.
        """
        place = check_public(url)
        if self.offline:
            raise SourceUnavailable(f"{url}: offline (COSTWATT_OFFLINE=1)")
        known = self._dead.get(place) or self._dead.get(connected_to(url))
        if known:
            raise SourceUnavailable(f"{url}: not asked again, {known}")
        return place

    def _session(self) -> requests.Session:
        """One session per thread: requests sessions are not shared safely."""
        if not hasattr(self._local, "session"):
            self._local.session = session.new_session(self.retries, self.backoff_s)
        session_of_thread: requests.Session = self._local.session
        return session_of_thread


_sent: dict[str, Web] = {}


def _of_this_process(run: str, offline: bool, retries: int, backoff_s: float, dead: dict[Place, str]) -> Web:
    """The one client of a run in this process: its tasks share limiters and what they learn of dead hosts."""
    if run not in _sent:
        _sent.clear()
    return _sent.setdefault(run, Web(offline, retries, backoff_s, dead, _run=run))
