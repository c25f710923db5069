"""Token prices of the catalogue that is installed with costwatt: for nights without network."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import version

from connectors.ask import Ask, connector
from connectors.in_turn import in_turn
from connectors.records import Partition, TokenPrice
from connectors.token_prices import KIND, LICENCE


@connector("bundled_token_prices", record=TokenPrice, licence=LICENCE)
def bundled_token_prices(ask: Ask, region: str) -> Iterator[Partition]:
    """One partition: every text model of the installed catalogue, as of its last dated change."""
    yield in_turn(ask, lambda: _read(ask, region))


def _read(ask: Ask, region: str) -> Partition:
    from genai_prices.data import providers  # noqa: PLC0415 0.5 s of imports, only where it runs

    from connectors.token_catalogue import read_catalogue  # noqa: PLC0415 as above

    release = f"genai-prices {version('genai-prices')}"
    found = read_catalogue(providers, ask.day, source_url="", source_version=release)
    return Partition.of(
        TokenPrice,
        found.rows,
        region=region,
        kind=KIND,
        rejected=found.rejected,
        dropped=found.dropped,
        source_url=release,
        source_version=release,
        as_of=found.as_of,
    )
