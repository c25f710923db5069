"""Servers that are never silent and never done: whatever they drip, and where, they are given up by the clock."""

from __future__ import annotations

import contextlib
import re
import socket
import time
from pathlib import Path

import pytest

from connectors import drip
from connectors.errors import SourceUnavailable
from connectors.web import Web
from tests.faults.breaking import Speak, raw_server, self_signed

OK, MISSING, BUSY = b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 404 Not Found\r\n", b"HTTP/1.1 503 Busy\r\n"
PATIENCE_SECONDS, DRIPS_SECONDS = 0.6, 7.0


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drip, "HEAD_SECONDS", PATIENCE_SECONDS)
    monkeypatch.setattr(drip, "PATIENCE_SECONDS", PATIENCE_SECONDS)


def dripping(head: bytes, drop: bytes = b"x", every_s: float = 0.1) -> Speak:
    """A server that says `head` at once, then a drop at a time, always in time for the next."""

    def speak(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(head)
        until = time.monotonic() + DRIPS_SECONDS
        while time.monotonic() < until:
            connection.sendall(drop)
            time.sleep(every_s)

    return speak


def told(url: str, retries: int = 0) -> tuple[str, float]:
    """What a GET fails with, and after how many seconds."""
    began_s = time.monotonic()
    with pytest.raises(SourceUnavailable) as error:
        Web(retries=retries, backoff_s=0.01).get(url)
    return str(error.value), time.monotonic() - began_s


@pytest.mark.parametrize(
    ("head", "drop", "said"),
    [
        (b"", b"H", "bytes in 1 s, too slow.*check the network"),  # the status itself
        (OK + b"X-A: ", b"a", "bytes in 1 s, too slow.*check the network"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n", "bytes in 1 s, too slow.*check the network"),
        (OK + b"Content-Length: 900\r\n\r\n", b"x", "the body broke off .*bytes in 1 s, too slow"),
        # the length of a chunk, and what may follow the last one
        (OK + b"Transfer-Encoding: chunked\r\n\r\n5;", b"a", "the body broke off .*bytes in 1 s, too slow"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n0\r\nX-A: ", b"a", "the body broke off .*bytes in 1 s, too slow"),
        (MISSING + b"Content-Length: 900\r\n\r\n", b"x", "HTTP 404 .*bytes in 1 s, too slow"),
    ],
)
def test_what_drips_is_given_up(head: bytes, drop: bytes, said: str) -> None:
    with raw_server(dripping(head, drop)) as port:
        message, waited_s = told(f"http://127.0.0.1:{port}/x")
    assert PATIENCE_SECONDS <= waited_s < 5 * PATIENCE_SECONDS  # a lost connection is tried twice
    assert re.search(said, message), message


def test_a_head_that_drips_through_tls_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context = self_signed(tmp_path)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "self-signed.pem"))
    with raw_server(dripping(OK + b"X-A: ", b"a"), context) as port:
        message, waited_s = told(f"https://127.0.0.1:{port}/x")
    assert "too slow" in message
    assert waited_s < 5 * PATIENCE_SECONDS


def test_a_proxy_that_drips_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(variable, raising=False)
    with raw_server(dripping(OK + b"X-A: ", b"a")) as port:
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{port}")
        message, waited_s = told("https://prices.example/x")
    assert "too slow" in message
    assert waited_s < 5 * PATIENCE_SECONDS


@pytest.mark.parametrize("every_s", [0.1, 0.0])
def test_the_page_of_an_error_that_is_retried_is_not_read(every_s: float) -> None:
    """A page without an end, slow or fast, would hold the retry."""
    with raw_server(dripping(BUSY + b"Content-Length: 9999999999\r\n\r\n", b"x" * 1000, every_s)) as port:
        message, waited_s = told(f"http://127.0.0.1:{port}/x", retries=2)
    assert "HTTP 503 xxx" in message
    assert waited_s < 5 * PATIENCE_SECONDS


def test_a_slow_whole_answer_is_an_answer() -> None:
    """It thinks for longer than a body may take, then sends what it has in pieces, some of them late."""
    body = b"x" * 6000

    def speak(connection: socket.socket) -> None:
        connection.recv(65536)
        time.sleep(0.8 * PATIENCE_SECONDS)
        connection.sendall(OK + b"Content-Length: %d\r\n\r\n" % len(body))
        for at in range(0, len(body), 1000):
            time.sleep(0.4 * PATIENCE_SECONDS)
            connection.sendall(body[at : at + 1000])

    with raw_server(speak) as port:
        assert Web(retries=0).get(f"http://127.0.0.1:{port}/x").body == body


def test_connections_are_kept_for_the_next_question() -> None:
    taken: list[int] = []

    def speak(connection: socket.socket) -> None:
        taken.append(connection.getpeername()[1])
        with contextlib.suppress(ConnectionResetError):
            while connection.recv(65536):
                connection.sendall(OK + b"Content-Length: 2\r\n\r\nok")

    with raw_server(speak) as port:
        web = Web(retries=0)
        assert [web.get(f"http://127.0.0.1:{port}/x").text for _ in range(3)] == ["ok"] * 3
    assert len(taken) == 1
