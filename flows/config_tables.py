"""Tables of ``costwatt.toml``: what each may hold; docs/settings.md says what it means.

A site's contract has a file of its own, flows/sites.py.
"""

from __future__ import annotations

import math
import re
from datetime import date
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

Precision = Literal["bf16", "fp8", "int8", "int4", "fp4"]
# strict: TOML knows numbers from booleans and texts, so `true` is no 1
STRICT = ConfigDict(extra="forbid", allow_inf_nan=False, populate_by_name=True, strict=True)
#: Least and greatest of a scenario's figures; `costwatt estimate` has the same.
BOUNDS: Final = {
    "requests_per_day": (1, 1e12),
    "input_tokens": (1, 1e7),
    "output_tokens": (1, 1e7),
    "cache_hit_ratio": (0, 0.99),
    "ttft_p95_ms": (1, 1e7),
    "itl_mean_ms": (0.1, 1e6),
    "peak_to_average_ratio": (1, 24),
    "target_utilisation_ratio": (0.01, 1),
}
Product = Literal["rent", "tokens", "egress", "storage", "*"]
UNNAMED: Final = ("egress", "storage")  # products of a provider that have one price in a region
WHOLE_BOUNDS: Final = {"min_replicas": (1, 1_000_000), "spare_nodes": (0, 1_000_000)}


def _name(given: str) -> str:
    """A name that a person can read and type again.

    Raises:
        ValueError: it is empty, begins or ends with a blank, or has characters that turn or hide its text.
    """
    if not given or given != given.strip() or not given.isprintable():
        raise ValueError("a name is of printable characters, and none of its ends is a blank")
    return given


def _day(given: object) -> object:
    """A date, or its text: a number would be seconds since 1970.

    Raises:
        ValueError: it is neither.
    """
    if isinstance(given, str):
        return date.fromisoformat(given)
    if not isinstance(given, date):
        raise ValueError("expected a date, YYYY-MM-DD")  # noqa: TRY004  pydantic tells a ValueError
    return given


def _id(given: str) -> str:
    """A name that may be a part of an option's: `onprem/DE/NAME/owned`.

    Raises:
        ValueError: it has characters that would part or hide it.
    """
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", given):
        raise ValueError("a server's name is of up to 64 letters, digits and . _ -, the first a letter or digit")
    return given


Name = Annotated[str, AfterValidator(_name)]
Id = Annotated[str, AfterValidator(_id)]
Day = Annotated[date, Field(strict=False), BeforeValidator(_day)]


def _within(name: str, default: Any = ...) -> Any:
    """A field of a scenario, in its bounds."""
    least, greatest = (BOUNDS | WHOLE_BOUNDS)[name]
    return Field(default, ge=least, le=greatest)


class Range(BaseModel):
    """A figure with its interval: low and high are the 5th and 95th percentile."""

    model_config = STRICT
    value: float = Field(ge=0, le=1e12)
    low: float | None = Field(None, ge=0)
    high: float | None = Field(None, le=1e12)

    @model_validator(mode="after")
    def _is_ordered(self) -> Range:
        low = self.value if self.low is None else self.low
        high = self.value if self.high is None else self.high
        if not low <= self.value <= high:
            raise ValueError(f"low {low:g}, value {self.value:g}, high {high:g} do not rise in this order")
        return self


class Scenario(BaseModel):
    """A service to price; names and units as in the scenario table."""

    model_config = STRICT
    model: str
    requests_per_day: float = _within("requests_per_day")
    input_tokens: float = _within("input_tokens")
    output_tokens: float = _within("output_tokens")
    cache_hit_ratio: float = _within("cache_hit_ratio", 0.0)
    # as the built-in scenarios: median of the ML.ENERGY runs
    output_length_bias_ratio: float = Field(1.91, ge=1, le=100)
    ttft_p95_ms: float | None = _within("ttft_p95_ms", None)
    itl_mean_ms: float | None = _within("itl_mean_ms", None)
    peak_to_average_ratio: float | None = _within("peak_to_average_ratio", None)  # see Settings.peak_to_average_ratio
    min_replicas: int = _within("min_replicas", 2)
    spare_nodes: int = _within("spare_nodes", 1)
    target_utilisation_ratio: float = _within("target_utilisation_ratio", 0.8)
    demand_profile: str = "regional-day"
    interruption_tolerated: bool = False
    allowed_precisions: list[Precision] = Field(["bf16", "fp8"], min_length=1)


class DemandProfile(BaseModel):
    """Requests of each hour of a day, or of a week from Monday 00:00, as counted; the scenario says how many a day."""

    model_config = STRICT
    requests_by_hour: list[Annotated[float, Field(ge=0, le=1e12)]]

    @field_validator("requests_by_hour")
    @classmethod
    def _is_period(cls, counted: list[float]) -> list[float]:
        if len(counted) not in (24, 168):
            raise ValueError(f"{len(counted)} numbers; give the 24 hours of a day, or the 168 of a week from Monday")
        if not any(counted):
            raise ValueError("no hour has a request")
        return counted

    @property
    def shares_of_day(self) -> list[float]:
        """Share of a mean day's requests in each hour: the sum is the number of days."""
        total, days = sum(self.requests_by_hour), len(self.requests_by_hour) // 24
        return [requests / total * days for requests in self.requests_by_hour]


class Discount(BaseModel):
    """A negotiated discount on list prices; names are patterns (``*``, ``?``), and both days of its term count."""

    model_config = STRICT
    product: Product = "rent"
    provider: str = "*"
    purchase_option: str = "*"
    sku: str = "*"
    discount_ratio: float = Field(gt=0, lt=1)
    valid_from: Day | None = None
    valid_until: Day | None = None

    @model_validator(mode="after")
    def _can_apply(self) -> Discount:
        if self.product in UNNAMED and (self.purchase_option, self.sku) != ("*", "*"):
            raise ValueError(f"{self.product} has neither purchase_option nor sku; leave them out")
        if self.valid_from and self.valid_until and self.valid_until < self.valid_from:
            raise ValueError(f"valid_until {self.valid_until} is before valid_from {self.valid_from}")
        return self


class Server(BaseModel):
    """What a person was quoted for a server, without the cluster's network [USD]; and what it is, if no table knows it.

    Power is that of the whole server at the wall, without cooling [W].
    """

    model_config = STRICT
    price_usd: float = Field(gt=0, le=1e9)
    price_usd_low: float | None = Field(None, gt=0)
    price_usd_high: float | None = Field(None, le=1e9)
    quoted_on: Day
    accelerator: str | None = None
    accelerators: int | None = Field(None, ge=1, le=1024)
    max_power_w: float | None = Field(None, ge=50, le=3e6)  # 1,024 of the hungriest draw 2.6 MW in their racks
    idle_power_w: float | None = Field(None, ge=5, le=3e6)  # None: estimated from the server's parts
    scale_out_gbit_s: float | None = Field(None, ge=1, le=1e6)  # None: no network between such servers
    memory_gib: float | None = Field(None, ge=1, le=1e6)
    name: Name | None = None
    vendor: Name | None = None

    @model_validator(mode="after")
    def _is_ordered(self) -> Server:
        if not (self.price_usd_low or 0) <= self.price_usd <= (self.price_usd_high or math.inf):
            raise ValueError("price_usd_low, price_usd and price_usd_high do not rise in this order")
        if self.idle_power_w is not None and self.max_power_w is not None and self.idle_power_w > self.max_power_w:
            raise ValueError(f"idle_power_w {self.idle_power_w:g} is above max_power_w {self.max_power_w:g}")
        return self


class Measured(BaseModel):
    """An own measurement of a model on a group of accelerators; it overrides the physics."""

    model_config = STRICT
    model: str
    accelerator: str
    precision: Precision
    accelerators: int = Field(alias="count", ge=1, le=1_000_000)
    input_tokens: float = Field(alias="input", gt=0, le=1e7)
    output_tokens: float = Field(alias="output", gt=0, le=1e7)
    output_tok_s: float = Field(alias="tok_s", gt=0, le=1e9)  # of the whole group at full load
    itl_ms: float = Field(gt=0, le=1e6)
    group_w: float | None = Field(None, alias="watts", gt=0, le=1e9)  # of the group's accelerators


class GateException(BaseModel):
    """What the gate lets through by name: a price that moved far, or a list that grew or shrank.

    ``source``, ``region``, ``kind`` and ``key`` are patterns (``*``, ``?``); a key is the price's key
    columns joined by ``/``, as the quarantine prints it.
    """

    model_config = STRICT
    check: Literal["price", "rows"]
    source: str
    region: str = "*"
    kind: str = "*"
    key: str = "*"
    reason: str
    until: Day | None = None


class Alerts(BaseModel):
    """When a night calls a person; docs/schedule.md."""

    model_config = STRICT
    price_move_ratio: float = Field(default=0.10, gt=0, le=1e6)  # of a scenario's best price, against the night before
    stale_days: int = Field(default=3, ge=0, le=36_500)  # without a whole answer of a source
