"""The only reader of the environment.

Precedence: argument > environment (``COSTWATT_*``) > ``.env`` > ``costwatt.toml`` > default.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterable
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import quote, urlsplit

from pydantic import (
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    EnvSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)
from pydantic_settings.exceptions import SettingsError

from connectors.errors import UsageError
from flows.config_tables import Alerts, DemandProfile, Discount, GateException, Measured, Range, Scenario
from flows.home import Home
from flows.secret_address import check_postgres, check_webhook, pieces_of
from flows.sites import site_table

CONFIG_FILE, ENV_FILE = Path("costwatt.toml"), Path(".env")
PREFIX = "COSTWATT_"
#: Other names with the prefix: of prefect.yaml and tests/bench, and what Kubernetes sets for a service of this name.
FOREIGN = ("COSTWATT_DIRECTORY", "COSTWATT_BENCH_HOME", "COSTWATT_SERVICE_", "COSTWATT_PORT")
SOURCE_KEYS = ("eia_api_key", "entsoe_token", "openei_api_key")
ADDRESSES = ("alert_webhook", "publish_postgres", "warehouse")
SECRETS = (*SOURCE_KEYS, *ADDRESSES)
UNSAFE_HOME = ("{{", "}}", "{%", "{#", "?")  # dbt renders paths as Jinja; DuckDB's log of `a?b` is not found again
MISTAKES = {"extra_forbidden": "no such key", "missing": "is missing"}
EMBEDDED, LAKE = "duckdb", "ducklake:"
LOOPBACK = ("127.0.0.1", "localhost", "::1")
USUAL_PEAK_TO_AVERAGE_RATIO = 2.0  # users of one region; see docs/scenarios.md


class Settings(BaseSettings):
    """Every setting of costwatt; see DESIGN section 3 for the meanings."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file=ENV_FILE, env_ignore_empty=True, extra="ignore", toml_file=CONFIG_FILE
    )

    home: Path = Path("~/.costwatt")
    offline: bool = False
    aws_regions: Annotated[tuple[str, ...], NoDecode] = ("us-east-1", "us-west-2", "eu-central-1")
    azure_regions: Annotated[tuple[str, ...], NoDecode] = ("all",)
    scope: Literal["accelerated", "all"] = "accelerated"
    landing_keep: int = Field(7, ge=1, le=36_500)
    cost_draws: int = Field(2048, ge=2, le=1_000_000)

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
    demand_profiles: dict[str, DemandProfile] = {}
    assumptions: dict[str, Range] = {}
    discount: list[Discount] = []
    measured: list[Measured] = []
    gate_exceptions: list[GateException] = []
    alerts: Alerts = Alerts()
    site: list[Annotated[dict[str, Any], BeforeValidator(site_table)]] = []  # contracts of own sites

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
        if value:
            check_postgres(value.get_secret_value().removeprefix(LAKE))
        return value

    @field_validator("publish_postgres", "alert_webhook")
    @classmethod
    def _is_address(cls, value: SecretStr | None, field: ValidationInfo) -> SecretStr | None:
        check = check_postgres if field.field_name == "publish_postgres" else check_webhook
        if value:
            check(value.get_secret_value())
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
        """The folders below HOME.

        Raises:
            UsageError: it cannot be found, or its name cannot be worked with.
        """
        try:
            root = self.home.expanduser().resolve()
        except (RuntimeError, OSError, ValueError) as error:  # a user or a link that leads nowhere, a zero byte
            raise UsageError(
                f"COSTWATT_HOME {str(self.home)!r}: {str(error).rstrip('.')}; name a folder of yours"
            ) from None
        unsafe = next((mark for mark in UNSAFE_HOME if mark in str(root)), None)
        if unsafe:
            raise UsageError(f"COSTWATT_HOME {root}: dbt and DuckDB cannot work below a name with {unsafe}; rename it")
        return Home(root)

    @property
    def warehouse_address(self) -> str:
        """What DuckDB attaches; of a lake the name of a secret of the connection (flows/lake.py)."""
        return f"{LAKE}warehouse" if self.warehouse else str(self.paths.warehouse)

    def peak_to_average_ratio(self, scenario: Scenario) -> float:
        """Busiest hour over mean hour: as given, else that of an own profile, else 2 (regional)."""
        if scenario.peak_to_average_ratio is not None:
            return scenario.peak_to_average_ratio
        own = self.demand_profiles.get(scenario.demand_profile)
        return 24 * max(own.shares_of_day) if own else USUAL_PEAK_TO_AVERAGE_RATIO

    def url_of(self, setting: str, default: str) -> str:
        """Base address of a connector: its setting, else the public address."""
        given: str | None = getattr(self, setting.lower())
        return (given or default).rstrip("/")

    def hide(self, text: str) -> str:
        """`text` with stars in place of every secret that is set: a server may say back what it was asked."""
        given = {name: s.get_secret_value() for name in SECRETS if (s := getattr(self, name))}
        pieces = {
            *given.values(),
            *(p for name in ADDRESSES if name in given for p in pieces_of(given[name].removeprefix(LAKE))),
        }
        for clear in sorted(pieces, key=len, reverse=True):
            text = text.replace(clear, "***").replace(quote(clear, safe=""), "***")
        return text

    def secrets(self) -> dict[str, str]:
        """Keys that are set, in clear, by setting name; only the flow hands them to connectors."""
        fields = {name: getattr(self, name) for name in SOURCE_KEYS}
        return {n.upper(): s.get_secret_value() for n, s in fields.items() if s is not None}


def _refuse_unknown_names() -> None:
    """A misspelt name must not pass for a default.

    Raises:
        UsageError: names it, and its like.
        OSError: a file is a link that leads nowhere.
    """
    for file in (CONFIG_FILE, ENV_FILE):
        if os.path.lexists(file):
            file.stat()
    fields = set(Settings.model_fields)
    if CONFIG_FILE.exists():
        _refuse_unknown(str(CONFIG_FILE), tomllib.loads(CONFIG_FILE.read_text("utf-8")), fields)
    known = {f"{PREFIX}{name.upper()}" for name in fields}
    for where, source in {
        "environment": EnvSettingsSource(Settings),
        str(ENV_FILE): DotEnvSettingsSource(Settings),
    }.items():
        given = [name.upper() for name in source.env_vars if name.upper().startswith(PREFIX)]
        _refuse_unknown(where, [name for name in given if not name.startswith(FOREIGN)], known)


def _refuse_unknown(where: str, names: Iterable[str], known: set[str]) -> None:
    wrong = min(set(names) - known, default=None)
    if wrong is not None:
        near = get_close_matches(wrong, sorted(known), n=3)
        hint = f"near names: {', '.join(near)}; " if near else ""
        raise UsageError(f"{where}: no setting is called {wrong!r:.80}; {hint}see docs/settings.md")


def load_settings(**given: Any) -> Settings:
    """Settings from arguments, environment, ``.env`` and ``costwatt.toml``.

    Raises:
        UsageError: one line naming the setting, the value and what is wrong with it.
    """
    try:
        _refuse_unknown_names()
        return Settings(**{k: v for k, v in given.items() if v is not None})
    except ValidationError as error:
        raise UsageError(_told(error)) from None
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{CONFIG_FILE}: not valid TOML: {error}") from None
    except (SettingsError, OSError, UnicodeDecodeError) as error:
        raise UsageError(f"settings cannot be read: {error}") from None


def _told(error: ValidationError) -> str:
    """The first mistake in one line; entries of a list count from 1."""
    first = error.errors()[0]
    name = ".".join(str(p + 1 if isinstance(p, int) else p) for p in first["loc"])
    what = MISTAKES.get(first["type"]) or first["msg"].removeprefix("Value error, ")
    # of settings that do not fit together, the input is all of them
    got = f" (got {first.get('input')!r:.80})" if name and name not in SECRETS else ""
    return f"setting{name and ' '}{name}: {what}{got}; see docs/settings.md"
