"""Sources that fail in every way seen in the wild: one fault per source, many sources in one night.

Each fault names what ``source_status`` must say of its source after that night. The others go on, the
rows of the broken source are those of the night before, and the next night has the right figures again.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from tests.fakes.server import Reply
from tests.faults import breaking
from tests.faults.breaking import HOST, Change, World, instead, replaced, rewritten
from tests.faults.impatient import READ_SECONDS

BOMB_MIB = 260  # beyond what an answer may hold in memory
JSON, HTML = "application/json", "text/html"
LOGIN = b"<!doctype html><title>Sign in</title><form action=/login>"


@dataclass(frozen=True)
class Fault:
    """What breaks and what must be said of it.

    Args:
        source: the source that suffers, `region` the part of it; "%" for any.
        expected: ``status: message`` as a regular expression.
        pattern: which addresses answer otherwise, and how (`change`).
        setting: instead, the address that is moved to a broken server of `kind`.
    """

    name: str
    source: str
    expected: str
    region: str = "%"
    pattern: str = ""
    change: Change | None = None
    setting: str = ""
    kind: str = ""


def _another_price(content: bytes) -> bytes:
    """The on-demand row of p5.48xlarge once more, at twice the price."""
    row = next(line for line in content.split(b"\n") if b"p5.48xlarge" in line and b"55.0400000000" in line)
    return row.replace(b"55.0400000000", b"110.0800000000") + b"\n"


def _last_row_twice(content: bytes) -> bytes:
    whole = content.rstrip()
    return whole + whole[whole.rindex(b"\n") :] + b"\n"


def _bad_prices(content: bytes) -> bytes:
    """One price of each impossible kind."""
    bad = iter((b'"0.0000000000"', b'"-4.2"', b'"1e308"', b'"NaN"'))
    lines = content.split(b"\n")
    for n, line in enumerate(lines):
        if b'"142.4160000000"' in line or b'"21.9576400000"' in line:
            lines[n] = line.replace(b'"142.4160000000"', next(bad, b'"0"')).replace(
                b'"21.9576400000"', next(bad, b'"0"')
            )
    return b"\n".join(lines)


TRANSPORT = (
    Fault("connection refused", "ecb_rates", r"failed: .*(refused|no connection)", setting="ECB_URL", kind="refused"),
    Fault("mute server", "frankfurter_rates", r"failed: .*timed out", setting="FRANKFURTER_URL", kind="mute"),
    Fault("TLS: unknown certificate", "eia861m_tariffs", r"failed: .*SSL", setting="EIA861M_URL", kind="tls"),
    Fault("time-out in mid-body", "jepx_wholesale", r"failed: .*broke off", setting="JEPX_URL", kind="stall"),
    Fault("slow drip", "aemo_wholesale", r"failed: .*too slow", setting="AEMO_URL", kind="drip"),
    Fault("429 for ever", "entsoe_wholesale", r"failed: .*HTTP 429", setting="ENTSOE_URL", kind="throttle"),
    Fault("500 storm", "eurostat_tariffs", r"failed: .*HTTP 500", pattern="^/eurostat", change=instead(status=500)),
    Fault(
        "body shorter than its Content-Length", "elexon_wholesale", r"failed: .*broke off",
        setting="ELEXON_URL", kind="cut",
    ),
    Fault(
        "body cut, Content-Length says so", "energy_charts_wholesale", r"failed: .*expected JSON", "FR",
        pattern="^/energy-charts.*'FR'", change=rewritten(lambda b: b[: len(b) // 2]),
    ),
    Fault(
        "HTML login page", "token_prices", r"failed: .*(text/html|expected)",
        pattern="^/token-prices", change=instead(body=LOGIN, content_type=HTML),
    ),
    Fault(
        "gzip bomb", "aws_spot_advisor", r"failed: .*refused",
        pattern="^/aws-web.*advisor", change=lambda _, __: breaking.bomb(BOMB_MIB),
    ),
    Fault(
        "endless paging", "azure_services", r"failed: .*circle",
        pattern="^/azure-retail.*(Storage|Bandwidth)",
        change=lambda q, _: Reply.of_json(
            {"Items": [], "Count": 0, "NextPageLink": f"{q.base}{q.path}?n={q.first('n', '0')}1&s=Storage"}
        ),
    ),
    Fault(
        "redirect to http elsewhere", "aws_savings_plans", r"failed: .*only https", "us-east-1",
        pattern="^/aws-price-list/savingsPlan.*us-east-1/index.csv",
        change=instead(status=302, headers={"Location": "http://prices.example/x.csv"}),
    ),
    Fault(
        "redirect to another host", "aws_savings_plans", r"failed: .*leads away", "eu-west-1",
        pattern="^/aws-price-list/savingsPlan.*eu-west-1/index.csv",
        change=instead(status=302, headers={"Location": "https://prices.example/x.csv"}),
    ),
)  # fmt: skip

CONTENT = (
    Fault("BOM before XML", "ecb_rates", r"complete: ",
          pattern="^/ecb", change=rewritten(lambda b: b"\xef\xbb\xbf" + b)),
    Fault(
        "unknown currency", "frankfurter_rates", r"(failed|rejected|complete): ",
        pattern="^/frankfurter", change=replaced('"SAR"', '"XQX"'),
    ),
    Fault(
        "Shift-JIS turned UTF-16", "jepx_wholesale", r"failed: ",
        pattern="^/jepx", change=rewritten(lambda b: b.decode("shift_jis").encode("utf-16")),
    ),
    Fault("a column is missing", "aemo_wholesale", r"failed: ", pattern="^/aemo", change=replaced("RRP", "PRICE")),
    Fault("JSON null", "elexon_wholesale", r"failed: ", pattern="^/elexon", change=rewritten(lambda _: b"null")),
    Fault("a list in place of an object", "eurostat_tariffs", r"failed: ", pattern="^/eurostat",
          change=rewritten(lambda _: b"[1, 2]")),
    Fault("NaN price", "energy_charts_wholesale", r"(failed|rejected): ", "FR",
          pattern="^/energy-charts.*'FR'", change=rewritten(lambda _: b'{"unix_seconds": [0], "price": [NaN]}')),
    Fault("price 1e308", "energy_charts_wholesale", r"(failed|rejected): ", "PL",
          pattern="^/energy-charts.*'PL'", change=rewritten(lambda b: b.replace(b'"price": [', b'"price": [1e308, '))),
    Fault("NextPageLink to another host", "azure_services", r"failed: .*leads away",
          pattern="^/azure-retail.*(Storage|Bandwidth)",
          change=lambda _, __: Reply.of_json({"Items": [], "Count": 0, "NextPageLink": "https://evil.example/p2"})),
    Fault("conflicting rows", "aws_prices", r"complete: ", "us-east-1",
          pattern="EC2/[0-9]+/us-east-1/index.csv", change=rewritten(lambda b: b + _another_price(b))),
    Fault("duplicate rows", "aws_prices", r"complete: ", "eu-central-1",
          pattern="EC2/[0-9]+/eu-central-1/index.csv", change=rewritten(_last_row_twice)),
    Fault("renamed column", "aws_prices", r"failed: ", "eu-west-1",
          pattern="EC2/[0-9]+/eu-west-1/index.csv", change=replaced("PricePerUnit", "UnitPrice")),
    Fault("prices zero, negative, 1e308, NaN", "aws_prices", r"(complete|rejected): ", "us-west-2",
          pattern="EC2/[0-9]+/us-west-2/index.csv", change=rewritten(_bad_prices)),
    Fault("rows lost, Content-Length right", "aws_savings_plans", r"(rejected|failed): ", "us-east-1",
          pattern="/savingsPlan/.*us-east-1/index.csv", change=rewritten(lambda b: b"\n".join(b.split(b"\n")[:8]))),
    Fault("gzip that is none", "token_prices", r"failed: ", pattern="^/token-prices",
          change=instead(body=b"not gzip", headers={"Content-Encoding": "gzip"}, content_type=JSON)),
)  # fmt: skip
WAVES = {"transport": TRANSPORT, "content": CONTENT}


def inject(world: World, faults: tuple[Fault, ...], folder: Path, stack: ExitStack) -> None:
    """Break the world; the raw servers live as long as `stack`."""
    world.env[READ_SECONDS] = "3"
    for fault in faults:
        if fault.change:
            world.changes[fault.pattern] = fault.change
        if fault.setting:
            port = stack.enter_context(_server(fault.kind, folder))
            scheme = "https" if fault.kind == "tls" else "http"
            world.env[f"COSTWATT_{fault.setting}"] = f"{scheme}://{HOST}:{port}"


def _server(kind: str, folder: Path):  # noqa: ANN202  a context manager of one of three makers
    if kind == "refused":
        return breaking.refused_port()
    if kind == "tls":
        return breaking.raw_server(breaking.mute, breaking.self_signed(folder))
    return breaking.raw_server(getattr(breaking, kind))


def statuses(rows: list[tuple[object, ...]]) -> Iterator[str]:
    """``status: message`` of each row of source_status."""
    return (f"{status}: {message or ''}" for status, message in rows)
