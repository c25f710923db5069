"""What comes back: a whole answer, or the error that says what was wrong with it."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import requests
from urllib3.exceptions import HTTPError

from connectors.address import without_user
from connectors.errors import RateLimited, SchemaDrift, SourceUnavailable

CHUNK_BYTES = 1 << 16  # a broken body loses at most its last chunk
GZIP = 16 + zlib.MAX_WBITS
GZIPPED, PLAIN = ("gzip", "x-gzip"), ("", "identity")  # content codings
TOO_MANY_REQUESTS, RANGE_NOT_SATISFIABLE, NOT_MODIFIED, PARTIAL_CONTENT, OK = 429, 416, 304, 206, 200


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
        except (ValueError, RecursionError) as error:
            kind = self.headers.get("Content-Type", "no content type")
            raise SchemaDrift(f"{self.url}: expected JSON, got {kind}: {self.text[:60]!r}") from error

    def header(self, name: str) -> str:
        """A header's value whatever its case, or ""."""
        return next((v for k, v in self.headers.items() if k.lower() == name.lower()), "")


def body_of(response: requests.Response, url: str, max_bytes: int) -> Iterator[bytes]:
    """Chunks of the decoded body; complete or an error.

    Raises:
        SourceUnavailable: the body ends early, or drips.
        SchemaDrift: it is longer than `max_bytes`, decoded, or packed otherwise than asked for, or its length is none.
    """
    coding = response.headers.get("Content-Encoding", "").strip().lower()
    if coding not in (*GZIPPED, *PLAIN):
        raise SchemaDrift(f"{url}: Content-Encoding {coding!r:.40}; only gzip is asked for")
    expected = response.headers.get("Content-Length", "").strip()
    if expected and not expected.isdecimal():
        raise SchemaDrift(f"{url}: Content-Length {expected!r:.40} is no number")
    taken = 0
    try:
        for chunk in _unzipped(response) if coding in GZIPPED else _arriving(response):
            taken += len(chunk)
            if taken > max_bytes:
                raise SchemaDrift(f"{url}: more than {max_bytes >> 20} MiB; refused")
            yield chunk
    except (HTTPError, zlib.error, EOFError) as error:
        raise broken_off(url, reason(error)) from error
    if expected and coding in PLAIN and taken != int(expected):
        raise broken_off(url, f"{taken} of {expected} bytes")


def _unzipped(response: requests.Response) -> Iterator[bytes]:
    """The body without its gzip: one or more members, each with its end; urllib3 takes a cut one for whole.

    Raises:
        EOFError: the last member has no end.
        zlib.error: it is no gzip.
    """
    member, begun = zlib.decompressobj(GZIP), False
    for packed in _arriving(response):
        rest, begun = packed, True
        while rest:
            member = zlib.decompressobj(GZIP) if member.eof else member
            yield member.decompress(rest, CHUNK_BYTES)
            rest = member.unconsumed_tail or member.unused_data
    yield member.flush()
    if begun and not member.eof:
        raise EOFError("a gzip stream without its end")


def _arriving(response: requests.Response) -> Iterator[bytes]:
    """The body as it is sent: what has arrived, not whole chunks, for a broken one loses at most its last."""
    while chunk := response.raw.read1(CHUNK_BYTES, decode_content=False):
        yield chunk


def broken_off(url: str, why: str) -> SourceUnavailable:
    """A body that ends early."""
    return SourceUnavailable(f"{url}: the body broke off ({why}); the part is kept for a resume", resumable=True)


def refused(url: str, response: requests.Response) -> SourceUnavailable:
    """An answer with another status than was asked for, and how its text begins."""
    try:
        body = response.raw.read(200, decode_content=True).decode("utf-8", "replace").strip()
    except HTTPError as error:  # the status says enough
        body = reason(error)
    kind = RateLimited if response.status_code == TOO_MANY_REQUESTS else SourceUnavailable
    return kind(f"{url}: HTTP {response.status_code} {body[:120]}".rstrip(), status=response.status_code)


def reason(error: Exception) -> str:
    """The innermost cause in a few words, and no password in them."""
    text = str(getattr(error, "args", [error])[0] if error.args else error)
    cause = getattr(error.args[0], "reason", None) if error.args else None
    return f"{type(error).__name__}: {without_user(str(cause or text))[:160]}"
