"""``costwatt validate``: the model's figures beside published and measured ones."""

from __future__ import annotations

import typer

from flows.commands.options import Form
from flows.progress import say
from flows.render import Format, emit

FAILED = 1
#: Kinds of evidence that a wrong model would fail; the others only show that published chains are read alike.
STRONG = ("identity", "independent", "calibrated")
NAMES = (
    "check_id",
    "name",
    "ours",
    "published",
    "unit",
    "error_ratio",
    "tolerance_ratio",
    "evidence_kind",
    "passed",
    "source",
)


def validate(form: Form = Format.table) -> None:
    """The model beside published figures.

    Published cases and measured points: error, tolerance, kind of evidence; exits 1 where a strong one is missed.
    """
    say("recomputing the published cases and recalibrating with each model left out (about 15 s)")
    from flows.figures import readable  # noqa: PLC0415  the cost model takes its time to import
    from flows.validation import checks  # noqa: PLC0415

    found = list(checks())
    if form is Format.table:
        rows = [
            (
                c.check_id,
                readable(c.ours),
                readable(c.published),
                c.unit,
                f"{c.error_ratio:+.1%}",
                f"{c.tolerance_ratio:.1%}" if c.tolerance_ratio >= 1e-3 else "exact",  # noqa: PLR2004  under 0.1 %
                c.evidence_kind,
                "yes" if c.passed else "NO",
                c.source,
            )
            for c in found
        ]
        heads = ("check", "ours", "published", "unit", "error", "tolerance", "evidence", "met", "source")
        emit(heads, rows, form, right=("ours", "published", "error", "tolerance"))
    else:
        emit(NAMES, [[getattr(c, name) for name in NAMES] for c in found], form)
    missed = [c for c in found if not c.passed]
    strong = [c.check_id for c in missed if c.evidence_kind in STRONG]
    say(f"{len(found) - len(missed)} of {len(found)} met; strong evidence: {', '.join(STRONG)}")
    if strong:
        say(f"missed: {', '.join(strong)}")
        raise typer.Exit(FAILED)
