"""Every source of facts, one line each."""

from __future__ import annotations

from connectors.ask import Connector
from connectors.aws_prices import aws_prices
from connectors.azure_prices import azure_prices
from connectors.bundled_prices import bundled_prices
from connectors.bundled_rates import bundled_rates
from connectors.bundled_token_prices import bundled_token_prices
from connectors.ecb_rates import ecb_rates
from connectors.eia861m_tariffs import eia861m_tariffs
from connectors.static_tariffs import static_tariffs
from connectors.token_prices import token_prices

CONNECTORS: tuple[Connector, ...] = (
    aws_prices,
    azure_prices,
    bundled_prices,
    eia861m_tariffs,
    static_tariffs,
    ecb_rates,
    bundled_rates,
    token_prices,
    bundled_token_prices,
)
