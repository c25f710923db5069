import pytest

from costmodel.evaluate import evaluate
from costmodel.explain import Input, explain
from tests.costmodel.options import BEDROCK, CLOUD, DGX_H100, FP8, columns, exact_assumptions, option


@pytest.mark.parametrize("row", [option(CLOUD, FP8, billing="mix"), option(DGX_H100, FP8), option(BEDROCK)])
def test_lines_are_the_bill(row: dict) -> None:
    lines = explain(columns([row]), exact_assumptions())
    bill = evaluate(columns([row]), exact_assumptions(), draws=0)
    assert {line.component: line.usd_per_day for line in lines} == {
        line.component: bill[line.component].item() for line in lines
    }
    assert sum(line.usd_per_day for line in lines) == pytest.approx(bill["usd_per_day"].item())


def found(inputs: tuple[Input, ...], name: str) -> Input:
    return next(each for each in inputs if each.name == name)


def test_a_line_goes_down_to_columns_and_assumptions() -> None:
    lines = {line.component: line for line in explain(columns([option(DGX_H100, FP8)]), exact_assumptions())}
    hardware = lines["hardware_usd"]
    assert hardware.cost_class == "hardware"
    assert "annuity" in hardware.formula
    capital = found(hardware.inputs, "capital_usd_per_node")
    assert (capital.kind, round(capital.value)) == ("quantity", 333_333)
    assert "interconnect" in capital.formula or "network" in capital.formula
    assert found(capital.inputs, "server_price_usd") == Input("server_price_usd", 270e3, "column")
    assert found(capital.inputs, "interconnect_share_ratio") == Input("interconnect_share_ratio", 0.19, "assumption")
    assert found(hardware.inputs, "nodes_peak") == Input("nodes_peak", 11, "fleet")


def test_a_price_has_its_list_price_and_discount_behind_it() -> None:
    row = option(CLOUD, FP8, egress_discount_ratio=0.25)
    lines = {line.component: line for line in explain(columns([row]), exact_assumptions())}
    paid = found(lines["network_usd"].inputs, "paid_egress_usd_per_gb")
    assert paid.value == pytest.approx(0.75 * 0.09)
    assert paid.formula == "List price x (1 - negotiated discount) [usd/GB]."
    behind = (Input("egress_usd_per_gb", 0.09, "column"), Input("egress_discount_ratio", 0.25, "column"))
    assert paid.inputs == behind


def test_what_does_not_apply_is_not_explained() -> None:
    assert [line.component for line in explain(columns([option(BEDROCK)]), exact_assumptions())] == ["tokens_usd"]
