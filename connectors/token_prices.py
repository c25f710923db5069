"""Token prices of today's genai-prices catalogue: what each provider asks per million tokens."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from connectors.ask import Ask, connector
from connectors.drift import UNREADABLE, Rows, told
from connectors.errors import SchemaDrift
from connectors.records import Partition, TokenPrice

if TYPE_CHECKING:
    from genai_prices.types import Provider

URL = "https://raw.githubusercontent.com/pydantic/genai-prices/refs/heads/main/prices/new_data/v2/data.json"
LICENCE = "MIT (pydantic/genai-prices)"
KIND = "tokens"


@connector("token_prices", record=TokenPrice, setting="TOKEN_PRICES_URL", url=URL, licence=LICENCE)
def token_prices(ask: Ask, region: str) -> Iterator[Partition]:
    """One partition: every text model of the catalogue that the setting points to.

    Raises:
        SourceUnavailable: no answer.
        SchemaDrift: an answer that the genai-prices library cannot read.
    """
    from connectors.token_catalogue import read_catalogue  # noqa: PLC0415 0.5 s of imports, only where it runs

    answer = ask.web.get(ask.url)
    ask.keep("catalogue.json", answer)
    version = answer.header("ETag").strip('W/"')
    catalogue = answer.json()
    if not isinstance(catalogue, list):
        raise SchemaDrift(f"{ask.url}: no genai-prices catalogue: {answer.text[:80]!r}")
    rows = Rows(ask.url)
    providers = _providers(catalogue, rows)
    found = read_catalogue(providers, ask.day, source_url=ask.url, source_version=version)
    if not found.rows:
        raise SchemaDrift(f"{ask.url}: the catalogue holds no text model")
    yield Partition.of(
        TokenPrice,
        found.rows,
        region=region,
        kind=KIND,
        rejected=[*rows.rejected, *found.rejected],
        dropped=found.dropped,
        source_url=ask.url,
        source_version=version,
        as_of=ask.day,
    )


def _providers(catalogue: list[Any], rows: Rows) -> list[Provider]:
    """The catalogue as its library reads it; where that fails, model by model, and those that fail are rejected."""
    # The library's own downloader keeps no raw body and knows nothing of dead hosts; its parser is not public.
    from genai_prices.types import _providers_from_raw  # noqa: PLC0415 0.5 s of imports, only where it runs

    try:
        return _providers_from_raw(catalogue)
    except UNREADABLE:
        providers: list[Provider] = []
    for provider in catalogue:
        models: list[Any] = []
        with rows.reading(provider, told(provider, "id")):
            models = list(provider["models"])
        for model in models:
            with rows.reading(model, f"{told(provider, 'id')}/{told(model, 'id')}"):
                providers += _providers_from_raw([provider | {"models": [model]}])
    rows.check()
    return providers
