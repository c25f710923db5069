"""Token prices of today's genai-prices catalogue: what each provider asks per million tokens."""

from __future__ import annotations

from collections.abc import Iterator

from connectors.ask import Ask, connector
from connectors.errors import SchemaDrift
from connectors.records import Partition, TokenPrice

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
    # The library's own downloader keeps no raw body and knows nothing of dead hosts; its parser is not public.
    from genai_prices.types import _providers_from_raw  # noqa: PLC0415 0.5 s of imports, only where it runs

    from connectors.token_catalogue import read_catalogue  # noqa: PLC0415 as above

    answer = ask.web.get(ask.url)
    ask.keep("catalogue.json", answer)
    version = answer.header("ETag").strip('W/"')
    try:
        providers = _providers_from_raw(answer.json())
    except (ValueError, TypeError, KeyError) as error:
        raise SchemaDrift(f"{ask.url}: no genai-prices catalogue: {str(error)[:200]}") from error
    found = read_catalogue(providers, ask.day, source_url=ask.url, source_version=version)
    if not found.rows:
        raise SchemaDrift(f"{ask.url}: the catalogue holds no text model")
    yield Partition.of(
        TokenPrice,
        found.rows,
        region=region,
        kind=KIND,
        dropped=found.dropped,
        source_url=ask.url,
        source_version=version,
        as_of=ask.day,
    )
