"""The HTTP client against a server that misbehaves in every way a publisher has."""

from __future__ import annotations

import gzip
import socket
import threading
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from connectors import probe
from connectors.address import check_address
from connectors.answer import CHUNK_BYTES, Answer
from connectors.errors import ConnectorError, RateLimited, SchemaDrift, SourceUnavailable, UnsafeAddress
from connectors.registry import CONNECTORS
from connectors.web import Web
from tests.fakes.server import Fake, Fault, Reply, Request, Server
from tests.faults.breaking import raw_server

FILE = bytes(range(256)) * 4000
BOMB = gzip.compress(bytes(5_000_000))
TEXT = ",".join(str(n * n) for n in range(30_000)).encode()
PACKED = gzip.compress(TEXT)


def answer(request: Request) -> Reply:
    """A small publisher: files, redirects, a gzip bomb, a login page, JSON."""
    if request.path == "/packed":
        coding = request.first("coding", "gzip")
        return Reply(packed(request.first("how")), headers={"Content-Encoding": coding})
    if request.path == "/lost":
        return Reply(status=302, headers={"Location": request.first("to")})
    price = Reply(b'{"price": 21.9576420001, "n": 7}', content_type="application/json")
    return {
        "/file.csv": Reply(FILE),
        "/no-etag.csv": Reply(FILE, headers={"ETag": ""}),
        "/moved": Reply(status=302, headers={"Location": f"{request.base}/file.csv"}),
        "/away": Reply(status=302, headers={"Location": "https://elsewhere.example/file.csv"}),
        "/circle": Reply(status=302, headers={"Location": f"{request.base}/circle"}),
        "/bomb": Reply(BOMB, headers={"Content-Encoding": "gzip"}),
        "/login": Reply.of_text("<html>please sign in</html>", "text/html"),
    }.get(request.path, price)


def packed(how: str) -> bytes:
    """TEXT packed in one go or in two, or all but the last bytes of it; empty is an empty body."""
    if how == "twice":
        return gzip.compress(TEXT[:100_000]) + gzip.compress(TEXT[100_000:])
    return {"once": PACKED, "empty": b"", "plain": TEXT}[how] if how.isalpha() else PACKED[: -int(how)]


@pytest.fixture
def server() -> Iterator[Server]:
    with Server([Fake("publisher", answer)]) as running:
        yield running


@pytest.fixture
def base(server: Server) -> str:
    return server.url("publisher")


@pytest.fixture
def web() -> Web:
    return Web(retries=3, backoff_s=0.01)


@pytest.fixture
def proxy(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Names a proxy; proxy.example is this machine, which nothing but a resolver can tell."""
    resolve = socket.getaddrinfo

    def resolved(host: str, *more: Any, **options: Any) -> Any:
        return resolve("127.0.0.1" if host == "proxy.example" else host, *more, **options)

    def named(address: str) -> None:
        for variable in ("http_proxy", "https_proxy"):
            monkeypatch.setenv(variable, address)

    monkeypatch.setattr(socket, "getaddrinfo", resolved)
    for variable in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(variable, raising=False)
    return named


def closed_port() -> int:
    """A port at which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def asked(server: Server) -> int:
    return len(server.seen)


def test_numbers_keep_their_decimals(web: Web, base: str) -> None:
    assert web.get(f"{base}/price").json() == {"price": Decimal("21.9576420001"), "n": 7}


def test_a_page_in_place_of_json_is_schema_drift(web: Web, base: str) -> None:
    with pytest.raises(SchemaDrift, match="text/html"):
        web.get(f"{base}/login").json()


@pytest.mark.parametrize(
    "url", ["http://prices.example/x", "http://10.0.0.1/x", "ftp://127.0.0.1/x", "http://127.0.0.1.example/x"]
)
def test_plain_http_is_for_loopback_only(url: str) -> None:
    with pytest.raises(UnsafeAddress):
        check_address(url)


@pytest.mark.parametrize(
    "url", ["https://", "https:///x", "https://h h/", "https://h/\tx", "https://h/?q=1", "https://h/?", "https://h/#f"]
)
def test_a_base_address_is_a_host_and_a_path(url: str) -> None:
    with pytest.raises(UnsafeAddress, match="expected https://HOST or https://HOST/PATH"):
        Web(offline=True).probe([url])
    assert Web(offline=True).probe([c.url for c in CONNECTORS if c.setting]) == {}


def test_another_port_of_the_same_host_is_another_place() -> None:
    assert check_address("https://h.example:443/b", same_as="https://h.example/a")
    with pytest.raises(UnsafeAddress):
        check_address("https://h.example:8443/b", same_as="https://h.example/a")


def test_a_redirect_on_the_host_is_followed(web: Web, base: str) -> None:
    assert web.get(f"{base}/moved").body == FILE


def test_a_redirect_to_another_host_is_not(web: Web, server: Server, base: str) -> None:
    with pytest.raises(UnsafeAddress, match=r"elsewhere\.example"):
        web.get(f"{base}/away")
    with pytest.raises(SourceUnavailable, match="circle"):
        web.get(f"{base}/circle")
    assert asked(server) == 6


def test_a_short_body_is_never_an_answer(web: Web, server: Server, base: str) -> None:
    server.faults.append(Fault("/file.csv", truncate_to=1000))
    with pytest.raises(SourceUnavailable, match="broke off"):
        web.get(f"{base}/file.csv")


def test_a_broken_download_resumes_where_it_stopped(web: Web, server: Server, base: str, tmp_path: Path) -> None:
    server.faults.append(Fault("/file.csv", truncate_to=600_000))
    got = web.download(f"{base}/file.csv", tmp_path / "f.csv")
    assert got.path.read_bytes() == FILE
    assert len(FILE) <= server.bytes_sent <= len(FILE) + CHUNK_BYTES
    assert [p.name for p in tmp_path.iterdir()] == ["f.csv"]


def test_a_download_that_keeps_breaking_leaves_its_part(server: Server, base: str, tmp_path: Path) -> None:
    server.faults.append(Fault("/file.csv", truncate_to=200_000, times=2))
    with pytest.raises(SourceUnavailable):
        Web(retries=1, backoff_s=0.01).download(f"{base}/file.csv", tmp_path / "f.csv")
    assert not (tmp_path / "f.csv").exists()
    assert (tmp_path / "f.csv.part").stat().st_size > 300_000
    next_run = Web().download(f"{base}/file.csv", tmp_path / "f.csv")
    assert next_run.path.read_bytes() == FILE


def test_a_part_of_an_older_file_is_thrown_away(web: Web, base: str, tmp_path: Path) -> None:
    (tmp_path / "f.csv.part").write_bytes(b"older version")
    (tmp_path / "f.csv.part.etag").write_text('"older"')
    assert web.download(f"{base}/file.csv", tmp_path / "f.csv").path.read_bytes() == FILE


def test_a_whole_part_left_by_a_kill_does_not_block_the_next_run(web: Web, base: str, tmp_path: Path) -> None:
    etag = web.download(f"{base}/file.csv", tmp_path / "f.csv").etag
    (tmp_path / "f.csv").rename(tmp_path / "f.csv.part")
    (tmp_path / "f.csv.part.etag").write_text(etag)
    assert web.download(f"{base}/file.csv", tmp_path / "f.csv").path.read_bytes() == FILE


def test_without_a_validator_nothing_is_resumed(web: Web, server: Server, base: str, tmp_path: Path) -> None:
    server.faults.append(Fault("/no-etag.csv", truncate_to=60_000))
    assert web.download(f"{base}/no-etag.csv", tmp_path / "f.csv").path.read_bytes() == FILE
    assert server.bytes_sent == 60_000 + len(FILE)


def test_a_known_file_is_not_sent_again(web: Web, server: Server, base: str, tmp_path: Path) -> None:
    first = web.download(f"{base}/file.csv", tmp_path / "f.csv")
    second = web.download(f"{base}/file.csv", tmp_path / "g.csv", etag=first.etag)
    assert second.unchanged
    assert server.bytes_sent == len(FILE)
    assert not (tmp_path / "g.csv").exists()


def test_retry_after_is_obeyed(web: Web, server: Server, base: str) -> None:
    server.faults.append(Fault("/price", status=429, headers={"Retry-After": "1"}))
    start = time.monotonic()
    assert web.get(f"{base}/price").status == 200
    assert 1.0 <= time.monotonic() - start < 3.0


@pytest.mark.parametrize("said", ["-5", "soon", "Mon, 01 Jan 99999 00:00:00 GMT"])
def test_an_unreadable_retry_after_is_a_throttle_all_the_same(web: Web, server: Server, base: str, said: str) -> None:
    server.faults.append(Fault("/price", status=429, headers={"Retry-After": said}, times=5))
    with pytest.raises(RateLimited, match="429"):
        web.get(f"{base}/price")
    assert asked(server) == 1 + 3
    assert Web(retries=3, backoff_s=0.01).get(f"{base}/price").status == 200


def test_errors_are_retried_and_then_named(web: Web, server: Server, base: str) -> None:
    server.faults.append(Fault("/price", status=503, times=2))
    assert web.get(f"{base}/price").status == 200
    server.faults.append(Fault("/price", status=429, times=99))
    with pytest.raises(RateLimited, match="429"):
        web.get(f"{base}/price")
    assert asked(server) == 3 + 4


def test_a_host_that_throttles_for_ever_is_not_asked_again(web: Web, server: Server, base: str) -> None:
    server.faults.append(Fault("/price", status=429, times=99))
    with pytest.raises(RateLimited):
        web.get(f"{base}/price")
    with pytest.raises(SourceUnavailable, match="not asked again, still HTTP 429 after 3 retries"):
        web.get(f"{base}/file.csv")
    assert asked(server) == 1 + 3


def test_who_paces_its_own_requests_may_ask_again_after_a_429(web: Web, server: Server, base: str) -> None:
    server.faults.append(Fault("/price", status=429))
    patient = web.without_retries()
    with pytest.raises(RateLimited):
        patient.get(f"{base}/price")
    assert patient.get(f"{base}/price").status == 200


def test_a_broken_error_page_is_still_its_status(web: Web, server: Server, base: str) -> None:
    server.faults.append(Fault("/price", status=403, headers={"Content-Encoding": "gzip"}, body=b"no gzip"))
    with pytest.raises(SourceUnavailable, match="HTTP 403 DecodeError"):
        web.get(f"{base}/price")


@pytest.mark.parametrize("location", ["http://[", "https://h.example:port/x"])
def test_a_redirect_to_what_is_no_address_is_not_followed(web: Web, base: str, location: str) -> None:
    with pytest.raises(ConnectorError, match=r"no address|Invalid IPv6"):
        web.get(f"{base}/lost", params={"to": location})


def test_nested_beyond_all_measure_is_no_json(base: str) -> None:
    with pytest.raises(SchemaDrift, match="expected JSON"):
        Answer(base, 200, {}, b"[" * 100_000).json()


def test_a_refusal_is_not_retried(web: Web, server: Server, base: str) -> None:
    server.faults.append(Fault("/price", status=403, body=b"AccessDenied"))
    with pytest.raises(SourceUnavailable, match="403 AccessDenied") as refused:
        web.get(f"{base}/price")
    assert (refused.value.status, asked(server)) == (403, 1)


@pytest.mark.parametrize("missing", [len(PACKED) - 5, len(PACKED) // 2, 8, 1])
def test_a_gzip_body_without_its_end_is_never_an_answer(web: Web, base: str, missing: int) -> None:
    with pytest.raises(SourceUnavailable, match="broke off") as cut:
        web.get(f"{base}/packed", params={"how": missing})
    assert cut.value.resumable  # worth another try


@pytest.mark.parametrize("coding", ["x-gzip", "gzip ", "GZIP"])
def test_gzip_by_another_name_has_an_end_too(web: Web, base: str, coding: str) -> None:
    assert web.get(f"{base}/packed", params={"how": "once", "coding": coding}).body == TEXT
    with pytest.raises(SourceUnavailable, match="a gzip stream without its end"):
        web.get(f"{base}/packed", params={"how": 8, "coding": coding})


@pytest.mark.parametrize("coding", ["deflate", "br", "zstd", "gzip, gzip", "none"])
def test_a_coding_that_was_not_asked_for_is_refused(web: Web, base: str, coding: str, tmp_path: Path) -> None:
    for ask in (web.get, lambda url: web.download(url, tmp_path / "f.csv")):
        with pytest.raises(SchemaDrift, match=f"Content-Encoding '{coding}'; only gzip is asked for"):
            ask(f"{base}/packed?how=plain&coding={coding}")
    assert not (tmp_path / "f.csv").exists()


def test_identity_is_no_coding(web: Web, base: str) -> None:
    assert web.get(f"{base}/packed", params={"how": "plain", "coding": "identity"}).body == TEXT


@pytest.mark.parametrize("length", ["abc", "-1", "5, 5", "1_0"])
def test_a_length_that_is_none_is_one_clear_error(web: Web, length: str) -> None:
    def speak(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n12345".encode())
        connection.close()

    with raw_server(speak) as port, pytest.raises(SchemaDrift, match=f"/x: Content-Length '{length}' is no number"):
        web.get(f"http://127.0.0.1:{port}/x")


def test_a_gzip_body_is_unpacked_whole(web: Web, base: str) -> None:
    assert web.get(f"{base}/packed", params={"how": "once"}).body == TEXT
    assert web.get(f"{base}/packed", params={"how": "twice"}).body == TEXT
    assert web.get(f"{base}/packed", params={"how": "empty"}).body == b""


def test_a_gzip_bomb_is_stopped_at_the_limit(web: Web, base: str) -> None:
    with pytest.raises(SchemaDrift, match="refused"):
        web.get(f"{base}/bomb", max_bytes=1_000_000)


def test_a_dead_host_is_asked_once() -> None:
    dead = f"http://127.0.0.1:{closed_port()}/x"
    web = Web(retries=0)
    with pytest.raises(SourceUnavailable, match="check the network"):
        web.get(dead)
    start = time.monotonic()
    with pytest.raises(SourceUnavailable, match="not asked again"):
        web.get(dead)
    assert time.monotonic() - start < 0.05


def test_the_probe_of_mute_hosts_costs_its_limit_once(monkeypatch: pytest.MonkeyPatch, base: str) -> None:
    connect = socket.create_connection

    over = threading.Event()

    def mute(place: tuple[str, int], timeout: float) -> socket.socket:
        if place[0] != "127.0.0.1":
            over.wait(30)
            raise OSError
        return connect(place, timeout)

    monkeypatch.setattr(probe, "PROBE_SECONDS", 1.3)
    monkeypatch.setattr(socket, "create_connection", mute)
    web = Web()
    hosts = [f"https://mute-{n}.example" for n in range(20)]
    start = time.monotonic()
    dead = web.probe([*hosts, base])
    assert time.monotonic() - start < 2.0
    over.set()
    assert set(dead) == set(hosts)
    with pytest.raises(SourceUnavailable, match="not asked again, no connection within"):
        web.get(f"{hosts[0]}/prices")
    assert web.get(f"{base}/price").status == 200


@pytest.mark.parametrize("address", ["http://alice:s3cret@proxy.example", "proxy.example"])
def test_a_far_proxy_in_plain_http_is_gone_through(
    web: Web, server: Server, proxy: Callable[[str], None], address: str
) -> None:
    proxy(f"{address}:{server.port}")
    url = f"http://127.0.0.1:{closed_port()}/publisher/price"  # out of reach but for the proxy
    assert web.probe([url]) == {}
    assert web.get(url).status == 200
    assert server.seen == [f"GET {url}"]


def test_behind_a_dead_proxy_every_host_is_dead_and_no_password_told(web: Web, proxy: Callable[[str], None]) -> None:
    urls = ["https://prices.example", "https://rates.example:8443"]
    proxy(f"http://alice:s3cret@proxy.example:{closed_port()}")
    with pytest.raises(SourceUnavailable, match="check the network") as unprobed:
        Web(retries=0).get(urls[0])
    dead = web.probe(urls)
    assert list(dead) == urls
    with pytest.raises(SourceUnavailable, match="not asked again, no connection") as probed:
        web.get(f"{urls[1]}/x")
    assert "s3cret" not in f"{unprobed.value} {dead} {probed.value}"


@pytest.mark.parametrize("address", ["http://alice:s3/cret@proxy.example:3128", "http://alice:s3cret@proxy.example:p"])
def test_a_proxy_that_is_no_address_is_not_told(web: Web, proxy: Callable[[str], None], address: str) -> None:
    proxy(address)
    with pytest.raises(UnsafeAddress, match="HTTPS_PROXY is no address") as refused:
        web.get("https://prices.example/x")
    assert "s3" not in str(refused.value)


@pytest.mark.parametrize(
    "url", ["https://alice:s3cret@h.example/x", "http://alice:s3cret@h.example/x", "https://alice:s3/cret@h.example/x"]
)
def test_a_password_in_an_address_is_refused_and_not_told(web: Web, url: str) -> None:
    for ask in (web.get, lambda asked: web.probe([asked])):
        with pytest.raises(UnsafeAddress, match=r"https?://\*\*\*@h\.example/x") as refused:
            ask(url)
        assert "s3" not in str(refused.value)


def test_offline_opens_no_connection(server: Server, base: str) -> None:
    web = Web(offline=True)
    assert web.probe([base]) == {}
    with pytest.raises(SourceUnavailable, match="OFFLINE"):
        web.get(f"{base}/price")
    assert asked(server) == 0
