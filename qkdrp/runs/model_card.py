"""The model card of a run: ``README.md``, in the format of the Hugging Face hub."""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import Environment, StrictUndefined, Template

from qkdrp.common.provenance import versions
from qkdrp.runs.table_of_runs import cell
from qkdrp.training.licence import licence_in
from qkdrp.training.run_config import RunConfig
from qkdrp.training.scored import FINAL, scored_rows
from qkdrp.training.system import AnySystem

CARD = "README.md"
"""Name of the file in a run folder."""

UNKNOWN = "not told (give `--data-licence`, or put a file `LICENSE` into the data folder)."

NONE_DUE = "none is due, for they are made up."

TAGS = ("qkdrp", "qiskit", "tabular")
"""What every model is found by."""


class Score(NamedTuple):
    """A score for the index of a hub."""

    key: str
    name: str
    value: float


class TableRow(NamedTuple):
    """A row of the table of scores: its name and one cell for each column."""

    name: str
    cells: Sequence[str]


class LayerRow(NamedTuple):
    """A row of the table of quantum layers."""

    name: str
    stage: int
    qubits: int
    inputs: int
    weights: int
    outputs: int


def model_card(system: AnySystem, config: RunConfig, metrics: Mapping[str, Any]) -> str:
    """Return the model card of a run, in Markdown with YAML front matter.

    It names no place on the machine that the run was trained on.

    Args:
        system: Whose run it is.
        config: Its settings.
        metrics: Its ``metrics.json``.
    """
    text = system.card(config, metrics)
    kind, scores = scored_rows(metrics)
    columns = {config.model.model: scores, **(metrics.get("baselines") or {})}
    card = _template().render(
        system=system,
        config=config,
        metrics=metrics,
        text=text,
        name=card_name(system, metrics),
        tags=list(dict.fromkeys((*TAGS, *text.tags))),
        provenance=without_place(str(metrics["data"]), config.data.source).rstrip("."),
        licence=NONE_DUE if metrics["synthetic"] else licence_of(config),
        columns=list(columns),
        rows=_rows(system, list(columns.values())) if scores else [],
        kind=kind,
        final=metrics.get(FINAL),
        measured=_measured(system, scores or {}),
        layers=_layers(system, config),
        settings=[
            (name, value)
            for name, value in config.model.model_dump().items()
            if name not in config.model.unread
        ],
        versions=", ".join(f"{name} {each}" for name, each in versions(system.packages).items()),
    )
    return card.rstrip() + "\n"


def card_name(system: AnySystem, metrics: Mapping[str, Any]) -> str:
    """Return the title of a card, such as the drug and the model."""
    return system.score_title(metrics).split(",")[0] + f", {metrics['model']} on qkdrp"


def licence_of(config: RunConfig) -> str:
    """Return what is known of the licence of the data: as told, or as their folder says."""
    if config.data_licence:
        return config.data_licence
    return licence_in(Path(config.data.source)) or UNKNOWN


def without_place(text: str, source: str) -> str:
    """Return a text that names a data folder by its name alone, not by where it is."""
    place = Path(source).absolute()
    return text.replace(str(place), place.name) if place.name else text


def _layers(system: AnySystem, config: RunConfig) -> list[LayerRow]:
    """Return the quantum layers of a model; nothing where it has one at most."""
    circuits = system.circuits(config)
    if len(circuits) < 2:  # several
        return []
    return [
        LayerRow(
            name,
            each.stage + 1,
            each.pqc.n_qubits,
            each.pqc.n_inputs,
            each.pqc.n_weights,
            each.pqc.n_outputs,
        )
        for name, each in circuits.items()
    ]


def _rows(system: AnySystem, columns: Sequence[Mapping[str, Any] | None]) -> list[TableRow]:
    return [
        TableRow(row.name, [cell(scores or {}, row) for scores in columns])
        for row in system.score_rows
    ]


def _measured(system: AnySystem, test: Mapping[str, Any]) -> list[Score]:
    found = []
    for row in system.score_rows:
        value, interval = test.get(row.key), test.get(f"{row.key}_ci")
        if value is not None:
            low, high = row.interval(*interval) if interval else ("", "")
            bounds = f", 95% interval {low} to {high}" if interval else ""
            found.append(Score(row.key, f"{row.name}{bounds}", value))
    return found


@cache
def _template() -> Template:
    environment = Environment(  # noqa: S701  # Markdown, not HTML
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
    )
    environment.filters["tojson"] = lambda value: json.dumps(value, ensure_ascii=False)
    source = files("qkdrp.runs").joinpath("model_card.md.j2").read_text(encoding="utf-8")
    return environment.from_string(source)
