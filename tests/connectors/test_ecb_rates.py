from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from connectors.ecb_rates import ecb_rates, read_rates
from connectors.errors import SchemaDrift, SourceUnavailable
from tests.connectors.asking import ask_fake, pulled, rows_of
from tests.fakes import ecb_rates as ecb
from tests.fakes.server import Fault, Server


def test_every_currency_and_day_of_the_file(tmp_path: Path) -> None:
    with Server([ecb.fake()]) as server:
        (partition,) = pulled(ecb_rates, ask_fake(server, "ecb", tmp_path))
    rates = {(r["quote_currency"], r["rate_date"]): r["rate"] for r in rows_of([partition])}
    assert len(rates) == 2 * 29
    assert rates["USD", date(2026, 10, 30)] == Decimal("1.1172")
    assert rates["JPY", date(2026, 10, 30)] == Decimal("175.68")
    assert partition.as_of == date(2026, 10, 30)
    assert (tmp_path / "eurofxref.xml").read_bytes() == ecb.FIXTURE.read_bytes()


def test_rate_without_a_number_is_quarantined() -> None:
    body = ecb.FIXTURE.read_bytes().replace(b"rate='1.1172'", b"rate='N/A'")
    rates, rejected = read_rates(body, "url")
    assert len(rates) == 57
    assert [r.key for r in rejected] == ["EUR/USD"]


@pytest.mark.parametrize("body", [b"<html>maintenance</html>", b"<!DOCTYPE html><p>", b"", b"<a><Cube/></a>"])
def test_anything_but_rates_is_drift(body: bytes) -> None:
    with pytest.raises(SchemaDrift):
        read_rates(body, "url")


def test_entities_are_refused_before_parsing() -> None:
    with pytest.raises(SchemaDrift, match="DTD"):
        read_rates(b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "url")


def test_server_errors_are_retried_then_reported(tmp_path: Path) -> None:
    with Server([ecb.fake()]) as server:
        server.faults.append(Fault(ecb.PATH, status=503, times=1))
        assert pulled(ecb_rates, ask_fake(server, "ecb", tmp_path))
        server.faults.append(Fault(ecb.PATH, status=503, times=9))
        with pytest.raises(SourceUnavailable, match="503"):
            pulled(ecb_rates, ask_fake(server, "ecb", tmp_path))
