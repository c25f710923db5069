"""Which addresses may be asked: https except loopback, and never another host than the one that was meant."""

from __future__ import annotations

import ipaddress
from urllib.parse import urljoin, urlsplit

import requests

from connectors.errors import UnsafeAddress

PORTS = {"https": 443, "http": 80}


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
    except ValueError as error:  # a port or an IPv6 address that is none
        raise UnsafeAddress(f"{url}: no address ({error})") from None
    if scheme != "https" and not (scheme == "http" and is_loopback(host)):
        raise UnsafeAddress(f"{url}: only https is asked (plain http on loopback); set an https address")
    if same_as is not None and place != host_of(same_as):
        raise UnsafeAddress(f"{url}: leads away from {same_as}; not followed")
    return url


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


def through_proxy(url: str) -> str:
    """The address that is really connected to: the proxy's, where the environment names one."""
    proxies = requests.utils.get_environ_proxies(url, no_proxy=None)
    proxy = requests.utils.select_proxy(url, proxies)
    return proxy if proxy and "://" in proxy else url
