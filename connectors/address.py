"""Which addresses may be asked: https except loopback, and never another host than the one that was meant."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urljoin, urlsplit

from connectors.errors import UnsafeAddress

PORTS = {"https": 443, "http": 80}
Place = tuple[str, int]  # host and port


def host_of(url: str) -> tuple[str, str, int]:
    """Scheme, host and effective port: ``https://h`` and ``https://h:443`` are one place."""
    parts = urlsplit(url)
    return parts.scheme, (parts.hostname or "").lower(), parts.port or PORTS.get(parts.scheme, 0)


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
    try:
        place = scheme, host, _ = host_of(url)
    except ValueError:  # a port or an IPv6 address that is none; of a password with a slash the error tells a part
        raise UnsafeAddress(f"{without_user(url)}: no address") from None
    if scheme != "https" and not (scheme == "http" and is_loopback(host)):
        raise UnsafeAddress(f"{without_user(url)}: only https is asked (plain http on loopback); set an https address")
    if same_as is not None and place != host_of(same_as):
        raise UnsafeAddress(f"{without_user(url)}: leads away from {without_user(same_as)}; not followed")
    return url


def check_public(url: str) -> Place:
    """Host and port of an address that may be asked and told: it stands in messages and beside every row.

    Raises:
        UnsafeAddress: see :func:`check_address`, or a user or password in it.
    """
    _, host, port = host_of(check_address(url))
    if "@" in urlsplit(url).netloc:
        raise UnsafeAddress(f"{without_user(url)}: an address with a user in it; put user and password into ~/.netrc")
    return host, port


def check_base(url: str) -> Place:
    """Host and port of the address that a source's paths are added to.

    Raises:
        UnsafeAddress: see :func:`check_public`, or no host, a blank, a query or a fragment in it.
    """
    host, port = check_public(url)
    if not host or re.search(r"[\s?#]", url):
        raise UnsafeAddress(f"{url!r}: expected https://HOST or https://HOST/PATH, no blank, no ? and no #")
    return host, port


def without_user(text: str) -> str:
    """`text` with stars for the user and password of the addresses in it, badly quoted ones included."""
    return re.sub(r"(?<=://)\S*@", "***@", text)


def on_host(base: str, path: str) -> str:
    """The address of a path that an answer of `base` names.

    Raises:
        UnsafeAddress: ``@elsewhere/x``, ``.elsewhere/x``, ``:8080/x`` lead away.
    """
    return check_address(base + path, same_as=base)


def led_to(location: str, *, by: str) -> str:
    """The address that a redirect of `by` leads to, if it stays on its host.

    Raises:
        UnsafeAddress: it is no address, or leads away.
    """
    try:
        url = urljoin(by, location)
    except ValueError as error:
        raise UnsafeAddress(f"{by}: redirects to what is no address ({error})") from None
    return check_address(url, same_as=by)
