"""Explaining predictions part by part, such as a molecule atom by atom, stable over runs or not.

Integrated gradients of the prediction by the parts alone: the other inputs stay those of the row.
Attributions of all parts add up to what the thing changes against the reference.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import nn

from qkdrp.common.errors import RunError
from qkdrp.common.files import write_bytes, write_csv
from qkdrp.runs.explain.gradients import attribute
from qkdrp.runs.explain.importance import Reals
from qkdrp.runs.explain.stability import Stability, stability
from qkdrp.runs.explain.subject import Explained, Progress
from qkdrp.training.wholes import Whole

ROWS = 32
"""Rows that each thing is explained in, at most."""

TOP = 5
"""Parts that count as the most important ones when runs are compared."""

FOLDER, SUMMARY = "parts", "parts.csv"
"""Folder of tables and drawings of things part by part, and the table of all of them."""


@dataclass(frozen=True, eq=False)
class WholeParts:
    """What one run says of the parts of a thing.

    Args:
        whole: The thing.
        attributions: Of each part in each row, shape (n_rows, n_parts).
    """

    whole: Whole
    attributions: Reals


@dataclass(frozen=True, eq=False)
class ExplainedWhole:
    """What all runs say of the parts of a thing.

    Args:
        whole: The thing.
        table: One row per part: what it is, ``attribution`` (the mean over rows and runs),
            ``sd_over_runs`` (NaN for one run), ``sd_over_rows`` and a column for each run.
        stability: How well runs agree on the size of attributions; None for one run.
        n_rows: Rows of each run.
    """

    whole: Whole
    table: pd.DataFrame
    stability: Stability | None
    n_rows: int


def explain_parts(
    model: nn.Module, wholes: Sequence[Whole], steps: int, on_progress: Progress
) -> list[WholeParts]:
    """Return attributions of the parts of things, by one run.

    Args:
        model: The trained model.
        wholes: The things.
        steps: Points of the quadrature.
        on_progress: Called after each thing.
    """
    found = []
    for done, whole in enumerate(wholes, start=1):
        target = torch.zeros(len(whole.inputs[0]))
        subject = Explained(
            whole.row_model(model), whole.inputs, target, whole.features, nn.functional.mse_loss
        )
        tensor = whole.features.named[0].tensor
        (each,) = attribute(subject, [tensor], steps, lambda _done, _total: None)
        found.append(WholeParts(whole, _of_parts(each, whole)))
        on_progress(done, len(wholes))
    return found


def _of_parts(attributions: torch.Tensor, whole: Whole) -> Reals:
    """Return attributions of the first output, summed by part, shape (n_rows, n_parts)."""
    by_part = [
        attributions[0][:, list(feature.columns)].flatten(1).sum(1)
        for feature in whole.features.named
    ]
    return np.asarray(torch.stack(by_part, dim=1), dtype=np.float64)


def over_runs(found: Mapping[str, Sequence[WholeParts]]) -> list[ExplainedWhole]:
    """Return what all runs say of each thing that all of them explain.

    Args:
        found: Of each run, by its name.

    Raises:
        RunError: If a thing has other parts in another run.
    """
    by_name = [{each.whole.name: each for each in of_run} for of_run in found.values()]
    common = [name for name in by_name[0] if all(name in of_run for of_run in by_name)]
    runs = list(found)
    return [_joined([of_run[name] for of_run in by_name], runs) for name in common]


def _joined(several: Sequence[WholeParts], runs: Sequence[str]) -> ExplainedWhole:
    """Return what several runs say of one thing.

    Args:
        several: By each run.
        runs: Their names.
    """
    whole = several[0].whole
    for run, each in zip(runs, several, strict=True):
        if not each.whole.parts.equals(whole.parts):
            raise RunError(f"{run}: {whole.name} has other {whole.noun}s than in other runs.")
    values = np.stack([each.attributions.mean(axis=0) for each in several])
    spread = np.full(values.shape[1], np.nan)
    if len(several) > 1:
        spread = values.std(axis=0, ddof=1)
    rows = np.mean([each.attributions.std(axis=0) for each in several], axis=0)
    table = whole.parts.assign(
        attribution=values.mean(axis=0),
        sd_over_runs=spread,
        sd_over_rows=rows,
        **{f"run {run}": each for run, each in zip(runs, values, strict=True)},
    )
    agreement = stability(np.abs(values.T), TOP)
    return ExplainedWhole(whole, table, agreement, len(several[0].attributions))


def write_parts(folder: Path, explained: Sequence[ExplainedWhole]) -> None:
    """Write a table and drawings of each thing, and a table of all.

    Args:
        folder: Of the explanation.
        explained: The things.
    """
    if not explained:
        return
    inner = folder / FOLDER
    inner.mkdir()
    for each, stem in zip(explained, stems(explained), strict=True):
        write_csv(inner / f"{stem}.csv", each.table)
        if each.whole.draw is not None:
            for ending, content in each.whole.draw(each.table["attribution"].to_numpy()).items():
                write_bytes(inner / f"{stem}.{ending}", content)
    write_csv(folder / SUMMARY, summary(explained))


def stems(explained: Sequence[ExplainedWhole]) -> list[str]:
    """Return a file name for each thing, each once."""
    found = list[str]()
    for each in explained:
        stem = re.sub(r"[^\w.-]+", "_", each.whole.name).strip(".") or "part"
        while stem in found:
            stem += "_"
        found.append(stem)
    return found


def summary(explained: Sequence[ExplainedWhole]) -> pd.DataFrame:
    """Return one row per thing: what it is, its file, and how stable its explanation is."""
    rows = []
    for each, stem in zip(explained, stems(explained), strict=True):
        largest = each.table["attribution"].abs().nlargest(TOP).index
        top = each.whole.features.names
        stable = each.stability
        rows.append(
            {
                "name": each.whole.name,
                "title": each.whole.title,
                "file": stem,
                f"{each.whole.noun}s": len(each.table),
                "rows": each.n_rows,
                "sum": each.table["attribution"].sum(),
                "largest": ", ".join(
                    f"{top[place]} {each.table['attribution'][place]:+.2g}" for place in largest
                ),
                "rank_correlation_of_runs": np.nan
                if stable is None or stable.rank_correlation is None
                else stable.rank_correlation.mean,
                "shared_by_runs": np.nan if stable is None else stable.overlap.mean,
                "shared_by_chance": np.nan if stable is None else stable.overlap_by_chance,
            }
        )
    return pd.DataFrame(rows)


def parts_record(explained: Sequence[ExplainedWhole]) -> list[dict[str, Any]]:
    """Return what the record of an explanation says of things, as JSON."""
    table = summary(explained).astype(object)
    rows = table.where(table.notna(), None).to_dict("records")
    return [{str(name): value for name, value in row.items()} for row in rows]
