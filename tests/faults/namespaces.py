"""A night in a network and mount namespace of its own, where the machine allows one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.faults.home import ROOT, Place

NAMESPACE = ("unshare", "--net", "--mount", "--map-root-user")
LOOPBACK = ROOT / "tests" / "flows" / "loopback_up.py"


def namespaced(
    place: Place, folder: Path, script: str, *arguments: str, then: str = ""
) -> subprocess.CompletedProcess[str] | None:
    """Run costwatt in a network and mount namespace after `script`; None where the machine allows none.

    Args:
        then: another call of costwatt that must succeed afterwards; exit 99 where it does not.
    """
    costwatt = f"{sys.executable} -m tests.faults.impatient"
    after = f"{costwatt} {then} >/dev/null || exit 99" if then else "true"
    command = f"{script.format(folder=folder)} && {costwatt} {' '.join(arguments)}; code=$?; {after}; exit $code"
    inner = [*NAMESPACE, sys.executable, str(LOOPBACK), "sh", "-c"]
    if subprocess.run([*inner, "true"], capture_output=True, check=False).returncode:
        return None
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("COSTWATT_", "AWS_", "AZURE_", "PREFECT_"))}
    given = {"AWS_EC2_METADATA_DISABLED": "true", "COSTWATT_COST_DRAWS": "256", "COSTWATT_HOME": str(place.home)}
    env = {k: v for k, v in place.env.items() if not k.startswith("PREFECT_API")}
    return subprocess.run(
        [*inner, command], env=clean | given | env, cwd=ROOT, capture_output=True, text=True, timeout=400, check=False
    )
