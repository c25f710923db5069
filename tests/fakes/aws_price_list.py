"""The public AWS price list over HTTP: index chain, regional EC2 CSV."""

from __future__ import annotations

import re
from collections.abc import Callable

from tests.fakes import aws_offer_json
from tests.fakes.aws_ec2_csv import csv_text, region_rows
from tests.fakes.aws_plans_csv import plans_csv
from tests.fakes.aws_world import World
from tests.fakes.server import NOT_FOUND, Fake, Reply, Request

OFFERS = ("AmazonEC2", *aws_offer_json.OFFERS)
PLANS = "/savingsPlan/v1.0/aws/AWSComputeSavingsPlan"


def fake(world: World | None = None) -> Fake:
    return Fake("aws-price-list", PriceList(world or World(), "aws"), {"COSTWATT_AWS_PRICE_LIST_URL": ""})


class PriceList:
    """One partition's price list (aws or cn); `world` may be exchanged between two nights."""

    def __init__(self, world: World, partition: str) -> None:
        self.world = world
        self.partition = partition

    def __call__(self, request: Request) -> Reply:
        for pattern, answer in self.routes().items():
            if match := re.fullmatch(pattern, request.path):
                return answer(*match.groups())
        return NOT_FOUND

    def routes(self) -> dict[str, Callable[..., Reply]]:
        root = f"/offers/v1.0/{self.partition}"
        return {
            f"{root}/index.json": self.offers_index,
            rf"{root}/(\w+)/index.json": self.version_index,
            rf"{root}/(\w+)/current/region_index.json": self.region_index,
            rf"{root}/AmazonEC2/{self.world.version}/([\w-]+)/index.csv": self.ec2_csv,
            rf"{root}/(\w+)/{self.world.version}/([\w-]+)/index.json": self.offer_json,
            f"{PLANS}/current/region_index.json": self.plans_index,
            rf"{PLANS}/{self.world.plans_version}/([\w-]+)/index.csv": self.plans_csv,
        }

    def regions(self) -> list[str]:
        return self.world.regions(china=self.partition == "cn")

    def offers_index(self) -> Reply:
        root = f"/offers/v1.0/{self.partition}"
        offers = {
            offer: {
                "offerCode": offer,
                "versionIndexUrl": f"{root}/{offer}/index.json",
                "currentVersionUrl": f"{root}/{offer}/current/index.json",
                "currentRegionIndexUrl": f"{root}/{offer}/current/region_index.json",
                "currentSavingsPlanIndexUrl": f"{PLANS}/current/region_index.json",
            }
            for offer in OFFERS
        }
        return self.published({"offers": offers})

    def version_index(self, offer: str) -> Reply:
        """The version of `world` alone: a list that just began."""
        version = self.world.version
        file = {"offerVersionUrl": f"/offers/v1.0/{self.partition}/{offer}/{version}/index.json"}
        return self.published({"currentVersion": version, "versions": {version: file}})

    def region_index(self, offer: str) -> Reply:
        root = f"/offers/v1.0/{self.partition}/{offer}/{self.world.version}"
        codes = [*self.regions(), "cn-north-1-pkx-1"] if self.partition == "aws" else self.regions()
        if offer.startswith("AmazonBedrock"):  # not sold everywhere
            codes = [c for c in codes if c in ("us-east-1", "eu-west-1")]
        regions = {c: {"regionCode": c, "currentVersionUrl": f"{root}/{c}/index.json"} for c in codes}
        return self.published({"regions": regions})

    def ec2_csv(self, region: str) -> Reply:
        if region not in self.world.on_demand:
            return NOT_FOUND
        return Reply.of_text(csv_text(region_rows(self.world, region), self.world.version, self.world.published_at))

    def offer_json(self, offer: str, region: str) -> Reply:
        return Reply.of_json(aws_offer_json.document(offer, self.world, region))

    def plans_index(self) -> Reply:
        root = f"{PLANS}/{self.world.plans_version}"
        entries = [{"regionCode": r, "versionUrl": f"{root}/{r}/index.json"} for r in self.regions()]
        return self.published({"regions": entries})

    def plans_csv(self, region: str) -> Reply:
        return Reply.of_text(plans_csv(self.world, region)) if region in self.world.on_demand else NOT_FOUND

    def published(self, content: dict[str, object]) -> Reply:
        return Reply.of_json({"formatVersion": "v1.0", "publicationDate": self.world.published_at, **content})
