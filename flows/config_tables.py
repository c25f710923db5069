"""Tables of ``costwatt.toml``: what each may hold; docs/settings.md says what it means.

A site's contract has a file of its own, flows/sites.py.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

Precision = Literal["bf16", "fp8", "int8", "int4", "fp4"]
STRICT = ConfigDict(extra="forbid", allow_inf_nan=False, populate_by_name=True)


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
    """A service to price; names and units as in the scenario table, bounds as in flows/commands/service.py."""

    model_config = STRICT
    model: str
    requests_per_day: float = Field(gt=0, le=1e12)
    input_tokens: float = Field(gt=0, le=1e7)
    output_tokens: float = Field(gt=0, le=1e7)
    cache_hit_ratio: float = Field(0.0, ge=0, le=0.99)
    # as the built-in scenarios: median of the ML.ENERGY runs
    output_length_bias_ratio: float = Field(1.91, ge=1, le=100)
    ttft_p95_ms: float | None = Field(None, gt=0, le=1e7)
    itl_mean_ms: float | None = Field(None, gt=0, le=1e6)
    peak_to_average_ratio: float | None = Field(None, ge=1, le=24)  # none: see Settings.peak_to_average_ratio
    min_replicas: int = Field(2, ge=1, le=1_000_000)
    spare_nodes: int = Field(1, ge=0, le=1_000_000)
    target_utilisation_ratio: float = Field(0.8, gt=0, le=1)
    demand_profile: str = "regional-day"
    interruption_tolerated: bool = False
    allowed_precisions: list[Precision] = ["bf16", "fp8"]


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
    """A negotiated discount on list prices; names are patterns (``*``, ``?``)."""

    model_config = STRICT
    provider: str = "*"
    purchase_option: str = "*"
    sku: str = "*"
    discount_ratio: float = Field(gt=0, lt=1)


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
    until: date | None = None


class Alerts(BaseModel):
    """When a night calls a person; docs/schedule.md."""

    model_config = STRICT
    price_move_ratio: float = Field(default=0.10, gt=0, le=1e6)  # of a scenario's best price, against the night before
    stale_days: int = Field(default=3, ge=0, le=36_500)  # without a whole answer of a source
