"""The warehouse beyond one machine: DuckLake, its catalog in Postgres and its data on S3 or in a shared folder.

Its extensions of DuckDB are Python packages (extra ``[lake]``) of DuckDB's own version: none is fetched when
a night runs. The address and the keys become secrets of the connection's memory, so no SQL text and no
message of DuckDB holds them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import asyncpg
import duckdb

from connectors.errors import CostwattError
from flows.settings import LAKE, Settings

EXTENSIONS = ("ducklake", "postgres_scanner", "httpfs")
CONNECT_S = 10.0
COMMIT_TRIES = 100  # writers that commit at the same time take turns
LOCK = "costwatt: the night that writes"
AWS = ".amazonaws.com"


def prepare(con: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Load the extensions and make the secrets, so that ``attach 'ducklake:warehouse'`` finds the lake.

    Raises:
        CostwattError: the extra is not installed, or of another version than DuckDB; or the data lies on S3,
            and boto3 finds no credentials.
    """
    for name in EXTENSIONS:
        con.load_extension(str(_extension(name)))
    # rows within the catalog would break readers while they are moved to files (duckdb/ducklake#1413)
    con.execute(f"set global ducklake_max_retry_count = {COMMIT_TRIES}")
    con.execute("set global ducklake_default_data_inlining_row_limit = 0")
    url = urlsplit(_url(settings))
    asked = {name: values[-1] for name, values in parse_qs(url.query).items()}
    catalog = {
        "host": asked.pop("host", None) or url.hostname,
        "port": asked.pop("port", None) or url.port,
        "user": url.username and unquote(url.username),
        "password": url.password and unquote(url.password),
        "database": unquote(url.path.strip("/")),
    }
    _make_secret(con, "catalog", "postgres", catalog)
    if settings.warehouse_data.startswith("s3://"):
        _make_secret(con, "data", "s3", _s3(settings.warehouse_data))
    options = " ".join(f"{name}={_literal(value)}" for name, value in sorted(asked.items()))  # sslmode and the like
    con.execute(
        f"create or replace secret warehouse (type ducklake, metadata_path {_literal(options)},"
        f" data_path {_literal(settings.warehouse_data)},"
        " metadata_parameters map {'TYPE': 'postgres', 'SECRET': 'catalog'})"
    )


def attach(con: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Attach the lake as the database ``warehouse`` and use it; a new catalog is made where there is none.

    Raises:
        CostwattError: as :func:`prepare`; or the catalog cannot be reached, or says that its data lies elsewhere.
    """
    prepare(con, settings)
    try:
        con.execute(f"attach '{settings.warehouse_address}' as warehouse")
    except duckdb.Error as error:
        told = settings.hide(" ".join(str(error).split()))
        raise CostwattError(f"the lake cannot be opened: {told}; check WAREHOUSE and WAREHOUSE_DATA") from None
    con.execute("use warehouse")


@contextmanager
def only_writer(settings: Settings) -> Iterator[None]:
    """Hold the lake's lock: the catalog frees it when its holder's connection ends, however it ends.

    Raises:
        CostwattError: another night writes the lake, or its catalog cannot be reached.
    """
    loop = asyncio.new_event_loop()
    try:
        connection = loop.run_until_complete(_locked(settings))
        try:
            yield
        finally:
            loop.run_until_complete(connection.close())
    finally:
        loop.close()


async def _locked(settings: Settings) -> asyncpg.Connection:
    told = {"application_name": "costwatt", "tcp_keepalives_idle": "60"}
    try:
        connection = await asyncpg.connect(_url(settings), timeout=CONNECT_S, server_settings=told)
        if await connection.fetchval("select pg_try_advisory_lock(hashtext($1))", LOCK):
            return connection
        await connection.close()
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, ValueError) as error:
        told_back = settings.hide(" ".join(str(error).split()) or type(error).__name__)
        raise CostwattError(f"the lake's catalog: {told_back}; check WAREHOUSE") from None
    raise CostwattError("another refresh writes this lake; wait for it, or stop it")


def tidy(con: duckdb.DuckDBPyConnection, keep_days: int) -> None:
    """Drop versions older than `keep_days` days with files that only they need, and join small files.

    ``checkpoint`` would do the same and look for rows within the catalog, of which there are none, for
    ten times as long.
    """
    then = f"older_than => now() - interval {keep_days} days"
    con.execute(f"call ducklake_expire_snapshots('warehouse', {then})")
    con.execute("call ducklake_merge_adjacent_files('warehouse')")
    con.execute("call ducklake_rewrite_data_files('warehouse')")
    con.execute(f"call ducklake_cleanup_old_files('warehouse', {then})")
    con.execute(f"call ducklake_delete_orphaned_files('warehouse', {then})")  # of killed writers


def _extension(name: str) -> Path:
    """File of an extension, from its package."""
    package = find_spec(f"duckdb_extension_{name}")
    if package is None or package.origin is None:
        raise CostwattError("a lake needs extensions of DuckDB; install them: pip install 'costwatt[lake]'")
    version = f"v{duckdb.__version__}"
    file = Path(package.origin).parent / "extensions" / version / f"{name}.duckdb_extension"
    if not file.exists():
        raise CostwattError(f"{name}: not of DuckDB {version}; install the pair anew: pip install 'costwatt[lake]'")
    return file


def _url(settings: Settings) -> str:
    return settings.warehouse.get_secret_value().removeprefix(LAKE) if settings.warehouse else ""


def _s3(data: str) -> dict[str, object]:
    """Fields of DuckDB's S3 secret from what boto3 knows: credentials, region, and an endpoint of one's own."""
    import boto3  # noqa: PLC0415  half a second

    session = boto3.Session()
    found = session.get_credentials()
    if found is None:
        raise CostwattError(f"{data}: boto3 finds no AWS credentials; see docs/scale.md")
    keys = found.get_frozen_credentials()
    endpoint = urlsplit(session.client("s3", region_name=session.region_name or "us-east-1").meta.endpoint_url)
    own = {} if (endpoint.hostname or "").endswith(AWS) else {"endpoint": endpoint.netloc, "url_style": "path"}
    return {
        "key_id": keys.access_key,
        "secret": keys.secret_key,
        "session_token": keys.token,
        "region": session.region_name or "us-east-1",
        "use_ssl": endpoint.scheme == "https",
        "scope": data,
        **own,
    }


def _make_secret(con: duckdb.DuckDBPyConnection, name: str, kind: str, fields: Mapping[str, object]) -> None:
    given = "".join(f", {field} {_literal(value)}" for field, value in fields.items() if value not in {None, ""})
    con.execute(f"create or replace secret {name} (type {kind}{given})")


def _literal(value: object) -> str:
    return "'" + str(value).replace("'", "''") + "'"
