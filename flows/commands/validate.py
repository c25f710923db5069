"""``costwatt validate``: the model's figures beside published and measured ones."""

from __future__ import annotations

import typer

from flows.commands.options import Form
from flows.progress import say
from flows.render import Format, emit

FAILED = 1
#: Kinds of evidence that a wrong model would fail, strongest first; the others only show that published chains are read
#: alike.
JUDGED = ("independent", "selected", "calibrated", "identity")
KINDS = (*JUDGED, "headline", "inputs_solved_for")
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
    "known_miss",
    "source",
)


def validate(form: Form = Format.table) -> None:
    """The model beside published figures.

    Published cases and measured points: error, tolerance, kind of evidence; exits 1 on a miss that is not known.
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
                "yes" if c.passed else "NO, known" if c.known_miss else "NO",
                c.source,
            )
            for c in found
        ]
        heads = ("check", "ours", "published", "unit", "error", "tolerance", "evidence", "met", "source")
        emit(heads, rows, form, right=("ours", "published", "error", "tolerance"))
    else:
        emit(NAMES, [[getattr(c, name) for name in NAMES] for c in found], form)
    missed = [c for c in found if not c.passed]
    known = [c.check_id for c in missed if c.known_miss]
    judged = [c.check_id for c in missed if c.evidence_kind in JUDGED and not c.known_miss]
    of_kind = {kind: [c.passed for c in found if c.evidence_kind == kind] for kind in KINDS}
    counts = ", ".join(f"{sum(met)} of {len(met)} {kind}" for kind, met in of_kind.items() if met)
    say(f"{len(found) - len(missed)} of {len(found)} met: {counts}")
    if known:
        say(f"known to be missed: {', '.join(known)}")
    if judged:
        say(f"missed: {', '.join(judged)}")
        raise typer.Exit(FAILED)
