"""Every source of facts, one line each."""

from __future__ import annotations

from connectors.aemo_wholesale import aemo_wholesale
from connectors.ask import Connector
from connectors.aws_bedrock import aws_bedrock
from connectors.aws_capacity_blocks import aws_capacity_blocks
from connectors.aws_china_prices import aws_china_prices
from connectors.aws_instances import aws_instances
from connectors.aws_prices import aws_prices
from connectors.aws_query_plans import aws_query_plans
from connectors.aws_query_prices import aws_query_prices
from connectors.aws_savings_plans import aws_savings_plans
from connectors.aws_services import aws_services
from connectors.aws_spot import aws_spot
from connectors.aws_spot_advisor import aws_spot_advisor
from connectors.aws_spot_feed import aws_spot_feed
from connectors.aws_web_prices import aws_web_prices
from connectors.azure_china import azure_china
from connectors.azure_prices import azure_prices
from connectors.azure_services import azure_services
from connectors.azure_skus import azure_skus
from connectors.azure_tokens import azure_tokens
from connectors.bundled_prices import bundled_prices
from connectors.bundled_rates import bundled_rates
from connectors.bundled_token_prices import bundled_token_prices
from connectors.ecb_rates import ecb_rates
from connectors.eia861m_tariffs import eia861m_tariffs
from connectors.eia_api_tariffs import eia_api_tariffs
from connectors.elexon_wholesale import elexon_wholesale
from connectors.energy_charts_wholesale import energy_charts_wholesale
from connectors.entsoe_wholesale import entsoe_wholesale
from connectors.eurostat_tariffs import eurostat_tariffs
from connectors.frankfurter_rates import frankfurter_rates
from connectors.jepx_wholesale import jepx_wholesale
from connectors.openei_tariffs import openei_tariffs
from connectors.site_tariffs import site_tariffs
from connectors.static_tariffs import static_tariffs
from connectors.token_prices import token_prices

CONNECTORS: tuple[Connector, ...] = (
    aws_prices,
    aws_china_prices,
    aws_savings_plans,
    aws_services,
    aws_bedrock,
    aws_web_prices,
    aws_spot_feed,
    aws_spot_advisor,
    aws_spot,
    aws_instances,
    aws_capacity_blocks,
    aws_query_prices,
    aws_query_plans,
    azure_prices,
    azure_skus,
    azure_services,
    azure_tokens,
    azure_china,
    bundled_prices,
    eia861m_tariffs,
    eia_api_tariffs,
    eurostat_tariffs,
    static_tariffs,
    openei_tariffs,
    site_tariffs,
    energy_charts_wholesale,
    entsoe_wholesale,
    elexon_wholesale,
    aemo_wholesale,
    jepx_wholesale,
    ecb_rates,
    frankfurter_rates,
    bundled_rates,
    token_prices,
    bundled_token_prices,
)
