"""What the installed dependencies allow, and whether any has a known hole: python -m tests.licences, in ``make check``.

Licences are read from the packages' own metadata, so that part needs no network; advisories are asked for
where there is one, and a machine without says that it did not ask.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOCK = ROOT / "requirements.lock"
# Terms that let a company run costwatt and pass it on: permissive, or weak copyleft that stays in its own files.
ALLOWED = re.compile(
    r"MIT|BSD|Apache|Artistic|BlueOak|CC0|HPND|ISC|LGPL|MPL|Mozilla|PSF|Public Domain|Python Software Foundation"
    r"|Unlicense|ZPL|Zope|zlib",
    re.IGNORECASE,
)
REFUSED = re.compile(r"(?<!L)GPL|GNU General Public|SSPL|Business Source|Commons Clause|proprietary", re.IGNORECASE)
NAME = re.compile(r"^([A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?==", re.MULTILINE)


def locked() -> list[str]:
    """Names of the packages that costwatt runs with."""
    return sorted(set(NAME.findall(LOCK.read_text())))


def terms_of(package: Distribution) -> str:
    """The licence as the package states it: expression, classifiers, or how its text begins."""
    found = [package.metadata.get("License-Expression") or ""]
    found += [c.rpartition(" :: ")[2] for c in package.metadata.get_all("Classifier") or () if c.startswith("License")]
    found += (package.metadata.get("License") or "").strip().splitlines()[:1]
    if not any(found):
        texts = [f for f in package.files or () if "licen" in f.name.lower()]
        found = [" ".join(f.read_text().split())[:80] for f in texts]
    return "; ".join(f for f in found if f)


def refused() -> list[str]:
    """Installed packages whose terms are not among the allowed ones, or that state none."""
    lines = []
    for name in locked():
        try:
            terms = terms_of(distribution(name))
        except PackageNotFoundError:
            continue  # locked for another platform or extra
        free = ALLOWED.search(terms)
        if not free or (REFUSED.search(terms) and not re.search(r"\bOR\b|MIT|Apache|Artistic|BSD", terms)):
            lines.append(f"{name}: {terms or 'states no licence'}")
    return lines


def advisories() -> tuple[bool, str]:
    """Whether the lock is free of known vulnerabilities, and a line that says so; true where nobody could be asked."""
    arguments = ["--requirement", str(LOCK), "--disable-pip", "--require-hashes", "--format", "json"]
    done = subprocess.run(
        [sys.executable, "-m", "pip_audit", *arguments, "--progress-spinner", "off", "--timeout", "10"],
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        audited = json.loads(done.stdout)["dependencies"]
    except ValueError:
        why = (done.stderr.strip().splitlines() or ["no answer"])[-1]
        return True, f"advisories: not asked ({why[:120]})"
    bad = [f"{d['name']} {d['version']}: {v['id']}" for d in audited for v in d.get("vulns", ())]
    return not bad, f"advisories: {len(audited)} packages, {len(bad)} vulnerable {' '.join(bad)}".rstrip()


def main() -> None:
    bad = refused()
    fine, line = advisories()
    sys.stdout.write(f"licences: {len(locked())} packages, {len(bad)} refused\n{line}\n")
    sys.stdout.writelines(f"  {b}\n" for b in bad)
    sys.exit(bool(bad) or not fine)


if __name__ == "__main__":
    main()
