"""AWS's signed APIs through boto3: one credential lookup per run, and AWS's error codes in our words.

Credentials come from boto3's own chain and are optional; ``AWS_ENDPOINT_URL_<SERVICE>`` moves an API.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import boto3
import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

from connectors.ask import Ask
from connectors.errors import MissingCredentials, RateLimited, RegionNotEnabled, SourceUnavailable

HOME_REGION = "us-east-1"  # answers which regions exist, and serves the global APIs
CONFIG = Config(
    connect_timeout=4, read_timeout=60, retries={"mode": "adaptive", "max_attempts": 8}, user_agent_extra="costwatt"
)
CHAIN_CONFIG = Config(connect_timeout=2, read_timeout=5, retries={"total_max_attempts": 1})
NOT_ENABLED = {"AuthFailure", "OptInRequired"}  # of one region; elsewhere the same keys work
THROTTLED = {"RequestLimitExceeded", "Throttling", "ThrottlingException", "TooManyRequestsException"}
EXPIRED_PAGE = {"ExpiredNextTokenException", "InvalidNextTokenException", "InvalidNextToken", "ExpiredNextToken"}
RESTARTS = 2  # of a listing whose page token expired on the way


def client(ask: Ask, service: str, region: str) -> Any:
    """A boto3 client of one service in one region.

    Raises:
        MissingCredentials: boto3's chain finds none, or finds some that cannot be used.
        SourceUnavailable: offline, or nobody answers at the API's address.
    """
    if ask.web.offline:
        raise SourceUnavailable(f"AWS {service} API: offline (COSTWATT_OFFLINE=1)")
    keys, why = ask.web.once("aws credentials", _credentials)
    if keys is None:
        raise MissingCredentials(f"optional, skipped; configure AWS credentials (read-only) to use it{why}")
    session = boto3.Session(keys.access_key, keys.secret_key, keys.token, region)
    made = session.client(service, config=CONFIG)
    dead = ask.web.probe([made.meta.endpoint_url])
    if dead:
        raise SourceUnavailable(f"AWS {service} API {made.meta.endpoint_url}: {next(iter(dead.values()))}")
    return made


def _credentials() -> tuple[Any, str]:
    """Keys of boto3's chain or None, and what went wrong; off EC2 and on a dead network it takes seconds."""
    session = botocore.session.Session()
    session.set_default_client_config(CHAIN_CONFIG)  # of STS and SSO, where a profile leads to them
    try:
        found = session.get_credentials()
        return (found.get_frozen_credentials() if found else None), ""
    except (BotoCoreError, ClientError) as error:
        return None, f" ({error})"


@contextmanager
def asking(what: str) -> Iterator[None]:
    """Turn botocore's exceptions into ours; `what` names the call and the region.

    Raises:
        MissingCredentials: the keys vanished.
        RegionNotEnabled: this account may not use this region.
        RateLimited: throttled beyond the retries.
        SourceUnavailable: every other failure, expired keys among them.
    """
    try:
        yield
    except NoCredentialsError as error:
        raise MissingCredentials(f"{what}: {error}") from error
    except ClientError as error:
        code = error.response["Error"]["Code"]
        text = f"{what}: {code}: {error.response['Error'].get('Message', '')}"[:300]
        if code in NOT_ENABLED:
            raise RegionNotEnabled(f"{text}; region_not_enabled: skipped, list prices still cover it") from error
        kind = RateLimited if code in THROTTLED else SourceUnavailable
        raise kind(text) from error
    except BotoCoreError as error:
        raise SourceUnavailable(f"{what}: {error}") from error


def listed(api: Any, operation: str, key: str, **request: Any) -> list[Any]:
    """All items of a paged call: complete, or an exception.

    Empty pages in the middle are read over, an empty token ends, an expired one starts anew.

    Args:
        operation: client method, e.g. ``describe_spot_price_history``.
        key: field of the answer that holds the items.
    """
    with asking(f"{api.meta.service_model.service_name} {operation} {api.meta.region_name}"):
        for attempt in range(RESTARTS + 1):
            try:
                return [item for page in _pages(api, operation, request) for item in page.get(key) or ()]
            except ClientError as error:
                if error.response["Error"]["Code"] not in EXPIRED_PAGE or attempt == RESTARTS:
                    raise
    raise AssertionError  # the loop returns or raises


def _pages(api: Any, operation: str, request: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if api.can_paginate(operation):
        yield from api.get_paginator(operation).paginate(**request)
        return
    token: dict[str, str] = {}
    while True:  # savings plans page, but boto3 has no paginator for them
        page = getattr(api, operation)(**request, **token)
        yield page
        if not page.get("nextToken"):
            return
        token = {"nextToken": page["nextToken"]}


def enabled_regions(ask: Ask) -> Sequence[str]:
    """The regions of the setting that this account may use."""
    found = listed(client(ask, "ec2", HOME_REGION), "describe_regions", "Regions")
    usable = {r["RegionName"] for r in found if r.get("OptInStatus", "opted-in") != "not-opted-in"}
    return sorted(usable.intersection(ask.regions) if ask.regions else usable)
