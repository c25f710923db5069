"""Print a what-if for people: first what was asked and assumed, then the ranked options."""

from __future__ import annotations

from flows.estimate import Estimate
from flows.render import Format, spelt_out
from flows.show_today import show


def show_estimate(found: Estimate, form: Format, currency: str) -> None:
    """Print `found`, amounts in `currency`."""
    if form is Format.table:
        print(spelt_out("\n".join(described(found))), end="\n\n")
    show(found.today, "this service", form, currency=currency, rate=found.rate, baseline=False)


def described(found: Estimate) -> list[str]:
    """What was asked and what is assumed, line by line."""
    scenario = found.scenario
    cached = f", {scenario.cache_hit_ratio:.0%} of the prompt from a cache" if scenario.cache_hit_ratio else ""
    targets = [
        f"first token within {scenario.ttft_p95_ms:,.0f} ms (P95)" if scenario.ttft_p95_ms else "",
        f"{scenario.itl_mean_ms:,.4g} ms between tokens (mean)" if scenario.itl_mean_ms else "",
    ]
    lines = [
        f"What if, at the prices of {found.today.cost_date} (nothing is stored)",
        f"  model    {found.model.described} in {' or '.join(scenario.allowed_precisions)}",
        (
            f"  traffic  {scenario.requests_per_day:,.0f} requests/day of {scenario.input_tokens:,.0f} input and"
            f" {scenario.output_tokens:,.0f} output tokens{cached}"
        ),
        f"  latency  {', '.join(t for t in targets if t) or 'no target: batch work'}",
        (
            f"  assumed  busiest hour {scenario.peak_to_average_ratio:g} x the mean ({scenario.demand_profile}),"
            f" {scenario.min_replicas} replicas at least, {scenario.spare_nodes} spare node,"
            f" planned at {scenario.target_utilisation_ratio:.0%} load"
        ),
    ]
    if found.measured is not None:
        lines.append(
            f"  yours    {found.measured.output_tok_s:,.0f} output tokens/s per {found.measured.accelerator}"
            " in place of the physics; latency is then not checked"
        )
    return lines
