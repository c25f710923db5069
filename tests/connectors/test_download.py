"""A resumed download against publishers that answer a range with something else than the rest of the file."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from connectors.web import Web

OLD, NEW = b"OLD" * 1000, b"NEW" * 1000
KEPT = 1500  # bytes of the first answer, before it broke off


def answer(body: bytes, *headers: str, status: str = "200 OK", announced: int | None = None) -> bytes:
    length = f"Content-Length: {len(body) if announced is None else announced}"
    return "\r\n".join([f"HTTP/1.1 {status}", length, "Connection: close", *headers, "", ""]).encode() + body


def rest(body: bytes, content_range: str, etag: str = '"old"') -> bytes:
    return answer(body, f"ETag: {etag}", f"Content-Range: {content_range}", status="206 Partial Content")


BROKEN_OFF = answer(OLD[:KEPT], 'ETag: "old"', announced=len(OLD))


@contextmanager
def publisher(*answers: bytes) -> Iterator[tuple[str, list[str]]]:
    """Gives one answer per connection, in this order; its address, and the requests it got."""
    requests: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=_serve, args=(listening, answers, requests), daemon=True).start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/file.csv", requests


def _serve(listening: socket.socket, answers: Sequence[bytes], requests: list[str]) -> None:
    for whole in answers:
        connection, _ = listening.accept()
        with connection:
            request = b""
            while b"\r\n\r\n" not in request:
                request += connection.recv(4096)
            requests.append(request.decode())
            connection.sendall(whole)


def downloaded(folder: Path, *answers: bytes) -> tuple[bytes, list[bool]]:
    """The file that these answers make, and which requests asked for a range."""
    with publisher(*answers) as (url, requests):
        got = Web(retries=3, backoff_s=0.01).download(url, folder / "f.csv")
    assert [p.name for p in folder.iterdir()] == ["f.csv"]
    return got.path.read_bytes(), ["Range: bytes=" in request for request in requests]


def test_the_rest_of_the_same_file_completes_it(tmp_path: Path) -> None:
    found = downloaded(tmp_path, BROKEN_OFF, rest(OLD[KEPT:], "bytes 1500-2999/3000"))
    assert found == (OLD, [False, True])


@pytest.mark.parametrize("etag", ['"new"', ""])
def test_the_rest_of_another_file_is_not_spliced(tmp_path: Path, etag: str) -> None:
    other = rest(NEW[KEPT:], "bytes 1500-2999/3000", etag)
    assert downloaded(tmp_path, BROKEN_OFF, other, answer(NEW, 'ETag: "new"')) == (NEW, [False, True, False])


@pytest.mark.parametrize(
    "content_range", ["bytes 1500-1999/3000", "bytes 1500-1999/*", "bytes 1000-1499/1500", "bytes 1500-1999", ""]
)
def test_a_range_that_is_not_all_the_rest_is_begun_anew(tmp_path: Path, content_range: str) -> None:
    short = rest(OLD[KEPT:2000], content_range)
    assert downloaded(tmp_path, BROKEN_OFF, short, answer(OLD, 'ETag: "old"')) == (OLD, [False, True, False])


def test_a_rest_shorter_than_its_range_is_resumed_once_more(tmp_path: Path) -> None:
    head = 'HTTP/1.1 206 Partial Content\r\nETag: "old"\r\nContent-Range: bytes 1500-2999/3000\r\n'
    chunked = f"{head}Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n1f4\r\n".encode()
    short = chunked + OLD[KEPT:2000] + b"\r\n0\r\n\r\n"  # 500 bytes, well ended
    found = downloaded(tmp_path, BROKEN_OFF, short, rest(OLD[2000:], "bytes 2000-2999/3000"))
    assert found == (OLD, [False, True, True])


def test_a_weak_validator_tells_no_bytes_apart(tmp_path: Path) -> None:
    weak = answer(OLD[:KEPT], 'ETag: W/"old"', announced=len(OLD))
    assert downloaded(tmp_path, weak, answer(NEW, 'ETag: W/"old"')) == (NEW, [False, False])
