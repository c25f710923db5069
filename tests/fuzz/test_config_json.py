"""config.json of a model, from a file or the hub: counted and planned, or one line; never a traceback or a hang."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from connectors.errors import SchemaDrift, UsageError
from connectors.huggingface_config import read_config
from flows.cli import main
from flows.model_config import Model, read_model
from flows.reference import Reference, open_reference
from flows.settings import Settings, load_settings
from tests.fakes import huggingface
from tests.fakes.server import Fake, Reply, Server
from tests.fuzz.hostile import DOCUMENTS, fuzz

QWEN = json.loads(huggingface.FIXTURE.read_text())
EXPERTS = {"num_experts": 64, "num_experts_per_tok": 4, "moe_intermediate_size": 768, "n_shared_experts": 1}
LATENT = {"kv_lora_rank": 512, "q_lora_rank": 1536, "qk_rope_head_dim": 64, "qk_nope_head_dim": 128, "v_head_dim": 128}
KEYS = sorted({*QWEN, *EXPERTS, *LATENT, "text_config", "quantization_config", "layer_types", "n_routed_experts"})
KINDS = ["qwen3", "qwen3_moe", "llama", "mixtral", "deepseek_v3", "gpt_oss", "gpt2", "gemma3", "mistral"]


def _config(kind: str, more: dict[str, Any], change: dict[str, Any], nested: bool) -> dict[str, Any]:
    whole = QWEN | more | {"model_type": kind} | change
    return {"model_type": kind, "text_config": whole} if nested else whole


CONFIGS = st.builds(
    _config,
    st.sampled_from(KINDS),
    st.sampled_from([{}, EXPERTS, LATENT, EXPERTS | LATENT]),
    st.dictionaries(st.sampled_from(KEYS), DOCUMENTS, max_size=4),
    st.booleans(),
)
ASKED = ["--accelerator", "h100-sxm", "--count", "8", "--input-tokens", "1000", "--output-tokens", "200"]


@pytest.fixture
def given_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Settings:
    monkeypatch.chdir(tmp_path)
    return load_settings(home=tmp_path)


@pytest.fixture
def reference(given_settings: Settings) -> Reference:
    return open_reference(given_settings)


def _model(given_settings: Settings, reference: Reference, text: bytes) -> Model | str:
    """The model of a file, or the line that refuses it; any other exception fails the test."""
    file = given_settings.home / "config.json"
    file.write_bytes(text)
    try:
        return read_model(given_settings, reference, None, file)
    except UsageError as error:
        line = str(error)
    assert "\n" not in line
    assert len(line) < 1000
    return line


@fuzz(200)
@given(config=CONFIGS)
@example(config=QWEN | {"text_config": QWEN | {"num_hidden_layers": 10**400}})
@example(config=QWEN | {"layer_types": ["full_attention"] * 10})
@example(config=QWEN | {"num_hidden_layers": 10**12})
def test_any_config_is_counted_or_refused(given_settings: Settings, reference: Reference, config: Any) -> None:
    found = _model(given_settings, reference, json.dumps(config).encode())
    if isinstance(found, Model):
        assert 1e5 <= float(found.architecture.total_params) <= 1e14


@fuzz(100)
@given(text=st.binary(max_size=60) | DOCUMENTS.map(lambda d: json.dumps(d).encode()))
@example(text=b"[" * 100_000)
@example(text=b'{"a":' * 50_000)
@example(text=b"9" * 100_000)
@example(text=b"\xff\xfe{\x00}\x00")
@example(text=b'{"model_type": "\\ud800"}')
def test_any_file_is_a_config_or_one_line(given_settings: Settings, reference: Reference, text: bytes) -> None:
    assert isinstance(_model(given_settings, reference, text), str), "none of these is a model"


@fuzz(12)
@given(config=CONFIGS)
def test_the_command_serves_any_config_or_says_why_not(
    given_settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], config: Any
) -> None:
    file = given_settings.home / "config.json"
    file.write_text(json.dumps(config))
    monkeypatch.setattr(sys, "argv", ["costwatt", "throughput", "--config", str(file), *ASKED])
    with pytest.raises(SystemExit) as ended:
        main()
    printed = capsys.readouterr()
    assert ended.value.code in (None, 0, 2)
    assert "Traceback" not in printed.err
    assert len(printed.err.splitlines()) <= 1


@pytest.mark.parametrize(
    "body",
    [b"", b"null", b"<!doctype html>", b"[]", b"{" * 2_000_000, b'{"x":"' + b"y" * 3_000_000 + b'"}', b"\x1f\x8b\x08"],
    ids=["empty", "null", "html", "list", "braces", "large", "gzip"],
)
def test_whatever_the_hub_answers_is_one_line(
    given_settings: Settings, reference: Reference, tmp_path: Path, body: bytes
) -> None:
    with Server([Fake("hub", lambda _: Reply(body, content_type="application/json"))]) as server:
        chosen = load_settings(home=tmp_path, huggingface_url=server.url("hub"))
        with pytest.raises((UsageError, SchemaDrift)) as refused:
            read_model(chosen, reference, "hf:org/name", None)
    assert "\n" not in str(refused.value)
    assert not list(tmp_path.rglob("config.json")), "what is no config is not kept"


def test_an_endless_file_is_not_read_to_its_end(tmp_path: Path) -> None:
    file = tmp_path / "config.json"
    file.write_bytes(b'{"a": [')
    os.truncate(file, 64 << 30)  # a hole of 64 GiB, more than any machine here has memory
    with pytest.raises(SchemaDrift):
        read_config(file)
