"""Addresses that hold a password: checked before anything runs, by messages that tell no piece of them."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import parse_qs, unquote, urlsplit

from connectors.address import is_loopback

TELLING: Final = 9  # characters from which a piece of a path is hidden wherever it stands


def _place(url: str) -> tuple[str, str]:
    """Scheme and host of an address.

    Raises:
        ValueError: host or port is none; tells no piece of the address, which is a secret.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
        host.encode("idna")  # a label of at most 63 characters
    except ValueError:
        host, port = " ", None
    if port == 0 or " " in host:
        raise ValueError("its host or port is none; expected SCHEME://HOST:PORT/PATH with a port of 1 to 65535")
    return parts.scheme, host


def check_webhook(url: str) -> None:
    """Refuse what alerts cannot be POSTed to.

    Raises:
        ValueError: what is expected; tells no piece of the address.
    """
    scheme, host = _place(url)
    if not host or (scheme != "https" and not (scheme == "http" and is_loopback(host))):
        raise ValueError("expected https://HOST/PATH (plain http on loopback alone)")


def check_postgres(url: str) -> None:
    """Refuse an address that a client reads otherwise than it was meant.

    Raises:
        ValueError: what is expected; tells no piece of the address.
    """
    try:
        parts = urlsplit(url)
        user, _, hosts = parts.netloc.rpartition("@")
        for host in hosts.split(","):  # Postgres takes several
            _place(f"//{host}")
        spilt = "@" in user + parts.path + parts.query or parts.fragment
    except ValueError:
        spilt = "host or port"
    if spilt or not url.startswith(("postgresql://", "postgres://")):
        raise ValueError(
            "expected postgresql://USER:PASSWORD@HOST:PORT/DATABASE; percent-encode / # ? @ in the password"
        )


def pieces_of(address: str) -> set[str]:
    """The parts of a secret address that are secret alone; a message may hold one without the others."""
    parts = urlsplit(address)
    passwords = [parts.password or "", *parse_qs(parts.query).get("password", ())]
    path = parts.path + (parts.query and f"?{parts.query}") if parts.scheme in {"https", "http"} else ""
    told = [p for p in (path, *re.split(r"[/?&=]", path)) if len(p) >= TELLING]
    return {piece for one in (*passwords, *told) for piece in (one, unquote(one)) if piece}
