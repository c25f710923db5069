"""config.json of one model on the Hugging Face hub: what parameters and cache are counted from.

Asked for by a person's ``--model hf:ORG/NAME``, never by the night. The hub answers
``/ORG/NAME/resolve/main/config.json`` with a redirect that stays on the host for small files; one that leads
elsewhere is not followed.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from connectors.errors import SchemaDrift, SourceUnavailable, UsageError
from connectors.web import Web

SETTING, URL = "HUGGINGFACE_URL", "https://huggingface.co"
MAX_BYTES = 1 << 20
_REPOSITORY = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")
_REFUSED, _NOT_FOUND = (401, 403), 404


def huggingface_config(web: Web, url: str, repository: str, folder: Path) -> Path:
    """Fetch a model's config.json, or take the copy of an earlier look where the hub cannot be reached.

    Args:
        web: HTTP client.
        url: base address of the hub.
        repository: ``ORG/NAME``.
        folder: where copies are kept.

    Returns:
        Path of the file; it holds a JSON object.

    Raises:
        UsageError: no such repository name, or the hub does not show it without an account.
        SourceUnavailable: the hub cannot be reached and there is no copy.
        SchemaDrift: the answer is no JSON object.
    """
    if not _REPOSITORY.fullmatch(repository) or ".." in repository:
        raise UsageError(f"hf:{repository}: not a repository; write hf:ORG/NAME as on {url}")
    path = folder / repository / "config.json"
    mark = path.with_suffix(".etag")
    address = f"{url}/{repository}/resolve/main/config.json"
    known = mark.read_text() if path.exists() and mark.exists() else ""
    fresh = path.with_suffix(".new")
    try:
        found = web.download(address, fresh, etag=known, max_bytes=MAX_BYTES)
    except SourceUnavailable as error:
        return _copy(path, repository, url, error)
    if not found.unchanged:
        read_config(fresh)
        fresh.replace(path)
        mark.write_text(found.etag)
    return path


def read_config(path: Path) -> dict[str, Any]:
    """Parse a config.json.

    Raises:
        SchemaDrift: the file is no JSON object.
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        text = file.read(MAX_BYTES)
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise SchemaDrift(f"{path}: expected a config.json, got something else ({error})") from None
    if not isinstance(found, dict):
        raise SchemaDrift(f"{path}: expected a JSON object, got {type(found).__name__}")
    return found


def _copy(path: Path, repository: str, url: str, error: SourceUnavailable) -> Path:
    """The copy of an earlier look.

    Raises:
        UsageError: the hub answered that it does not show such a model.
        SourceUnavailable: there is no copy.
    """
    if error.status == _NOT_FOUND:
        raise UsageError(f"hf:{repository}: {url} has no such model, or it has no config.json") from None
    if path.exists():
        return path
    if error.status in _REFUSED:
        raise UsageError(
            f"hf:{repository}: not on {url}, or gated; fetch config.json yourself and pass --config FILE"
        ) from None
    raise SourceUnavailable(f"{error}; or fetch config.json yourself and pass --config FILE") from None
