"""The only reader of the environment.

Precedence: argument > environment (``COSTWATT_*``) > ``.env`` > ``costwatt.toml`` > default.
"""

from __future__ import annotations

import os
import tomllib
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import quote, unquote, urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)
from pydantic_settings.exceptions import SettingsError

from connectors.errors import UsageError

CONFIG_FILE = Path("costwatt.toml")
PREFIX = "COSTWATT_"
SOURCE_KEYS = ("eia_api_key", "entsoe_token", "openei_api_key")
SECRETS = (*SOURCE_KEYS, "alert_webhook", "publish_postgres", "warehouse")
EMBEDDED, LAKE = "duckdb", "ducklake:"
LOOPBACK = ("127.0.0.1", "localhost", "::1")
Precision = Literal["bf16", "fp8", "int8", "int4", "fp4"]


class Range(BaseModel):
    """A figure with its interval: low and high are the 5th and 95th percentile."""

    model_config = ConfigDict(extra="forbid")
    value: float
    low: float | None = None
    high: float | None = None


class Scenario(BaseModel):
    """A service to price; names and units as in the scenario table."""

    model_config = ConfigDict(extra="forbid")
    model: str
    requests_per_day: float = Field(gt=0)
    input_tokens: float = Field(gt=0)
    output_tokens: float = Field(gt=0)
    cache_hit_ratio: float = Field(0.0, ge=0, lt=1)
    output_length_bias_ratio: float = Field(1.91, ge=1)  # as the built-in scenarios: median of the ML.ENERGY runs
    ttft_p95_ms: float | None = Field(None, gt=0)
    itl_mean_ms: float | None = Field(None, gt=0)
    peak_to_average_ratio: float = Field(2.0, ge=1)
    min_replicas: int = Field(2, ge=1)
    spare_nodes: int = Field(1, ge=0)
    target_utilisation_ratio: float = Field(0.8, gt=0, le=1)
    demand_profile: str = "regional-day"
    interruption_tolerated: bool = False
    allowed_precisions: list[Precision] = ["bf16", "fp8"]


class Discount(BaseModel):
    """A negotiated discount on list prices; names are patterns (``*``, ``?``)."""

    model_config = ConfigDict(extra="forbid")
    provider: str = "*"
    purchase_option: str = "*"
    sku: str = "*"
    discount_ratio: float = Field(gt=0, lt=1)


class Measured(BaseModel):
    """An own measurement of a model on a group of accelerators; it overrides the physics."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)
    model: str
    accelerator: str
    precision: Precision
    accelerators: int = Field(alias="count", ge=1)
    input_tokens: float = Field(alias="input", gt=0)
    output_tokens: float = Field(alias="output", gt=0)
    output_tok_s: float = Field(alias="tok_s", gt=0)  # of the whole group at full load
    itl_ms: float = Field(gt=0)
    group_w: float | None = Field(None, alias="watts", gt=0)  # of the group's accelerators


class GateException(BaseModel):
    """What the gate lets through by name: a price that moved far, or a list that grew or shrank.

    ``source``, ``region``, ``kind`` and ``key`` are patterns (``*``, ``?``); a key is the price's key
    columns joined by ``/``, as the quarantine prints it.
    """

    model_config = ConfigDict(extra="forbid")
    check: Literal["price", "rows"]
    source: str
    region: str = "*"
    kind: str = "*"
    key: str = "*"
    reason: str
    until: date | None = None


class Alerts(BaseModel):
    """When a night calls a person; docs/schedule.md."""

    model_config = ConfigDict(extra="forbid")
    price_move_ratio: float = Field(default=0.10, gt=0)  # of a scenario's best price, against the night before
    stale_days: int = Field(default=3, ge=0)  # without a whole answer of a source


class Settings(BaseSettings):
    """Every setting of costwatt; see DESIGN section 3 for the meanings."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file=".env", env_ignore_empty=True, extra="ignore", toml_file=CONFIG_FILE
    )

    home: Path = Path("~/.costwatt")
    offline: bool = False
    aws_regions: Annotated[tuple[str, ...], NoDecode] = ("us-east-1", "us-west-2", "eu-central-1")
    azure_regions: Annotated[tuple[str, ...], NoDecode] = ("all",)
    scope: Literal["accelerated", "all"] = "accelerated"
    landing_keep: int = Field(7, ge=1)
    cost_draws: int = Field(2048, ge=2)

    warehouse: SecretStr | None = None  # ducklake:postgresql://USER:PASSWORD@HOST/DATABASE; none: a file of HOME
    warehouse_data: str = ""  # of a lake: s3://BUCKET/PREFIX or a folder that all its machines see
    task_runner: Literal["thread", "dask"] = "thread"
    dask_address: str = ""

    aws_price_list_url: str | None = None
    aws_china_price_list_url: str | None = None
    aws_spot_feed_url: str | None = None
    aws_spot_advisor_url: str | None = None
    aws_web_feed_url: str | None = None
    azure_retail_url: str | None = None
    azure_arm_url: str | None = None
    azure_china_url: str | None = None
    eia861m_url: str | None = None
    eia_api_url: str | None = None
    eurostat_url: str | None = None
    energy_charts_url: str | None = None
    entsoe_url: str | None = None
    elexon_url: str | None = None
    aemo_url: str | None = None
    jepx_url: str | None = None
    openei_url: str | None = None
    ecb_url: str | None = None
    frankfurter_url: str | None = None
    token_prices_url: str | None = None
    huggingface_url: str | None = None

    eia_api_key: SecretStr | None = None
    entsoe_token: SecretStr | None = None
    openei_api_key: SecretStr | None = None
    alert_webhook: SecretStr | None = None  # its address is the password of most chat services
    publish_postgres: SecretStr | None = None  # postgresql://USER:PASSWORD@HOST/DATABASE

    scenarios: dict[str, Scenario] = {}
    assumptions: dict[str, Range] = {}
    discount: list[Discount] = []
    measured: list[Measured] = []
    gate_exceptions: list[GateException] = []
    alerts: Alerts = Alerts()
    site: list[dict[str, Any]] = []  # contracts of own sites, read by connectors/site_tariffs.py

    @field_validator("aws_regions", "azure_regions", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        return tuple(v.strip() for v in value.split(",") if v.strip()) if isinstance(value, str) else value

    @field_validator("warehouse", mode="before")
    @classmethod
    def _embedded(cls, value: Any) -> Any:
        return None if value == EMBEDDED else value

    @field_validator("warehouse")
    @classmethod
    def _is_lake(cls, value: SecretStr | None) -> SecretStr | None:
        if value and not value.get_secret_value().startswith((f"{LAKE}postgresql://", f"{LAKE}postgres://")):
            raise ValueError(f"neither {EMBEDDED} nor {LAKE}postgresql://USER:PASSWORD@HOST/DATABASE")
        return value

    @field_validator("dask_address")
    @classmethod
    def _is_safe(cls, value: str) -> str:
        # whoever reaches a Dask scheduler runs code on it, and keys of sources travel to its workers
        where = urlsplit(value)
        if value and where.scheme != "tls" and not (where.scheme == "tcp" and where.hostname in LOOPBACK):
            raise ValueError("not tls://HOST:PORT (tcp:// on loopback alone)")
        return value

    @model_validator(mode="after")
    def _is_whole(self) -> Settings:
        if self.warehouse and not self.warehouse_data.startswith(("s3://", "/")):
            raise ValueError("a lake needs WAREHOUSE_DATA: s3://BUCKET/PREFIX, or a folder from /")
        if self.task_runner == "dask" and not self.dask_address:
            raise ValueError("TASK_RUNNER=dask needs DASK_ADDRESS: tls://HOST:PORT of its scheduler")
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Argument > environment > .env > costwatt.toml."""
        del file_secret_settings
        return init_settings, env_settings, dotenv_settings, TomlConfigSettingsSource(settings_cls)

    @cached_property
    def paths(self) -> Home:
        """The folders below HOME."""
        return Home(self.home.expanduser().resolve())

    @property
    def warehouse_address(self) -> str:
        """What DuckDB attaches; of a lake the name of a secret of the connection (flows/lake.py)."""
        return f"{LAKE}warehouse" if self.warehouse else str(self.paths.warehouse)

    def url_of(self, setting: str, default: str) -> str:
        """Base address of a connector: its setting, else the public address."""
        given: str | None = getattr(self, setting.lower())
        return (given or default).rstrip("/")

    def hide(self, text: str) -> str:
        """`text` with stars in place of every secret that is set: a server may say back what it was asked."""
        given = [secret.get_secret_value() for secret in (getattr(self, name) for name in SECRETS) if secret]
        passwords = [urlsplit(clear.removeprefix(LAKE)).password for clear in given]
        for clear in filter(None, [*given, *passwords, *(unquote(p) for p in passwords if p)]):
            text = text.replace(clear, "***").replace(quote(clear, safe=""), "***")
        return text

    def secrets(self) -> dict[str, str]:
        """Keys that are set, in clear, by setting name; only the flow hands them to connectors."""
        fields = {name: getattr(self, name) for name in SOURCE_KEYS}
        return {n.upper(): s.get_secret_value() for n, s in fields.items() if s is not None}


class Home:
    """Where everything lies; folders are made on demand, readable by their owner only."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.warehouse = root / "warehouse.duckdb"
        self.landing = root / "landing"
        self.published = root / "published"
        self.runs = root / ".published"
        self.logs = root / "logs"
        self.prefect = root / "prefect"
        self.dbt = root / "dbt"
        self.spill = self.dbt / "spill"
        self.lock = root / "refresh.lock"

    def make(self) -> Home:
        """Create the folders; published data may be read by others, the rest may not.

        Raises:
            UsageError: the folder cannot be written.
        """
        try:
            os.umask(0o077)  # whatever this process writes from here is its owner's; publish opens what others read
            if not self.root.exists():
                self.root.mkdir(parents=True)
                self.root.chmod(0o755)
            for private in (self.landing, self.logs, self.prefect, self.dbt):
                private.mkdir(exist_ok=True, mode=0o700)
            self.runs.mkdir(exist_ok=True)
            self.runs.chmod(0o755)
        except OSError as error:
            raise UsageError(
                f"{self.root}: cannot be written ({error.strerror}); set COSTWATT_HOME to a folder of yours"
            ) from error
        return self

    @property
    def cost_file(self) -> Path:
        """The published database of the latest night."""
        return self.published / "cost.duckdb"


def _refuse_unknown_keys() -> None:
    """A misspelt key must not pass for a default.

    Raises:
        UsageError: names the key.
    """
    if CONFIG_FILE.exists():
        unknown = sorted(set(tomllib.loads(CONFIG_FILE.read_text("utf-8"))) - set(Settings.model_fields))
        if unknown:
            raise UsageError(f"{CONFIG_FILE}: no setting is called {unknown[0]!r:.80}; see docs/settings.md")


def load_settings(**given: Any) -> Settings:
    """Settings from arguments, environment, ``.env`` and ``costwatt.toml``.

    Raises:
        UsageError: one line naming the setting, the value and what is wrong with it.
    """
    try:
        _refuse_unknown_keys()
        return Settings(**{k: v for k, v in given.items() if v is not None})
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(p) for p in first["loc"])
        # of settings that do not fit together, the input is all of them
        got = f" (got {first.get('input')!r:.80})" if name and name not in SECRETS else ""
        raise UsageError(f"setting{name and ' '}{name}: {first['msg']}{got}") from None
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{CONFIG_FILE}: not valid TOML: {error}") from None
    except (SettingsError, OSError, UnicodeDecodeError) as error:
        raise UsageError(f"settings cannot be read: {error}") from None
