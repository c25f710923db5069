"""The only reader of the environment.

Precedence: argument > environment (``COSTWATT_*``) > ``.env`` > ``costwatt.toml`` > default.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import quote, urlsplit

from pydantic import (
    AfterValidator,
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
    InitSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)
from pydantic_settings.exceptions import SettingsError

from connectors.address import check_base
from connectors.errors import UnsafeAddress, UsageError
from flows.config_tables import (
    Alerts,
    DemandProfile,
    Discount,
    GateException,
    Id,
    Measured,
    Name,
    Range,
    Scenario,
    Server,
)
from flows.home import Home
from flows.near_names import near
from flows.secret_address import check_postgres, check_webhook, pieces_of
from flows.settings_files import CONFIG_FILE, ENV_FILE, PREFIX, config, refuse_broken_lines
from flows.settings_mistakes import mistake
from flows.sites import site_table

#: Other names with the prefix: of prefect.yaml and tests/bench, and what Kubernetes sets for a service of this name.
FOREIGN = ("COSTWATT_DIRECTORY", "COSTWATT_BENCH_HOME", "COSTWATT_SERVICE_", "COSTWATT_PORT")
SOURCE_KEYS = ("eia_api_key", "entsoe_token", "openei_api_key")
ADDRESSES = ("alert_webhook", "publish_postgres", "warehouse")
SECRETS = (*SOURCE_KEYS, *ADDRESSES)
UNSAFE_HOME = ("{{", "}}", "{%", "{#", "?")  # dbt renders paths as Jinja; DuckDB's log of `a?b` is not found again
EMBEDDED, LAKE = "duckdb", "ducklake:"
LOOPBACK = ("127.0.0.1", "localhost", "::1")
USUAL_PEAK_TO_AVERAGE_RATIO = 2.0  # users of one region; see docs/scenarios.md


def _is_base(url: str | None) -> str | None:
    """The address of a source that may be asked.

    Raises:
        ValueError: see :func:`connectors.address.check_base`; an empty one is none.
    """
    try:
        if url:
            check_base(url)
    except UnsafeAddress as error:
        raise ValueError(str(error)) from None
    return url


Address = Annotated[str | None, AfterValidator(_is_base)]


class Settings(BaseSettings):
    """Every setting of costwatt; see DESIGN section 3 for the meanings."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_file=ENV_FILE, env_ignore_empty=True, extra="ignore")

    home: Path = Path("~/.costwatt")
    offline: bool = False
    aws_regions: Annotated[tuple[str, ...], NoDecode] = ("us-east-1", "us-west-2", "eu-central-1")
    azure_regions: Annotated[tuple[str, ...], NoDecode] = ("all",)
    onprem_zones: Annotated[tuple[str, ...], NoDecode] = ("all",)
    scope: Literal["accelerated", "all"] = "accelerated"
    landing_keep: int = Field(7, ge=1, le=36_500)
    cost_draws: int = Field(2048, ge=256, le=1_000_000)  # of fewer a P5 is a handful of draws

    warehouse: SecretStr | None = None  # ducklake:postgresql://USER:PASSWORD@HOST/DATABASE; none: a file of HOME
    warehouse_data: str = ""  # of a lake: s3://BUCKET/PREFIX or a folder that all its machines see
    task_runner: Literal["thread", "dask"] = "thread"
    dask_address: str = ""

    aws_price_list_url: Address = None
    aws_china_price_list_url: Address = None
    aws_spot_feed_url: Address = None
    aws_spot_advisor_url: Address = None
    aws_web_feed_url: Address = None
    azure_retail_url: Address = None
    azure_arm_url: Address = None
    azure_china_url: Address = None
    eia861m_url: Address = None
    eia_api_url: Address = None
    eurostat_url: Address = None
    energy_charts_url: Address = None
    entsoe_url: Address = None
    elexon_url: Address = None
    aemo_url: Address = None
    jepx_url: Address = None
    openei_url: Address = None
    ecb_url: Address = None
    frankfurter_url: Address = None
    token_prices_url: Address = None
    huggingface_url: Address = None

    eia_api_key: SecretStr | None = None
    entsoe_token: SecretStr | None = None
    openei_api_key: SecretStr | None = None
    alert_webhook: SecretStr | None = None  # its address is the password of most chat services
    publish_postgres: SecretStr | None = None  # postgresql://USER:PASSWORD@HOST/DATABASE

    scenarios: dict[Name, Scenario] = {}
    demand_profiles: dict[Name, DemandProfile] = {}
    assumptions: dict[str, Range] = {}
    discount: list[Discount] = []
    servers: dict[Id, Server] = {}
    measured: list[Measured] = []
    gate_exceptions: list[GateException] = []
    alerts: Alerts = Alerts()
    site: list[Annotated[dict[str, Any], BeforeValidator(site_table)]] = []  # contracts of own sites

    @field_validator("aws_regions", "azure_regions", "onprem_zones", mode="before")
    @classmethod
    def _split(cls, value: Any, field: ValidationInfo) -> Any:
        places = tuple(v.strip() for v in value.split(",") if v.strip()) if isinstance(value, str) else value
        if places in ((), []):  # to a source, no name means every region
            own = field.field_name == "onprem_zones"
            known = "names of tariff_zone.csv" if own else "accelerated, or names of region.csv"
            raise ValueError(f"names none; give all, {known}")
        return places

    @field_validator("home", mode="before")
    @classmethod
    def _is_folder(cls, value: Any) -> Any:
        if isinstance(value, str) and not value.strip():  # it would be the folder that costwatt starts in
            raise ValueError("is blank; name a folder, or leave it out")
        return value

    @field_validator("landing_keep", "cost_draws", mode="before")
    @classmethod
    def _is_number(cls, value: Any) -> Any:
        if isinstance(value, bool):
            raise ValueError("expected a whole number")  # noqa: TRY004  pydantic tells a ValueError
        return value

    @field_validator(*SOURCE_KEYS)
    @classmethod
    def _is_key(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not value.get_secret_value().strip():
            raise ValueError("is blank; leave it out to do without its source")
        return value

    @field_validator("measured")
    @classmethod
    def _measured_once(cls, measured: list[Measured]) -> list[Measured]:
        # of one group at several loads each has a latency of its own
        return _once(measured, lambda m: tuple(m.model_dump(exclude={"output_tok_s", "group_w"}).values()))

    @field_validator("site")
    @classmethod
    def _agreed_once(cls, sites: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return _once(sites, lambda site: tuple(site.get(key) for key in ("tariff_zone", "name", "valid_from", "urdb")))

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
        return init_settings, env_settings, dotenv_settings, InitSettingsSource(settings_cls, config())

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


def _once(entries: list[Any], key: Callable[[Any], tuple[Any, ...]]) -> list[Any]:
    """The entries of a list, no two of which are of one key: which of them would count?

    Raises:
        ValueError: which two, counted from 1, and their key.
    """
    first: dict[tuple[Any, ...], int] = {}
    for number, entry in enumerate(entries, 1):
        if first.setdefault(key(entry), number) != number:
            of = ", ".join(str(part) for part in key(entry) if part is not None)
            raise ValueError(f"numbers {first[key(entry)]} and {number} are both of {of}; keep one")
    return entries


def _refuse_unknown_names() -> None:
    """A misspelt name must not pass for a default.

    Raises:
        UsageError: names it, and its like; or a file cannot be read.
        OSError: a file is a link that leads nowhere.
    """
    for file in (CONFIG_FILE, ENV_FILE):
        if os.path.lexists(file):
            file.stat()
    fields = set(Settings.model_fields)
    _refuse_unknown(str(CONFIG_FILE), config(), fields)
    refuse_broken_lines()
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
        raise UsageError(f"{where}: no setting is called {wrong!r:.80}{near(wrong, known)}; see docs/settings.md")


def load_settings(**given: Any) -> Settings:
    """Settings from arguments, environment, ``.env`` and ``costwatt.toml``.

    Raises:
        UsageError: one line naming the setting, the value and what is wrong with it.
    """
    try:
        _refuse_unknown_names()
        return Settings(**{k: v for k, v in given.items() if v is not None})
    except ValidationError as error:
        raise UsageError(mistake(error, SECRETS)) from None
    except RecursionError:
        raise UsageError("settings cannot be read: nested too deep") from None
    except (SettingsError, OSError, ValueError) as error:
        raise UsageError(f"settings cannot be read: {error}") from None
