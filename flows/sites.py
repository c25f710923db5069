"""``[[site]]`` of ``costwatt.toml``: what an own site pays for electricity, checked before a night is spent on it."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from flows.config_tables import Day, Name

Amount = Annotated[Decimal, Field(ge=0, le=1_000_000_000)]
# strict: TOML knows whole numbers from booleans
Month = Annotated[int, Field(strict=True, ge=1, le=12)]
First = Annotated[int, Field(strict=True, ge=0, le=23)]
Last = Annotated[int, Field(strict=True, ge=0, le=24)]


class EnergyRule(BaseModel):
    """A price per kWh and when it holds; hours in local time, ``[22, 6]`` is 22 to 24 and 0 to 6 of the same days."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    per_kwh: Amount
    months: tuple[Month, ...] = Field(tuple(range(1, 13)), min_length=1)
    hours: tuple[First, Last] = (0, 24)
    days: Literal["weekday", "weekend"] | None = None

    @field_validator("hours")
    @classmethod
    def _differ(cls, hours: tuple[int, int]) -> tuple[int, int]:
        if hours[0] == hours[1]:
            raise ValueError("from an hour to the same one; leave hours out for the whole day")
        return hours


class UrdbSite(BaseModel):
    """A site whose rate is a record of the OpenEI utility rate database."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    tariff_zone: str
    name: Name | None = None
    peak_kw: Decimal = Field(ge=1, le=100_000_000)
    urdb: str = Field(min_length=1)


class Site(BaseModel):
    """A contract as rules; prices without VAT in `currency`, demand per kW and month of the year."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    tariff_zone: str
    name: Name
    currency: str = Field(pattern="^[A-Z]{3}$")
    peak_kw: Decimal = Field(ge=1, le=100_000_000)
    valid_from: Day
    valid_to: Day | None = None
    demand_per_kw_month: Annotated[
        tuple[Amount, ...],
        Field(min_length=12, max_length=12),
        BeforeValidator(lambda given: given if isinstance(given, (list, tuple)) else (given,) * 12),
    ] = (Decimal(),) * 12
    fixed_per_month: Amount = Decimal()
    energy: tuple[EnergyRule, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _is_whole(self) -> Site:
        if self.valid_to and self.valid_to < self.valid_from:
            raise ValueError(f"valid_to {self.valid_to} is before valid_from {self.valid_from}")
        from connectors.site_rates import rates_of_rules  # noqa: PLC0415  pyarrow: only who has a site waits for it

        rates_of_rules(self.model_dump(mode="json", exclude_none=True))  # every hour has its price
        return self


def site_table(given: object) -> dict[str, Any]:
    """A ``[[site]]`` as connectors read it, checked; its figures and dates are texts.

    Raises:
        ValidationError: which key, and what is wrong with it.
    """
    kind = UrdbSite if isinstance(given, dict) and "urdb" in given else Site
    return kind.model_validate(given).model_dump(mode="json", exclude_none=True)
