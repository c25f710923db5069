"""A file on its way to disk: whole or not at all, and resumed where an earlier try stopped."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import requests

from connectors.answer import NOT_MODIFIED, PARTIAL_CONTENT, RANGE_NOT_SATISFIABLE, body_of, broken_off


@dataclass(frozen=True)
class Download:
    """A file on disk and the validator it came with."""

    path: Path
    etag: str
    unchanged: bool = False


@dataclass(frozen=True)
class Unfinished:
    """The part of a file that earlier tries left beside `path`, and the validator that it came with."""

    path: Path

    @property
    def part(self) -> Path:
        """What is on disk so far."""
        return self.path.with_suffix(self.path.suffix + ".part")

    @property
    def mark(self) -> Path:
        """Validator of the part."""
        return self.path.with_suffix(self.path.suffix + ".part.etag")

    def have(self) -> tuple[int, str]:
        """Bytes that may be kept, and their validator; without a strong one the rest may be of another file."""
        etag = self.mark.read_text() if self.part.exists() and self.mark.exists() else ""
        return (self.part.stat().st_size, etag) if etag.startswith('"') else (0, "")

    def headers(self, known_etag: str) -> dict[str, str]:
        """Ask for the rest, else for a file other than the one known."""
        size, etag = self.have()
        if size:
            return {"Accept-Encoding": "identity", "Range": f"bytes={size}-", "If-Range": etag}
        asked = {"If-None-Match": known_etag} if known_etag else {}
        return {"Accept-Encoding": "identity", **asked}

    def take(self, response: requests.Response, url: str, known_etag: str, max_bytes: int) -> Download:
        """Write what an answer with status 200, 206, 304 or 416 brings.

        Raises:
            SourceUnavailable: the body breaks off, or the rest cannot be had; the next try begins anew.
            SchemaDrift: it is longer than `max_bytes`.
        """
        if response.status_code == NOT_MODIFIED:
            return Download(self.path, known_etag, unchanged=True)
        resumed, total = response.status_code == PARTIAL_CONTENT, self._total(response)
        if response.status_code == RANGE_NOT_SATISFIABLE or (resumed and not total):
            self.mark.unlink(missing_ok=True)  # the part is whole, or no start of this file: begin again
            raise broken_off(url, "the rest cannot be had")
        etag = response.headers.get("ETag", "")
        self.mark.write_text(etag)
        with self.part.open("ab" if resumed else "wb") as file:
            for chunk in body_of(response, url, max_bytes):
                file.write(chunk)
        if resumed and self.part.stat().st_size != total:
            raise broken_off(url, f"{self.part.stat().st_size} of {total} bytes")
        self.part.replace(self.path)
        self.mark.unlink(missing_ok=True)
        return Download(self.path, etag)

    def _total(self, response: requests.Response) -> int:
        """Size of the file if a 206 is all the rest of the one begun, else 0: ``bytes 100-199/200``, the same ETag."""
        size, etag = self.have()
        ranged = re.fullmatch(r"bytes (\d+)-(\d+)/(\d+)", response.headers.get("Content-Range", ""))
        first, last, total = map(int, ranged.groups()) if ranged else (0, 0, 0)
        return total if (first, last, response.headers.get("ETag")) == (size, total - 1, etag) else 0
