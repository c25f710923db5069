"""docs/settings.md names every setting, and none that is not."""

from __future__ import annotations

import re
from pathlib import Path

from flows.settings import Settings

PAGE = (Path(__file__).parents[2] / "docs" / "settings.md").read_text()


def test_every_setting_stands_on_the_page() -> None:
    named = {name.lower() for name in re.findall(r"`(?:COSTWATT_)?([A-Z][A-Z0-9_]+)`", PAGE)}
    named |= set(re.findall(r"`\[+(\w+)(?:\.NAME)?\]+`", PAGE))
    others = {"https_proxy", "no_proxy", "directory"}
    assert named - others == set(Settings.model_fields)
