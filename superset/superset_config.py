# ruff: noqa: INP001  scripts, not a package: the name belongs to Superset's own
"""Superset on one machine, for `make superset`: state below SUPERSET_HOME, no cache server, no worker."""

import os
import secrets
from pathlib import Path

HOME = Path(os.environ["SUPERSET_HOME"])
SECRET_KEY = os.environ.get("SUPERSET_SECRET_KEY") or secrets.token_urlsafe(42)
SQLALCHEMY_DATABASE_URI = f"sqlite:///{HOME / 'superset.db'}"
# the REST API is asked with a bearer token, on loopback alone
WTF_CSRF_ENABLED = False
TALISMAN_ENABLED = False
MEMORY = {"CACHE_TYPE": "SimpleCache", "CACHE_DEFAULT_TIMEOUT": 300}
CACHE_CONFIG = DATA_CACHE_CONFIG = FILTER_STATE_CACHE_CONFIG = EXPLORE_FORM_DATA_CACHE_CONFIG = MEMORY
