"""AWS list prices of the China regions, in CNY: the layout of aws_prices on a host of their own.

Asked only where the setting names a China region; ``all`` means all regions of the global host.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from connectors.ask import Ask, connector
from connectors.aws_offers import Offer, region_file, region_files
from connectors.aws_prices import pull_file
from connectors.records import InstancePrice, Partition, ServicePrice

OFFER = Offer("AmazonEC2", index="/offers/v1.0/cn/index.json")


def plan(ask: Ask) -> Sequence[str]:
    """China regions that the setting names; without any, nobody is asked."""
    named = tuple(region for region in ask.regions if region.startswith("cn-"))
    return [f.region for f in region_files(replace(ask, regions=named), OFFER)] if named else []


@connector(
    "aws_china_prices",
    record=(InstancePrice, ServicePrice),
    setting="AWS_CHINA_PRICE_LIST_URL",
    url="https://pricing.cn-north-1.amazonaws.com.cn",
    licence="AWS China price list, public; see its disclaimer",
    plan=plan,
)
def aws_china_prices(ask: Ask, region: str) -> Iterator[Partition]:
    """On-demand, reserved and gp3 prices of one region, in CNY."""
    yield from pull_file(ask, region_file(ask, OFFER, region))
