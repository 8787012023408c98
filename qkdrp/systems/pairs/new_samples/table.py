"""Predictions of pairs in the user's units, with bounds and what is nearest in the training."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from qkdrp.common.conformal import weighted_bounds
from qkdrp.systems.pairs.new_samples.calibration import KINDS
from qkdrp.systems.pairs.new_samples.placed import Place, PlacedPairs
from qkdrp.systems.pairs.target import LN_IC50
from qkdrp.training.new_samples import Member

Reals = NDArray[np.float64]

LOW, HIGH, SPREAD = "_low", "_high", "_sd"
"""Endings of the columns beside the measure: its bounds, and its standard deviation over runs."""

IC50, MEASURED, TARGET = "ic50_um", "measured_", "t"
"""IC50 in micromolar; what stands before the measure where it is known; what models learn."""

TEXTS = ("sample", "drug", "name", "new", "nearest_drug", "nearest_name", "nearest_line", "outside")
"""Columns of text."""


def prediction_table(members: Sequence[Member], coverage: float) -> pd.DataFrame:
    """Return one row for each pair.

    Args:
        members: What each run says of the same pairs.
        coverage: Share of measured values that bounds are to hold.
    """
    first: PlacedPairs = members[0].dataset
    target = members[0].trained.preprocessor.target
    measure = target.measure
    values = np.stack([each.trained.preprocessor.target.measured(each.values) for each in members])
    mean = values.mean(axis=0)
    low, high = _bounds(values, [each.dataset for each in members], coverage)
    columns: dict[str, object] = {
        "sample": first.lines.ids.astype(object)[first.line],
        "drug": first.drugs.ids.astype(object)[first.drug],
        "name": first.drugs.names.astype(object)[first.drug],
        measure: mean,
        f"{measure}{LOW}": low,
        f"{measure}{HIGH}": high,
    }
    if measure == LN_IC50:
        with np.errstate(over="ignore"):
            columns |= {
                f"{IC50}{end}": np.exp(each) for end, each in (("", mean), (LOW, low), (HIGH, high))
            }
        columns[TARGET] = target.of(mean) if len(members) > 1 else members[0].values  # noqa: PD011
    if len(members) > 1:
        columns[f"{measure}{SPREAD}"] = values.std(axis=0, ddof=1)
    return pd.DataFrame(columns | _beside_training(first, [each.dataset for each in members]))


def measure_of(table: pd.DataFrame) -> str:
    """Return the column of a table that holds the measure: the first with bounds."""
    return next(name for name in table.columns if f"{name}{LOW}" in table.columns)


def _bounds(values: Reals, placed: Sequence[PlacedPairs], coverage: float) -> tuple[Reals, Reals]:
    """Return bounds of each pair, NaN where a run has no errors of pairs that are new alike."""
    low = np.full(values.shape[1], np.nan)
    high = low.copy()
    if any(each.known is None for each in placed):
        return low, high
    kinds, of_pair = np.unique(
        np.stack([each.kind for each in placed]), axis=1, return_inverse=True
    )
    for number, kind in enumerate(kinds.T.tolist()):
        errors = [
            each.known.calibration.of(own)
            for each, own in zip(placed, kind, strict=True)
            if each.known is not None
        ]
        if not all(len(residuals) for residuals, _ in errors):
            continue
        rows = np.flatnonzero(of_pair.ravel() == number)
        residuals, weights = zip(*errors, strict=True)
        low[rows], high[rows] = weighted_bounds(values[:, rows], residuals, weights, coverage)
    unknown = np.isnan(values).any(axis=0)
    return np.where(unknown, np.nan, low), np.where(unknown, np.nan, high)


def _beside_training(first: PlacedPairs, placed: Sequence[PlacedPairs]) -> dict[str, object]:
    """Return what was measured, what is new, and what is nearest in the training.

    Of several runs that was measured in the data of the first; a drug or line is as new, and as far
    from the training, as for the run that knows least of it.
    """
    if first.known is None:
        return {}
    measured = first.known.measured(first.lines.ids, first.drugs.ids)
    kind = np.bitwise_or.reduce([each.kind for each in placed])
    of_drugs, of_lines = (
        [place for each in placed if (place := getattr(each, name)) is not None]
        for name in ("of_drugs", "of_lines")
    )
    drug, drug_title, similarity = _farthest(of_drugs, -1)
    line, _, distance = _farthest(of_lines, 1)
    outside = [
        np.logical_or.reduce(each) for each in zip(*(p.outside for p in placed), strict=True)
    ]
    return {
        f"{MEASURED}{first.known.pairs.measure}": measured[first.line, first.drug],
        "new": np.array([KINDS[each] for each in sorted(KINDS)], dtype=object)[kind],
        "nearest_drug": drug[first.drug],
        "nearest_name": drug_title[first.drug],
        "tanimoto": similarity[first.drug],
        "nearest_line": line[first.line],
        "line_distance": distance[first.line],
        "outside": np.array(["no", "line", "drug", "line and drug"], dtype=object)[
            outside[0] + 2 * outside[1]
        ],
    }


def _farthest(
    places: Sequence[Place], side: int
) -> tuple[NDArray[np.object_], NDArray[np.object_], Reals]:
    """Return the nearest id and title, and its similarity or distance, of the least sure run.

    Args:
        places: By run.
        side: 1 where large values are far, -1 where small ones are.
    """
    values = np.stack([each.nearest.value for each in places])
    run = (side * values).argmax(axis=0)
    ids, titles = (
        np.stack([getattr(each, name).astype(object)[each.nearest.place] for each in places])
        for name in ("names", "titles")
    )
    item = np.arange(values.shape[1])
    return ids[run, item], titles[run, item], values[run, item]
