"""An answer that drips is never silent for as long as a time-out waits, and never done: it is given up by the clock."""

from __future__ import annotations

import io
import socket
import time
from collections.abc import Mapping
from http.client import HTTPResponse
from typing import TYPE_CHECKING, Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer
    from requests import PreparedRequest
    from urllib3.connectionpool import ConnectionPool

HEAD_SECONDS = 90.0  # from the question to the end of status and headers
PATIENCE_SECONDS = 30.0  # before a body is given up that comes slower than
SLOWEST_BYTES_PER_SECOND = 1024  # as they are sent: a packed text is several times as long


class _Arriving(io.RawIOBase):
    """The bytes of one answer as its socket receives them, while they come fast enough."""

    def __init__(self, received: io.RawIOBase) -> None:
        self._received, self._since, self._taken, self._is_body = received, time.monotonic(), 0, False

    def body_begins(self) -> None:
        self._since, self._taken, self._is_body = time.monotonic(), 0, True

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Receive what is there.

        Raises:
            ConnectionAbortedError: the head is not whole in HEAD_SECONDS, or the body drips.
        """
        waited_s = time.monotonic() - self._since
        body_s = max(PATIENCE_SECONDS, self._taken / SLOWEST_BYTES_PER_SECOND)
        if waited_s > (body_s if self._is_body else HEAD_SECONDS):
            raise ConnectionAbortedError(f"{self._taken} bytes in {waited_s:.0f} s, too slow")
        taken: int = self._received.readinto(buffer)
        self._taken += taken
        return taken

    def close(self) -> None:
        self._received.close()
        super().close()


class _Timed(HTTPResponse):
    """An answer under the clock: its head, its body, and what stands between the parts of the body."""

    def __init__(self, sock: socket.socket, *arguments: Any, **named: Any) -> None:
        super().__init__(sock, *arguments, **named)
        self._arriving = _Arriving(self.fp.detach())
        self.fp = io.BufferedReader(self._arriving)

    def begin(self) -> None:
        super().begin()
        self._arriving.body_begins()


class _Plain(HTTPConnection):
    response_class = _Timed


class _Encrypted(HTTPSConnection):
    response_class = _Timed


class Timed(HTTPAdapter):
    """Connections whose answers are under the clock, those of a proxy too."""

    def get_connection_with_tls_context(
        self,
        request: PreparedRequest,
        verify: bool | str | None,
        proxies: Mapping[str, str] | None = None,
        cert: Any = None,
    ) -> ConnectionPool:
        """The pool of the request's host."""
        pool: Any = super().get_connection_with_tls_context(request, verify, proxies, cert)
        pool.ConnectionCls = _Encrypted if pool.scheme == "https" else _Plain
        return pool  # type: ignore[no-any-return]
