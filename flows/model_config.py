"""The model that a person asks about: one of the reference table, of the Hugging Face hub, or of a file."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from connectors.errors import SchemaDrift, UsageError
from connectors.huggingface_config import SETTING, URL, huggingface_config, read_config
from connectors.web import Web
from costmodel import architecture
from costmodel.architecture import Architecture, UnsupportedArchitectureError
from flows.model_tables import model_architectures
from flows.quantities import one_of
from flows.reference import Reference, rows_of
from flows.settings import Settings

HUB_PREFIX: Final = "hf:"
#: Formats in which a model counts as itself: its own, or 8 bit and more.
PRECISIONS: Final = {"fp4": "fp4;bf16", "fp8": "fp8;bf16", "bf16": "fp8;bf16"}
#: quantization_config.quant_method of a checkpoint -> the number format of its weights.
NATIVE: Final = {"mxfp4": "fp4", "nvfp4": "fp4", "fp8": "fp8"}
#: Parameters between which a config describes a language model and not a mistake.
FEWEST_PARAMETERS, MOST_PARAMETERS = 1e5, 1e14


@dataclass(frozen=True)
class Model:
    """A counted model.

    Args:
        name: id of the reference table, or how the person named it.
        kind: dense, moe or mla: what the software's support depends on.
        architecture: counted parameters, cache and FLOPs.
        precisions: number formats admitted unless the person says otherwise, separated by semicolons.
        source: where the config stands.
        assumed: true where the model's size was never published.
    """

    name: str
    kind: str
    architecture: Architecture
    precisions: str
    source: str
    assumed: bool = False

    @property
    def described(self) -> str:
        """Name and size in one phrase."""
        total, active = (float(getattr(self.architecture, f)) / 1e9 for f in ("total_params", "active_params_flops"))
        size = f"{total:.3g} B parameters" + (f", {active:.3g} B active" if active < 0.9 * total else "")
        return f"{self.name} ({size}{', size assumed' if self.assumed else ''})"


def read_model(settings: Settings, reference: Reference, name: str | None, file: Path | None) -> Model:
    """Count the model that ``--model`` or ``--config`` names, and make it known to `reference`.

    Raises:
        UsageError: neither or both are given, the model is unknown (lists near names), or the file is not a config.json
            of a model that can be counted.
        ConnectorError: the hub cannot be reached and there is no copy.
    """
    if (name is None) == (file is None):
        raise UsageError("give the model once: --model NAME, --model hf:ORG/NAME or --config FILE")
    if file is not None:
        model = _of_config(str(file), _read_file(file), "--config")
    elif name is not None and name.startswith(HUB_PREFIX):
        url = settings.url_of(SETTING, URL)
        web = Web(offline=settings.offline, retries=1)
        folder = settings.paths.root / "huggingface"
        path = huggingface_config(web, url, name.removeprefix(HUB_PREFIX), folder)
        model = _of_config(name, read_config(path), "--model", f"{url}, config.json of the main branch")
    else:
        return _of_table(reference, str(name))
    reference.con.execute(
        f"insert into {reference['model']} by name select ? as model, ? as name, ? as architecture",
        [model.name, model.name, model.kind],
    )
    return model


def counted(model: Model) -> dict[str, Architecture]:
    """The model's architecture as :func:`flows.costing.plan_rows` takes it."""
    return {model.name: model.architecture}


def _of_table(reference: Reference, name: str) -> Model:
    rows = {row["model"]: row for row in rows_of(reference.con, f"from {reference['model']}")}
    row = rows[one_of("--model", name, sorted(rows), 'costwatt sql "select distinct model from model"')]
    tables = {"model_fact": reference["stg_model_fact"]}
    return Model(
        name,
        row["architecture"],
        model_architectures(reference.con, tables)[name],
        PRECISIONS[row["quantisation_native"]],
        "reference table model_fact",
        assumed=row["assumed"],
    )


def _of_config(name: str, config: Mapping[str, Any], option: str, source: str = "") -> Model:
    try:
        found = architecture.from_config(config)
    except (UnsupportedArchitectureError, ArithmeticError, TypeError, ValueError) as error:
        raise UsageError(f"{option} {name}: cannot be counted: {error}") from None
    total = float(found.total_params)
    if not FEWEST_PARAMETERS <= total <= MOST_PARAMETERS or not _sound(found):
        raise UsageError(f"{option} {name}: its numbers make no model ({total:.3g} parameters)")
    nested = config.get("text_config")
    values = {**config, **nested} if isinstance(nested, Mapping) else config
    quantisation = values.get("quantization_config")
    method = quantisation.get("quant_method") if isinstance(quantisation, Mapping) else None
    native = NATIVE.get(str(method), "bf16")
    return Model(name, _kind(values, found), found, PRECISIONS[native], source or name)


def _kind(values: Mapping[str, Any], found: Architecture) -> str:
    if values.get("kv_lora_rank"):
        return "mla"
    return "moe" if float(found.moe_layers) > 0 else "dense"


def _sound(found: Architecture) -> bool:
    """Whether no count is negative or NaN."""
    return all(not math.isnan(float(v)) and float(v) >= 0 for v in map(found.__getattribute__, found.__slots__))


def _read_file(file: Path) -> dict[str, Any]:
    try:
        return read_config(file)
    except OSError as error:
        raise UsageError(f"--config {file}: cannot be read ({error.strerror})") from None
    except SchemaDrift as error:
        raise UsageError(f"--config {error}") from None
