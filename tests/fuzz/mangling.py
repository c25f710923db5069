"""Answers of the fakes, mangled: a client that opens no socket, and the strategies that spoil what it gives."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from hypothesis import strategies as st

from connectors.answer import Answer
from connectors.download import Download
from connectors.errors import SourceUnavailable
from connectors.web import Web
from tests.fakes.server import Fake, Reply, Request

HOSTILE = st.sampled_from(
    [None, True, 0, -1, 10**400, 1e308, float("nan"), float("inf"), "", "NaN", "\x00", "9" * 400, [], {}, [[]], {"": 1}]
)  # fmt: skip
BASE = "http://127.0.0.1:1"


@dataclass
class MangledWeb(Web):
    """Asks the fakes in this process; `mangle` spoils every body on the way."""

    fakes: Mapping[str, Fake] = field(default_factory=dict)
    mangle: Callable[[bytes], bytes] = bytes

    def get(self, url: str, *, params: Any = None, headers: Any = None, **_: Any) -> Answer:
        if params:
            query = params if isinstance(params, str) else urlencode(params, doseq=True)
            url = f"{url}{'&' if '?' in url else '?'}{query}"
        reply = self._ask(url, headers or {})
        if reply.status >= 400:
            raise SourceUnavailable(f"{url}: HTTP {reply.status}", status=reply.status)
        return Answer(url, reply.status, {"Content-Type": reply.content_type, **reply.headers}, self._body(reply))

    def download(self, url: str, path: Path, *, etag: str = "", max_bytes: int = 0) -> Download:
        del etag, max_bytes
        reply = self._ask(url, {})
        if reply.status >= 400:
            raise SourceUnavailable(f"{url}: HTTP {reply.status}", status=reply.status)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(self._body(reply))
        return Download(path, '"fuzz"')

    def _ask(self, url: str, headers: Mapping[str, str]) -> Reply:
        parts = urlsplit(url)
        name, _, path = parts.path.lstrip("/").partition("/")
        low = {k.lower(): v for k, v in headers.items()}
        query = parse_qs(parts.query, keep_blank_values=True)
        fake = self.fakes.get(name)
        return fake.answer(Request("GET", f"{BASE}/{name}", f"/{path}", query, low, b"")) if fake else Reply(status=404)

    def _body(self, reply: Reply) -> bytes:
        return self.mangle(reply.body.read_bytes() if isinstance(reply.body, Path) else reply.body)


def spoiled() -> st.SearchStrategy[Callable[[bytes], bytes]]:
    """Ways to spoil a body: cut, flip, insert, repeat, and for JSON another value anywhere."""
    place = st.floats(0, 1, exclude_max=True)
    return st.one_of(
        st.builds(_cut, place),
        st.builds(_inserted, place, st.binary(min_size=1, max_size=12)),
        st.builds(_overwritten, place, st.binary(min_size=1, max_size=12)),
        st.builds(_doubled, place, place),
        st.builds(_json_value, st.integers(0, 10**6), HOSTILE),
        st.builds(_cell, st.integers(0, 10**6), st.sampled_from(["", "NaN", "-1", "1e308", "\x00", "Ω" * 300, '"'])),
        st.builds(_whole, st.binary(max_size=60)),
    )


def _cut(at: float) -> Callable[[bytes], bytes]:
    return lambda b: b[: int(at * len(b))]


def _inserted(at: float, new: bytes) -> Callable[[bytes], bytes]:
    return lambda b: b[: int(at * len(b))] + new + b[int(at * len(b)) :]


def _overwritten(at: float, new: bytes) -> Callable[[bytes], bytes]:
    return lambda b: b[: int(at * len(b))] + new + b[int(at * len(b)) + len(new) :]


def _doubled(start: float, end: float) -> Callable[[bytes], bytes]:
    return lambda b: b + b[int(min(start, end) * len(b)) : int(max(start, end) * len(b))]


def _whole(new: bytes) -> Callable[[bytes], bytes]:
    return lambda _: new


def _cell(number: int, new: str) -> Callable[[bytes], bytes]:
    """One field between commas is another."""

    def change(body: bytes) -> bytes:
        cells = body.split(b",")
        cells[number % len(cells)] = new.encode()
        return b",".join(cells)

    return change


def _json_value(number: int, new: object) -> Callable[[bytes], bytes]:
    """One value somewhere in the document is another."""

    def change(body: bytes) -> bytes:
        try:
            document = json.loads(body)
        except ValueError:
            return body
        places = list(_places(document))
        if not places:
            return json.dumps(new).encode()
        container, key = places[number % len(places)]
        container[key] = new
        return json.dumps(document).encode()

    return change


def _places(value: Any) -> Any:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in list(items):
        yield value, key
        yield from _places(inner)
