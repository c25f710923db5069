"""One loopback server that speaks the wire formats of all sources, and breaks on demand.

A fake source is a :class:`Fake`: a path prefix, the settings that point costwatt at it, and a
function from :class:`Request` to :class:`Reply`. The server adds what real publishers' servers do
for every file: ETag and 304, Range, If-Range and 206, keep-alive. :class:`Fault` objects break
chosen answers: an error status, a delay, a body that ends early.

    with Server([azure_retail.fake()]) as server:
        server.faults.append(Fault("/api/retail", status=429, headers={"Retry-After": "1"}))
        web.get(server.url("azure-retail") + "/api/retail/prices")
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

HOST = "127.0.0.1"
CHUNK_BYTES = 1 << 18


@dataclass(frozen=True)
class Request:
    """What a fake is asked; `path` starts below the fake's prefix, `base` is the fake's own address."""

    method: str
    base: str
    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]  # keys in lower case
    body: bytes

    def first(self, name: str, default: str = "") -> str:
        """First value of a query parameter."""
        return self.query.get(name, [default])[0]

    def json(self) -> Any:
        return json.loads(self.body or b"{}")

    def form(self) -> dict[str, str]:
        """Fields of an x-www-form-urlencoded body (AWS query protocol)."""
        return {k: v[0] for k, v in parse_qs(self.body.decode(), keep_blank_values=True).items()}


@dataclass(frozen=True)
class Reply:
    """An answer; a Path is streamed from disk. `etag` "" lets the server derive one from the body."""

    body: bytes | Path = b""
    status: int = 200
    content_type: str = "application/octet-stream"
    headers: Mapping[str, str] = field(default_factory=dict)
    etag: str = ""

    @classmethod
    def of_json(cls, value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
        return cls(json.dumps(value).encode(), status, "application/json", headers or {})

    @classmethod
    def of_text(cls, text: str, content_type: str = "text/plain; charset=utf-8", status: int = 200) -> Reply:
        return cls(text.encode(), status, content_type)


NOT_FOUND = Reply(b"not found", 404, "text/plain")


@dataclass
class Fault:
    """Breaks the next `times` answers whose full path (with query) contains `path`.

    Args:
        status: answer this status with `body` in place of the real answer.
        delay_s: wait before answering.
        truncate_to: announce the whole length, send only so many bytes, close the connection.
    """

    path: str
    status: int | None = None
    times: int = 1
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    delay_s: float = 0.0
    truncate_to: int | None = None


@dataclass(frozen=True)
class Fake:
    """One source, mounted at ``/<name>``.

    Args:
        settings: environment variable -> path below the prefix that it should point to.
    """

    name: str
    answer: Callable[[Request], Reply]
    settings: Mapping[str, str] = field(default_factory=dict)


class Server:
    """All fakes on one port; a context manager. `seen` and `bytes_sent` tell what was asked of it."""

    def __init__(self, fakes: Iterable[Fake], port: int = 0) -> None:
        self.fakes = {f.name: f for f in fakes}
        self.faults: list[Fault] = []
        self.seen: list[str] = []  # "GET /path?query", in order of arrival
        self.bytes_sent = 0
        self._lock = threading.Lock()
        self._http = ThreadingHTTPServer((HOST, port), type("Handler", (_Handler,), {"fakes": self}))
        self._http.daemon_threads = True
        self.port = self._http.server_address[1]

    def __enter__(self) -> Self:
        threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._http.shutdown()
        self._http.server_close()

    def serve_forever(self) -> None:
        self._http.serve_forever()

    def url(self, name: str) -> str:
        """Address of one fake, without a slash at the end."""
        return f"http://{HOST}:{self.port}/{name}"

    def settings(self) -> dict[str, str]:
        """Environment that points costwatt and boto3 at these fakes."""
        return {key: self.url(f.name) + path for f in self.fakes.values() for key, path in f.settings.items()}

    def note(self, line: str) -> None:
        with self._lock:
            self.seen.append(line)

    def count(self, sent_bytes: int) -> None:
        with self._lock:
            self.bytes_sent += sent_bytes

    def take_fault(self, path: str) -> Fault | None:
        with self._lock:
            fault = next((f for f in self.faults if f.times > 0 and f.path in path), None)
            if fault:
                fault.times -= 1
            return fault


class _Handler(BaseHTTPRequestHandler):
    fakes: Server  # set by the server that owns the class
    protocol_version = "HTTP/1.1"
    wbufsize = CHUNK_BYTES  # head and body leave in one packet
    disable_nagle_algorithm = True

    def handle(self) -> None:
        with contextlib.suppress(ConnectionResetError, BrokenPipeError):  # a client that hangs up is no fault of a fake
            super().handle()

    def do_GET(self) -> None:
        self._serve(b"")

    def do_POST(self) -> None:
        self._serve(self.rfile.read(int(self.headers.get("Content-Length") or 0)))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 the base class names it so
        """Keep stderr for the tests."""

    def _serve(self, body: bytes) -> None:
        self.fakes.note(f"{self.command} {self.path}")
        fault = self.fakes.take_fault(self.path)
        time.sleep(fault.delay_s if fault else 0.0)
        if fault and fault.status is not None:
            self._send(Reply(fault.body, fault.status, "text/plain", fault.headers), None)
        else:
            self._send(self._answer(body), fault)

    def _answer(self, body: bytes) -> Reply:
        parts = urlsplit(self.path)
        name, _, path = parts.path.lstrip("/").partition("/")
        fake = self.fakes.fakes.get(name)
        if fake is None:
            return NOT_FOUND
        headers = {k.lower(): v for k, v in self.headers.items()}
        query = parse_qs(parts.query, keep_blank_values=True)
        return fake.answer(Request(self.command, self.fakes.url(name), f"/{path}", query, headers, body))

    def _send(self, reply: Reply, fault: Fault | None) -> None:
        size = reply.body.stat().st_size if isinstance(reply.body, Path) else len(reply.body)
        etag = reply.etag or _etag(reply.body)
        status, start = self._condition(reply.status, etag, size)
        length = 0 if status == 304 else size - start  # 416 starts at the end
        self.send_response(status)
        given = {"Content-Type": reply.content_type, "ETag": etag, "Accept-Ranges": "bytes", **reply.headers}
        if status == 206:
            given["Content-Range"] = f"bytes {start}-{size - 1}/{size}"
        for key, value in {**given, "Content-Length": str(length)}.items():
            self.send_header(key, value)
        self.end_headers()
        stop = length if fault is None or fault.truncate_to is None else min(length, fault.truncate_to)
        self.fakes.count(stop)  # before the client has them: a test looks as soon as it does
        for chunk in _chunks(reply.body, start, stop):
            self.wfile.write(chunk)
        self.close_connection = self.close_connection or stop < length

    def _condition(self, status: int, etag: str, size: int) -> tuple[int, int]:
        """Status and first byte after If-None-Match, Range and If-Range."""
        if status != 200 or self.command != "GET":
            return status, 0
        if self.headers.get("If-None-Match") == etag:
            return 304, 0
        wanted = self.headers.get("Range", "")
        start = int(wanted.removeprefix("bytes=").split("-")[0] or 0) if wanted.startswith("bytes=") else 0
        if not start or self.headers.get("If-Range", etag) != etag:
            return 200, 0
        return (206, start) if start < size else (416, size)


def _etag(body: bytes | Path) -> str:
    if isinstance(body, Path):
        stat = body.stat()
        return f'"{stat.st_size:x}-{stat.st_mtime_ns:x}"'
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def _chunks(body: bytes | Path, start: int, length: int) -> Iterator[bytes]:
    if isinstance(body, bytes):
        yield body[start : start + length]
        return
    with body.open("rb") as file:
        file.seek(start)
        while length > 0 and (chunk := file.read(min(CHUNK_BYTES, length))):
            length -= len(chunk)
            yield chunk
