"""Where a request really connects to: the proxy that the environment names, where it names one."""

from __future__ import annotations

from urllib.parse import urlsplit

import requests

from connectors.address import Place, host_of
from connectors.errors import UnsafeAddress


def connected_to(url: str) -> Place:
    """Host and port that a request really connects to: the proxy's, where the environment names one.

    Proxies are asked in plain http, far ones too: what goes through them stays encrypted.

    Raises:
        UnsafeAddress: the proxy is no address; it is not told, as its password may be what is wrong.
    """
    proxy = requests.utils.select_proxy(url, requests.utils.get_environ_proxies(url, no_proxy=None))
    if not proxy:
        return host_of(url)[1:]
    whole = proxy if "://" in proxy else f"http://{proxy}"
    try:
        parts = urlsplit(whole)
        _, host, port = host_of(whole)
    except ValueError:
        host = ""
    if not host or "@" in parts.path + parts.query + parts.fragment:
        raise UnsafeAddress("HTTPS_PROXY is no address; set http://[USER:PASSWORD@]HOST:PORT, odd characters as %XX")
    return host, port
