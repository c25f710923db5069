"""The one way out: HTTP with retries, time-outs, limits and a memory for dead hosts.

Rules: https except loopback; no redirect or page to another host; a short body is never
accepted; a host that failed once is not asked again in this run.
"""

from __future__ import annotations

import hashlib
import ipaddress
import json
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urljoin, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError
from urllib3.util import Retry

from connectors.errors import RateLimited, SchemaDrift, SourceUnavailable, UnsafeAddress

CONNECT_SECONDS = 4.0
READ_SECONDS = 60.0
PATIENCE_SECONDS = 30.0  # before a body that drips is given up
SLOWEST_BYTES_PER_SECOND = 4096
PROBE_SECONDS = 4.0  # for all hosts together: a dead network costs this once
RETRY_AFTER_MAX_SECONDS = 120
CHUNK_BYTES = 1 << 16  # a broken body loses at most its last chunk
ANSWER_MAX_BYTES = 256 << 20  # an answer held in memory; files stream to disk
FILE_MAX_BYTES = 4 << 30
USER_AGENT = "costwatt (cost warehouse; nightly, one client)"
TOO_MANY_REQUESTS, RANGE_NOT_SATISFIABLE, NOT_MODIFIED, PARTIAL_CONTENT, OK = 429, 416, 304, 206, 200

T = TypeVar("T")


def host_of(url: str) -> tuple[str, str, int]:
    """Scheme, host and effective port: ``https://h`` and ``https://h:443`` are one place."""
    parts = urlsplit(url)
    return parts.scheme, (parts.hostname or "").lower(), parts.port or {"https": 443, "http": 80}.get(parts.scheme, 0)


def is_loopback(host: str) -> bool:
    """True for localhost and loopback addresses."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def check_address(url: str, *, same_as: str | None = None) -> str:
    """Return `url` if it may be asked.

    Raises:
        UnsafeAddress: plain http beyond loopback, or another host than that of `same_as`.
    """
    scheme, host, _ = host_of(url)
    if scheme != "https" and not (scheme == "http" and is_loopback(host)):
        raise UnsafeAddress(f"{url}: only https is asked (plain http on loopback); set an https address")
    if same_as is not None and host_of(url) != host_of(same_as):
        raise UnsafeAddress(f"{url}: leads away from {same_as}; not followed")
    return url


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
    _dead: dict[tuple[str, int], str] = field(default_factory=dict)
    _local: threading.local = field(default_factory=threading.local)
    _alive: set[tuple[str, int]] = field(default_factory=set)
    _shared: dict[str, Any] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def once(self, name: str, make: Callable[[], T]) -> T:
        """The one object of this run under `name`, made at the first call: a limiter all threads obey."""
        with self._lock:
            if name not in self._shared:
                self._shared[name] = make()
            shared: T = self._shared[name]
            return shared

    def without_retries(self) -> Web:
        """A client that leaves every retry to its caller and shares what this one knows of dead hosts."""
        return replace(self, retries=0, _local=threading.local())

    def probe(self, urls: Iterable[str]) -> dict[str, str]:
        """Try a connection to every host at once; return the dead ones and why.

        Takes at most PROBE_SECONDS whatever the number of hosts, a mute resolver included.
        """
        places = {host_of(check_address(_through_proxy(u)))[1:]: u for u in urls}
        if self.offline or not places:
            return {}
        found: dict[tuple[str, int], str] = {}
        threads = [threading.Thread(target=_knock, args=(p, found), daemon=True) for p in places]
        for t in threads:
            t.start()
        deadline = time.monotonic() + PROBE_SECONDS
        for t in threads:
            t.join(max(0.0, deadline - time.monotonic()))
        late = f"no connection within {PROBE_SECONDS:g} s"
        dead = {p: found.get(p, late) for p in places if found.get(p, late)}
        self._dead |= dead
        return {u: dead[p] for p, u in places.items() if p in dead}

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
            UnsafeAddress: see :func:`check_address`; redirects must stay on the host.
        """
        with self._open(url, params, headers) as response:
            if response.status_code not in accept:
                raise _refused(url, response)
            body = b"".join(_limited(response, url, max_bytes))
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
        part, mark = path.with_suffix(path.suffix + ".part"), path.with_suffix(path.suffix + ".part.etag")
        for attempt in range(self.retries + 1):
            try:
                return self._download_once(url, path, part, mark, etag, max_bytes)
            except SourceUnavailable as broken:
                if attempt == self.retries or not broken.resumable:
                    raise
                time.sleep(self.backoff_s * 2**attempt)
        raise AssertionError  # the loop returns or raises

    def _download_once(self, url: str, path: Path, part: Path, mark: Path, etag: str, max_bytes: int) -> Download:
        mark_etag = mark.read_text() if part.exists() and mark.exists() else ""
        have = part.stat().st_size if mark_etag else 0  # without a validator the rest may be of another file
        headers = {"Accept-Encoding": "identity"}
        if have:
            headers |= {"Range": f"bytes={have}-", "If-Range": mark_etag}
        elif etag:
            headers["If-None-Match"] = etag
        with self._open(url, None, headers) as response:
            if response.status_code == NOT_MODIFIED and etag:
                return Download(path, etag, unchanged=True)
            resumed = response.status_code == PARTIAL_CONTENT
            if response.status_code == RANGE_NOT_SATISFIABLE or (resumed and not _continues(response, have)):
                mark.unlink(missing_ok=True)  # the part is whole, or no start of this file: begin again
                raise _short(url, "the rest cannot be had")
            if response.status_code not in (OK, PARTIAL_CONTENT):
                raise _refused(url, response)
            found_etag = response.headers.get("ETag", "")
            mark.write_text(found_etag)
            with part.open("ab" if resumed else "wb") as file:
                for chunk in _limited(response, url, max_bytes):
                    file.write(chunk)
        part.replace(path)
        mark.unlink(missing_ok=True)
        return Download(path, found_etag)

    @contextmanager
    def _open(
        self, url: str, params: Mapping[str, Any] | str | None, headers: Mapping[str, str] | None
    ) -> Iterator[requests.Response]:
        place = self.refuse_dead(url)
        try:
            response = self._follow(url, params, headers)
        except requests.exceptions.RequestException as error:
            why = _reason(error)
            if place not in self._alive:  # a host that answered tonight is not dead for one lost answer
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
            response = self._session().get(
                url,
                params=params,
                headers=dict(headers or {}),
                stream=True,
                allow_redirects=False,
                timeout=(CONNECT_SECONDS, READ_SECONDS),
            )
            if not response.is_redirect:
                return response
            response.close()
            url, params = check_address(urljoin(url, response.headers["Location"]), same_as=url), None
        raise SourceUnavailable(f"{url}: redirects in a circle")

    def refuse_dead(self, url: str) -> tuple[str, int]:
        """Host and port of an address that may be asked; a paced source looks before it waits for its turn.

        Raises:
            SourceUnavailable: offline, or the host gave no answer earlier in this run.
        """
        place = host_of(check_address(url))[1:]
        if self.offline:
            raise SourceUnavailable(f"{url}: offline (COSTWATT_OFFLINE=1)")
        known = self._dead.get(place) or self._dead.get(host_of(_through_proxy(url))[1:])
        if known:
            raise SourceUnavailable(f"{url}: not asked again, {known}")
        return place

    def _session(self) -> requests.Session:
        """One session per thread: requests sessions are not shared safely."""
        if not hasattr(self._local, "session"):
            retry = Retry(
                total=self.retries,
                connect=1,
                read=1,
                redirect=0,
                backoff_factor=self.backoff_s,
                backoff_jitter=self.backoff_s,
                status_forcelist=(TOO_MANY_REQUESTS, 500, 502, 503, 504),
                allowed_methods=("GET",),
                raise_on_status=False,
                retry_after_max=RETRY_AFTER_MAX_SECONDS,
            )
            session = requests.Session()
            session.headers["User-Agent"] = USER_AGENT
            session.mount("https://", HTTPAdapter(max_retries=retry))
            session.mount("http://", HTTPAdapter(max_retries=retry))
            self._local.session = session
        session_of_thread: requests.Session = self._local.session
        return session_of_thread


@dataclass(frozen=True)
class Answer:
    """A whole HTTP answer."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """The body as UTF-8, a byte-order mark removed."""
        return self.body.decode("utf-8-sig", errors="replace")

    def json(self) -> Any:
        """The body as JSON with numbers as Decimal: prices are never binary floats.

        Raises:
            SchemaDrift: the body is no JSON (a login page, an empty error body).
        """
        try:
            return json.loads(self.body, parse_float=Decimal)
        except ValueError as error:
            kind = self.headers.get("Content-Type", "no content type")
            raise SchemaDrift(f"{self.url}: expected JSON, got {kind}: {self.text[:60]!r}") from error

    def header(self, name: str) -> str:
        """A header's value whatever its case, or ""."""
        return next((v for k, v in self.headers.items() if k.lower() == name.lower()), "")


@dataclass(frozen=True)
class Download:
    """A file on disk and the validator it came with."""

    path: Path
    etag: str
    unchanged: bool = False

    def sha256(self) -> str:
        """Hex digest of the file."""
        with self.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()


def _limited(response: requests.Response, url: str, max_bytes: int) -> Iterator[bytes]:
    """Chunks of the decoded body; complete or an error."""
    taken, started = 0, time.monotonic()
    try:
        # what has arrived, not whole chunks: else a server that drips holds the read for ever
        while chunk := response.raw.read1(CHUNK_BYTES, decode_content=True):
            taken += len(chunk)
            if taken > max_bytes:
                raise SchemaDrift(f"{url}: more than {max_bytes >> 20} MiB; refused")
            waited_s = time.monotonic() - started
            if waited_s > PATIENCE_SECONDS and taken < waited_s * SLOWEST_BYTES_PER_SECOND:
                raise _short(url, f"{taken} bytes in {waited_s:.0f} s, too slow")
            yield chunk
    except HTTPError as error:
        raise _short(url, _reason(error)) from error
    expected = response.headers.get("Content-Length")
    if expected and not response.headers.get("Content-Encoding") and taken != int(expected):
        raise _short(url, f"{taken} of {expected} bytes")


def _continues(response: requests.Response, have: int) -> bool:
    """True if a 206 starts where the part ends: ``Content-Range: bytes 100-199/200``."""
    return response.headers.get("Content-Range", "").startswith(f"bytes {have}-")


def _short(url: str, why: str) -> SourceUnavailable:
    return SourceUnavailable(f"{url}: the body broke off ({why}); the part is kept for a resume", resumable=True)


def _refused(url: str, response: requests.Response) -> SourceUnavailable:
    body = response.raw.read(200, decode_content=True).decode("utf-8", "replace").strip()
    kind = RateLimited if response.status_code == TOO_MANY_REQUESTS else SourceUnavailable
    return kind(f"{url}: HTTP {response.status_code} {body[:120]}".rstrip(), status=response.status_code)


def _reason(error: Exception) -> str:
    """The innermost cause in a few words."""
    text = str(getattr(error, "args", [error])[0] if error.args else error)
    cause = getattr(error.args[0], "reason", None) if error.args else None
    return f"{type(error).__name__}: {str(cause or text)[:160]}"


def _knock(place: tuple[str, int], found: dict[tuple[str, int], str]) -> None:
    try:
        socket.create_connection(place, timeout=PROBE_SECONDS - 1).close()
        found[place] = ""
    except OSError as error:
        found[place] = f"no connection: {error}"


def _through_proxy(url: str) -> str:
    """The address that is really connected to: the proxy's, where the environment names one."""
    proxies = requests.utils.get_environ_proxies(url, no_proxy=None)
    proxy = requests.utils.select_proxy(url, proxies)
    return proxy if proxy and "://" in proxy else url
