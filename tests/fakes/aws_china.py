"""The China price list: the same layout on a host of its own, in CNY."""

from __future__ import annotations

from tests.fakes.aws_price_list import PriceList
from tests.fakes.aws_world import World
from tests.fakes.server import Fake


def fake(world: World | None = None) -> Fake:
    return Fake("aws-china", PriceList(world or World(), "cn"), {"COSTWATT_AWS_CHINA_PRICE_LIST_URL": ""})
