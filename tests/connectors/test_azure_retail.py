"""Filters, pages and the budget, over real HTTP."""

from __future__ import annotations

import threading
import time
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.address import check_address
from connectors.azure_limiter import Limiter
from connectors.azure_retail import Retail, Walk, address, contains, equals, key_of, lacks
from connectors.errors import RateLimited, SchemaDrift, SourceUnavailable, UnsafeAddress
from connectors.web import Web
from tests.connectors.azure_ask import ask_for
from tests.fakes import azure_retail
from tests.fakes.server import Fake, Fault, Reply, Server

PATH = "/api/retail/prices"
LINUX_H100 = equals("armSkuName", "Standard_ND96isr_H100_v5") & equals("priceType", "Consumption")
MACHINES = equals("serviceName", "Virtual Machines")


def serve(retail: azure_retail.Retail) -> Server:
    return Server([Fake("azure-retail", retail.answer)])


def keys(walk: Walk) -> set[tuple[str, ...]]:
    return set(walk.items)


def test_filter_text() -> None:
    where = equals("a", "O'Neil") & contains("b", "x") & lacks("c", "y") & (equals("d", "1") | equals("d", "2"))
    assert where.text == "a eq 'O''Neil' and contains(b,'x') and contains(c,'y') eq false and (d eq '1' or d eq '2')"
    assert where.comparisons == 5


def test_filter_limits_are_refused_before_they_are_sent() -> None:
    many = equals("armSkuName", "s0")
    for number in range(1, 21):
        many |= equals("armSkuName", f"s{number}")
    with pytest.raises(ValueError, match="21 comparisons"):
        address("https://prices.azure.com", many)
    with pytest.raises(ValueError, match="address of"):
        address("https://prices.azure.com", equals("armSkuName", "x" * 2000))


def test_next_page_link_with_the_explicit_port_is_the_same_host() -> None:
    link = "https://prices.azure.com:443/api/retail/prices?$skip=1000"
    assert check_address(link, same_as="https://prices.azure.com") == link


def test_pages_are_followed_and_bodies_kept(tmp_path: Path) -> None:
    with serve(azure_retail.Retail(page_size=50)) as server:
        retail = Retail.of(ask_for(server, tmp_path))
        walk = retail.walk(MACHINES, "all")
        assert len(walk.items) == len(azure_retail.world())
        assert walk.pages == len(list((tmp_path / "raw").glob("all.*.json.gz"))) == -(-len(walk.items) // 50)
        assert "%24skip=50" in server.seen[1] or "$skip=50" in server.seen[1]


def test_a_row_on_both_pages_counts_once(tmp_path: Path) -> None:
    with serve(azure_retail.Retail(page_size=50, overlap=True)) as server:
        walk = Retail.of(ask_for(server, tmp_path)).walk(MACHINES, "all")
    assert len(walk.items) == len(azure_retail.world())
    assert walk.overlaps == walk.pages - 1


def test_a_list_that_moves_is_walked_until_nothing_is_new(tmp_path: Path) -> None:
    fake = azure_retail.Retail(page_size=50, moved_rows=4, moves=1)
    with serve(fake) as server:
        retail = Retail.of(ask_for(server, tmp_path))
        once = retail.walk(MACHINES, "once")
        fake.moves = 2
        settled = retail.settled(MACHINES, "settled", lambda walk: walk.pages > 1)
    assert len(once.items) == len(azure_retail.world()) - 4
    assert len(settled.items) == len(azure_retail.world())


def test_two_prices_under_one_key_are_both_kept(tmp_path: Path) -> None:
    rows = azure_retail.world()
    other = azure_retail.Row(**{f: getattr(rows[0], f) for f in rows[0].__slots__} | {"price": 1.0})
    with serve(azure_retail.Retail([rows[0], other])) as server:
        walk = Retail.of(ask_for(server, tmp_path)).walk(MACHINES, "all")
    assert [item["retailPrice"] for item in walk.rows()] == [Decimal(str(rows[0].price)), 1]
    assert len(walk.conflicts) == 1


def test_throttling_is_waited_out_by_all_threads(tmp_path: Path) -> None:
    fake = azure_retail.Retail(page_size=50, burst=4, window_s=0.1)
    with serve(fake) as server:
        retail = Retail.of(ask_for(server, tmp_path))
        found: list[Walk] = []
        threads = [threading.Thread(target=lambda n=n: found.append(retail.walk(MACHINES, f"t{n}"))) for n in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert [len(walk.items) for walk in found] == [len(azure_retail.world())] * 3
    assert fake.refused < retail.limiter.requests / 4, "the header of what is left is heeded before the 429"


def test_the_budget_ends_the_walk(tmp_path: Path) -> None:
    with serve(azure_retail.Retail(page_size=10, burst=2, window_s=30)) as server:
        started = time.monotonic()
        retail = Retail.of(ask_for(server, tmp_path, options={"azure_budget_s": "1"}))
        with pytest.raises(RateLimited, match="budget of 1 s"):
            retail.walk(MACHINES, "all")
    assert time.monotonic() - started < 3


def test_one_limiter_a_run() -> None:
    web = Web()
    assert web.once("l", Limiter) is web.once("l", Limiter)
    assert web.once("l", Limiter) is not Web().once("l", Limiter)


@pytest.mark.parametrize("status", [400, 404])
def test_a_refused_filter_is_not_asked_again(tmp_path: Path, status: int) -> None:
    with serve(azure_retail.Retail()) as server:
        server.faults.append(Fault(PATH, status=status, times=9))
        with pytest.raises(SourceUnavailable, match=f"HTTP {status}"):
            Retail.of(ask_for(server, tmp_path)).walk(LINUX_H100, "x")
        assert len(server.seen) == 1


def test_server_errors_and_short_bodies_are_tried_again(tmp_path: Path) -> None:
    with serve(azure_retail.Retail()) as server:
        retail = Retail.of(ask_for(server, tmp_path))
        retail.walk(LINUX_H100, "first")
        server.faults += [Fault(PATH, status=503), Fault(PATH, truncate_to=100)]
        assert len(retail.walk(LINUX_H100, "x").items) > 8
        assert len(server.seen) == 4


def test_an_answer_that_is_no_page_is_drift(tmp_path: Path) -> None:
    answers = [Reply.of_json({"items": []}), Reply.of_text("<html>sign in</html>")]
    answers.append(Reply.of_json({"Items": [{}], "Count": 2}))
    with Server([Fake("azure-retail", lambda _: answers.pop(0))]) as server:
        retail = Retail.of(ask_for(server, tmp_path))
        for _ in range(3):
            with pytest.raises(SchemaDrift):
                retail.walk(LINUX_H100, "x")


def test_a_next_page_elsewhere_is_not_followed(tmp_path: Path) -> None:
    page = {"Items": [], "Count": 0, "NextPageLink": "https://prices.azure.com.example/api/retail/prices?$skip=1000"}
    with Server([Fake("azure-retail", lambda _: Reply.of_json(page))]) as server, pytest.raises(UnsafeAddress):
        Retail.of(ask_for(server, tmp_path)).walk(LINUX_H100, "x")


def test_a_next_page_to_itself_is_drift(tmp_path: Path) -> None:
    with Server([Fake("azure-retail", lambda _: Reply(status=500))]) as server:
        ask = ask_for(server, tmp_path)
    page = {"Items": [], "Count": 0, "NextPageLink": address(ask.url, LINUX_H100)}
    circle = Server([Fake("azure-retail", lambda _: Reply.of_json(page))], server.port)
    with circle, pytest.raises(SchemaDrift, match="circle"):
        Retail.of(ask).walk(LINUX_H100, "x")


@given(st.text(alphabet=st.characters(codec="ascii", categories=["L", "N", "P", "Zs"]), min_size=1))
def test_any_value_survives_its_quoting(value: str) -> None:
    where = equals("armSkuName", value) & (contains("productName", value) | lacks("meterName", value))
    expression, values = azure_retail.compiled(where.text)
    assert values == [value] * 3
    assert expression.count("row.") == where.comparisons == 3


@pytest.mark.parametrize(
    "asked",
    ["not contains(armSkuName,'x')", "armSkuName in ('a','b')", "priceType eq 'Spot'", "savingsPlan/any(x: x)"],
)
def test_the_fake_refuses_what_azure_refuses(asked: str) -> None:
    with pytest.raises(azure_retail.BadFilter):
        azure_retail.select([], asked)


def test_key_has_nine_fields_and_tells_sizes_of_one_meter_apart() -> None:
    row = {"meterId": "m", "armSkuName": "Standard_E16-4s_v3", "retailPrice": 1}
    assert len(key_of(row)) == 9
    assert key_of(row) != key_of({**row, "armSkuName": "Standard_E16-8s_v3"})
