"""Sources that break: real fakes whose answers are changed on the way, and servers that misbehave below HTTP."""

from __future__ import annotations

import contextlib
import gzip
import ipaddress
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.fakes import aws_price_list, aws_world
from tests.fakes.__main__ import all_fakes
from tests.fakes.server import HOST, Fake, Reply, Request, Server

Change = Callable[[Request, Reply], Reply]
Speak = Callable[[socket.socket], None]


@dataclass
class World:
    """All fakes on one server; `changes` break the answers whose address fits the pattern.

    A file list is only read anew when its version is new, so every night of a campaign is a new version.
    """

    changes: dict[str, Change] = field(default_factory=dict)
    env: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        fakes = [f for f in all_fakes() if f.name != "aws-price-list"]
        self.aws = aws_price_list.fake(aws_world.World())
        self.server = Server([self._breakable(f) for f in (*fakes, self.aws)])
        self.server._http.handle_error = lambda *_: None  # type: ignore[method-assign]  clients that hang up

    def new_version(self, number: int) -> None:
        answer: Any = self.aws.answer
        answer.world = replace(answer.world, version=f"2026{number:010}", plans_version=f"2026{number:010}")

    def settings(self) -> dict[str, str]:
        return self.server.settings() | self.env

    def heal(self) -> None:
        self.changes.clear()
        self.env.clear()

    def _breakable(self, fake: Fake) -> Fake:
        def answer(request: Request) -> Reply:
            reply = fake.answer(request)
            asked = f"/{fake.name}{request.path}?{request.query}"
            for pattern, change in self.changes.items():
                if re.search(pattern, asked):
                    reply = change(request, reply)
            return reply

        return replace(fake, answer=answer)


def body(reply: Reply) -> bytes:
    return reply.body.read_bytes() if isinstance(reply.body, Path) else reply.body


def rewritten(change: Callable[[bytes], bytes]) -> Change:
    """The answer with another body; a new body has a new validator."""
    return lambda _, reply: replace(reply, body=change(body(reply)), etag="")


def instead(**given: Any) -> Change:
    """Another answer altogether: ``instead(status=500)``."""
    return lambda _, __: Reply(**given)


def replaced(old: str, new: str, times: int = -1, encoding: str = "utf-8") -> Change:
    def change(content: bytes) -> bytes:
        if old.encode(encoding) not in content:
            raise LookupError(f"the fake's answer holds no {old!r}: the fault would break nothing")
        return content.replace(old.encode(encoding), new.encode(encoding), times)

    return rewritten(change)


def bomb(size_mib: int) -> Reply:
    """A small gzip body, of one member per MiB, that decodes to `size_mib` of zeros."""
    packed = gzip.compress(bytes(1 << 20), compresslevel=9) * size_mib
    return Reply(packed, headers={"Content-Encoding": "gzip"}, content_type="application/json")


@contextmanager
def raw_server(speak: Speak, wrap: ssl.SSLContext | None = None) -> Iterator[int]:
    """A TCP server that treats each connection with `speak`; its port."""
    with socket.create_server((HOST, 0)) as listening:

        def serve(plain: socket.socket) -> None:
            with contextlib.suppress(OSError):
                speak(wrap.wrap_socket(plain, server_side=True) if wrap else plain)

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = listening.accept()
                    threading.Thread(target=serve, args=(connection,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield listening.getsockname()[1]


def mute(connection: socket.socket) -> None:
    """Take the question, never answer."""
    connection.recv(65536)
    time.sleep(60)


def throttle(connection: socket.socket) -> None:
    """Later, always later."""
    connection.recv(65536)
    connection.sendall(
        b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    )
    connection.close()


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/csv\r\nContent-Length: 1000000\r\n\r\n"


def stall(connection: socket.socket) -> None:
    """Half a body, then silence."""
    connection.recv(65536)
    connection.sendall(HEAD + b"REGION,SETTLEMENTDATE\n" * 1000)
    time.sleep(60)


def cut(connection: socket.socket) -> None:
    """A thousandth of the body that was announced, then the end."""
    connection.recv(65536)
    connection.sendall(HEAD + b'{"data": [' * 100)
    connection.close()


def drip(connection: socket.socket) -> None:
    """A byte at a time, always in time for the next."""
    connection.recv(65536)
    connection.sendall(HEAD)
    for _ in range(600):
        connection.sendall(b"x")
        time.sleep(0.2)


@contextmanager
def refused_port() -> Iterator[int]:
    """A port that nobody listens on."""
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        yield taken.getsockname()[1]


def self_signed(folder: Path) -> ssl.SSLContext:
    """A certificate for loopback that nobody vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, HOST)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(HOST))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "self-signed.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context
