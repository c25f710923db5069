"""AWS's public web feeds: spot prices, spot advisor, and what its price pages read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from tests.fakes.aws_world import PLACES, World, share
from tests.fakes.server import NOT_FOUND, Fake, Reply, Request

ROOT = "/pricing/2.0/meteredUnitMaps/ec2/USD/current/ec2-ondemand-without-sec-sel/"
OTHER_REGIONS = [f"xx-fake-{n}" for n in range(1, 13)]  # the feed lists about 40


def fake(world: World | None = None) -> Fake:
    settings = {
        "COSTWATT_AWS_SPOT_FEED_URL": "",
        "COSTWATT_AWS_SPOT_ADVISOR_URL": "",
        "COSTWATT_AWS_WEB_FEED_URL": "",
    }
    return Fake("aws-web", WebFeeds(world or World()), settings)


class WebFeeds:
    """`world` may be exchanged between two nights."""

    def __init__(self, world: World) -> None:
        self.world = world

    def __call__(self, request: Request) -> Reply:
        path = unquote(request.path)
        documents: dict[str, Callable[[], dict[str, Any]]] = {
            "/spot.json": self.spot,
            "/spot-advisor-data.json": self.advisor,
            "/locations/1.0/aws/current/locations.json": self.locations,
        }
        if path in documents:
            return Reply.of_json(documents[path]())
        code = next((c for c, p in PLACES.items() if path == f"{ROOT}{p.location}/Linux/index.json"), None)
        return Reply.of_json(self.prices(code)) if code and code in self.world.on_demand else NOT_FOUND

    def spot(self) -> dict[str, Any]:
        regions = [self.spot_region(r) for r in self.world.regions() if r.count("-") == 2]
        regions += [{"region": r, "instanceTypes": []} for r in ("us-west", *OTHER_REGIONS)]
        return {"vers": 0.01, "config": {"rate": "perhr", "currencies": ["USD"], "regions": regions}}

    def spot_region(self, region: str) -> dict[str, Any]:
        sizes = [
            {
                "size": sku,
                "valueColumns": [
                    {"name": "linux", "prices": {"USD": share(price, "0.45", "0.0001")}},
                    {"name": "mswin", "prices": {"USD": "N/A*"}},
                ],
            }
            for sku, price in self.world.on_demand[region].items()
        ]
        unsold = {"size": "p6-b300.48xlarge", "valueColumns": [{"name": "linux", "prices": {"USD": "N/A*"}}]}
        if "p6-b300.48xlarge" not in self.world.on_demand[region]:
            sizes.append(unsold)
        return {"region": region, "instanceTypes": [{"type": "gpuCurrentGen", "sizes": sizes}]}

    def advisor(self) -> dict[str, Any]:
        bands = {
            region: {"Linux": {sku: {"s": 60, "r": n % 5} for n, sku in enumerate(sorted(prices))}, "Windows": {}}
            for region, prices in self.world.on_demand.items()
        }
        return {"global_rate": "<10%", "ranges": [], "instance_types": {}, "spot_advisor": bands}

    def locations(self) -> dict[str, Any]:
        return {
            place.location: {"name": place.location, "code": code, "type": place.location_type}
            for code, place in PLACES.items()
            if not code.startswith("cn-")
        }

    def prices(self, code: str) -> dict[str, Any]:
        entries = {
            f"{code} {sku}": {
                "rateCode": f"WEB.{sku}",
                "price": price,
                "Instance Type": sku,
                "Operating System": "Linux",
                "Location": PLACES[code].location,
            }
            for sku, price in self.world.on_demand[code].items()
        }
        manifest = {"hawkFilePublicationDate": self.world.published_at, "currencyCode": "USD"}
        return {"manifest": manifest, "regions": {PLACES[code].location: entries}}
