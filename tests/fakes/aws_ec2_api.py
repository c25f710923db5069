"""The EC2 query API: regions, spot history with awkward paging, capacity blocks, instance types.

Spot prices and block fees are synthetic but for the hourly fees of p5 and p4d blocks (public page, late
2024). Spot events lie around the StartTime asked, so that any night finds them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from xml.sax.saxutils import escape

from tests.fakes.aws_world import TYPES, World, share
from tests.fakes.server import Fake, Reply, Request

XMLNS = "http://ec2.amazonaws.com/doc/2016-11-15/"
# zone letter -> (hours after the start of the day, share of on-demand); the first lies before it
SPOT_EVENTS = {
    "a": ((-45, "0.3633720930"), (6, "0.3997093023"), (23, "0.5450581395")),  # p5: 20, 22, 30
    "b": ((-4, "0.4360465116"), (12, "0.4633")),
}
BLOCK_USD_PER_HOUR = {"p5.48xlarge": "39.33", "p4d.24xlarge": "14.75"}
PAGE = 2  # spot rows per page


def fake(world: World | None = None) -> Fake:
    return Fake("aws-ec2-api", Ec2Api(world or World()), {"AWS_ENDPOINT_URL_EC2": ""})


@dataclass
class Refusal:
    """An API error that the next calls of an action in a region get; region "" is every region."""

    action: str
    code: str
    region: str = ""
    status: int = 400
    times: int = 1_000_000


@dataclass
class Ec2Api:
    """Answers by action; `refusals` break chosen calls."""

    world: World
    refusals: list[Refusal] = field(default_factory=list)
    not_opted_in: tuple[str, ...] = ("ap-east-1",)

    def __call__(self, request: Request) -> Reply:
        form = request.form()
        region = signed_region(request)
        refusal = next((r for r in self.refusals if self._hits(r, form["Action"], region)), None)
        if refusal:
            refusal.times -= 1
            return error(refusal.code, refusal.status)
        answers: dict[str, Callable[[], Mapping[str, Any] | Reply]] = {
            "DescribeRegions": self.regions,
            "DescribeSpotPriceHistory": lambda: self.spot_history(form, region),
            "DescribeCapacityBlockOfferings": lambda: self.capacity_blocks(form, region),
            "DescribeInstanceTypes": self.instance_types,
            "DescribeInstanceTypeOfferings": lambda: self.offerings(region),
        }
        found = answers[form["Action"]]()
        return found if isinstance(found, Reply) else response(form["Action"], found)

    def _hits(self, refusal: Refusal, action: str, region: str) -> bool:
        return refusal.action == action and refusal.region in ("", region) and refusal.times > 0

    def sold(self, region: str) -> dict[str, str]:
        return self.world.on_demand.get(region, {})

    def regions(self) -> Mapping[str, Any]:
        listed = [r for r in self.world.regions() if r.count("-") == 2]
        states = [(r, "opt-in-not-required") for r in listed] + [(r, "not-opted-in") for r in self.not_opted_in]
        return {"regionInfo": [{"regionName": r, "optInStatus": state} for r, state in states]}

    def spot_history(self, form: Mapping[str, str], region: str) -> Mapping[str, Any]:
        """Pages of two rows; the second page is empty, the last token is ""."""
        start = datetime.fromisoformat(form["StartTime"])
        rows = list(self.spot_rows(region, start))
        if form.get("Filter.1.Name") == "instance-type":
            asked = {v for k, v in form.items() if k.startswith("Filter.1.Value")}
            rows = [r for r in rows if r["instanceType"] in asked]
        pages = [rows[:PAGE], [], *(rows[i : i + PAGE] for i in range(PAGE, len(rows), PAGE))]
        number = int(form.get("NextToken") or 0)
        last = number + 1 >= len(pages)
        return {"spotPriceHistorySet": pages[number], "nextToken": "" if last else str(number + 1)}

    def spot_rows(self, region: str, start: datetime) -> Iterator[dict[str, str]]:
        for sku, price in self.sold(region).items():
            for zone, events in SPOT_EVENTS.items():
                for hours, ratio in reversed(events):
                    yield {
                        "availabilityZone": region + zone,
                        "instanceType": sku,
                        "productDescription": "Linux/UNIX",
                        "spotPrice": share(price, ratio, "0.000001"),
                        "timestamp": f"{start + timedelta(hours=hours):%Y-%m-%dT%H:%M:%S.000Z}",
                    }

    def capacity_blocks(self, form: Mapping[str, str], region: str) -> Mapping[str, Any] | Reply:
        sku, hours = form["InstanceType"], int(form["CapacityDurationHours"])
        if sku not in BLOCK_USD_PER_HOUR:
            return error("InvalidParameterValue", 400)
        fee = share(BLOCK_USD_PER_HOUR[sku], str(hours), "0.01")
        start = datetime.fromisoformat(form["StartDateRange"]).replace(hour=11, minute=30)
        offers = [
            block(region, sku, hours, fee=share(fee, "0.9", "0.01"), start=start + timedelta(days=5)),
            block(region, sku, hours, fee=fee, start=start + timedelta(days=2)),
        ]
        return {"capacityBlockOfferingSet": offers if sku in self.sold(region) else []}

    def instance_types(self) -> Mapping[str, Any]:
        return {"instanceTypeSet": [instance_type(sku) for sku in TYPES]}

    def offerings(self, region: str) -> Mapping[str, Any]:
        zones = [{"instanceType": sku, "location": region + zone} for sku in self.sold(region) for zone in "ab"]
        return {"instanceTypeOfferingSet": zones}


def block(region: str, sku: str, hours: int, *, fee: str, start: datetime) -> dict[str, Any]:
    end = start + timedelta(hours=hours)
    return {
        "capacityBlockOfferingId": f"cbr-{sku}-{hours}-{start:%m%d}",
        "instanceType": sku,
        "availabilityZone": f"{region}a",
        "instanceCount": 1,
        "startDate": f"{start:%Y-%m-%dT%H:%M:%S.000Z}",
        "endDate": f"{end:%Y-%m-%dT%H:%M:%S.000Z}",
        "capacityBlockDurationHours": hours,
        "capacityBlockDurationMinutes": 0,
        "upfrontFee": fee,
        "currencyCode": "USD",
        "tenancy": "default",
    }


def instance_type(sku: str) -> dict[str, Any]:
    kind = TYPES[sku]
    mib = int(kind.memory.split()[0]) * 1024
    gpu = {"name": "GPU", "manufacturer": "NVIDIA", "count": kind.gpu or 0, "memoryInfo": {"sizeInMiB": 81920}}
    return {
        "instanceType": sku,
        "vCpuInfo": {"defaultVCpus": kind.vcpu},
        "memoryInfo": {"sizeInMiB": mib},
        **({"gpuInfo": {"gpus": [gpu]}} if kind.gpu else {}),
    }


def signed_region(request: Request) -> str:
    """Region of the SigV4 credential scope; that is how AWS's endpoints know it behind one address."""
    match = re.search(r"Credential=[^/]+/\d+/([\w-]+)/", request.headers.get("authorization", ""))
    return match.group(1) if match else ""


def response(action: str, content: Mapping[str, Any]) -> Reply:
    body = f'<{action}Response xmlns="{XMLNS}"><requestId>fake</requestId>{xml(content)}</{action}Response>'
    return Reply.of_text(body, "text/xml")


def xml(content: Mapping[str, Any]) -> str:
    """EC2's XML: lists become ``<item>`` elements."""
    return "".join(f"<{key}>{_inner(value)}</{key}>" for key, value in content.items())


def _inner(value: Any) -> str:
    if isinstance(value, Mapping):
        return xml(value)
    if isinstance(value, list):
        return "".join(f"<item>{_inner(item)}</item>" for item in value)
    return escape(str(value))


def error(code: str, status: int) -> Reply:
    text = f"<Errors><Error><Code>{code}</Code><Message>as the fake was told</Message></Error></Errors>"
    return Reply.of_text(f"<Response>{text}<RequestID>fake</RequestID></Response>", "text/xml", status)
