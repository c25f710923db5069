"""Which model is meant: by name, from the hub, from a file."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from connectors.errors import UsageError
from flows.model_config import Model, read_model
from flows.reference import Reference, open_reference
from flows.settings import Settings, load_settings
from tests.fakes import huggingface
from tests.fakes.server import Server

QWEN = json.loads(huggingface.FIXTURE.read_text())


@pytest.fixture
def given_settings(tmp_path: Path) -> Settings:
    return load_settings(home=tmp_path)


@pytest.fixture
def reference(given_settings: Settings) -> Reference:
    return open_reference(given_settings)


def of_file(tmp_path: Path, config: Any) -> Model:
    file = tmp_path / "config.json"
    file.write_text(json.dumps(config))
    chosen = load_settings(home=tmp_path)
    return read_model(chosen, open_reference(chosen), None, file)


def test_table_hub_and_file_count_the_same_model(tmp_path: Path, reference: Reference) -> None:
    with Server([huggingface.fake()]) as server:
        chosen = load_settings(home=tmp_path, huggingface_url=server.url("huggingface"))
        hub = read_model(chosen, reference, f"hf:{huggingface.REPOSITORY}", None)
    table = read_model(chosen, reference, "qwen3-32b", None)
    file = of_file(tmp_path, QWEN)
    counts = [replace(model.architecture, active_params_card=0.0) for model in (hub, table, file)]
    assert counts[0] == counts[1] == counts[2]
    assert hub.precisions == "fp8;bf16"
    assert hub.described == "hf:Qwen/Qwen3-32B (32.8 B parameters)"


def test_a_checkpoints_own_format_is_admitted(tmp_path: Path) -> None:
    assert of_file(tmp_path, QWEN | {"quantization_config": {"quant_method": "mxfp4"}}).precisions == "fp4;bf16"


def test_kinds_that_the_software_tells_apart(tmp_path: Path) -> None:
    experts = {"model_type": "qwen3_moe", "num_experts": 128, "num_experts_per_tok": 8, "moe_intermediate_size": 768}
    assert of_file(tmp_path, QWEN).kind == "dense"
    assert of_file(tmp_path, QWEN | experts).kind == "moe"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"model_type": "mamba2"}, "'mamba2'"),
        ({"model_type": None}, "cannot be counted"),
        ({"num_attention_heads": 0, "head_dim": None}, "cannot be counted"),
        ({"hidden_size": -5120}, "make no model"),
        ({"num_hidden_layers": float("nan")}, "make no model"),
        ({"vocab_size": 10**400}, "cannot be counted"),
        ({"intermediate_size": 1e30}, "make no model"),
    ],
)
def test_what_cannot_be_counted_is_refused_by_name(tmp_path: Path, change: dict[str, Any], why: str) -> None:
    with pytest.raises(UsageError, match=why):
        of_file(tmp_path, QWEN | change)


def test_near_names_are_listed(given_settings: Settings, reference: Reference) -> None:
    with pytest.raises(UsageError, match=r"near names: .*llama-3\.1-8b"):
        read_model(given_settings, reference, "llama3-8b", None)


@pytest.mark.parametrize("both", [(None, None), ("qwen3-32b", Path("config.json"))])
def test_a_model_is_named_once(
    given_settings: Settings, reference: Reference, both: tuple[str | None, Path | None]
) -> None:
    with pytest.raises(UsageError, match="once"):
        read_model(given_settings, reference, *both)


def test_a_file_that_is_not_there(given_settings: Settings, reference: Reference, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        read_model(given_settings, reference, None, tmp_path / "none.json")
