"""Scores of predicted time courses, with intervals over subjects.

One aggregation everywhere: errors of all observations of subjects with an active dose are pooled.
Placebo subjects are scored nowhere: all of them train, and they have no concentrations. Errors that
are scaled are divided by one number for each endpoint.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from qkdrp.common.group_bootstrap import grouped_interval
from qkdrp.common.intervals import varies
from qkdrp.systems.pkpd.data.trial import BIOMARKER, CONCENTRATION
from qkdrp.systems.pkpd.predictions import DOSE, MEASURED, PREDICTION, SCALE

Reals = NDArray[np.float64]

SHORT: Mapping[str, str] = MappingProxyType({CONCENTRATION: "pk", BIOMARKER: "pd"})
"""What keys of scores begin with."""

OF_ENDPOINT = ("rmse_scaled", "rmse", "r2", "mae", "rmse_by_subject")
"""Scores of each endpoint; ``rmse_by_subject`` is scaled, and a mean over subjects."""


def score(table: pd.DataFrame) -> dict[str, Any]:
    """Return the scores of a table of predictions with their intervals.

    ``n`` counts the rows that are scored, ``n_subjects`` their subjects; ``by_dose`` has scaled
    errors of each dose level.

    Args:
        table: Rows of :func:`~qkdrp.systems.pkpd.predictions.predictions_of`.
    """
    rows = table[(table[DOSE] > 0) & table[MEASURED].notna() & table[PREDICTION].notna()]
    found: dict[str, Any] = {"n": len(rows), "n_subjects": int(rows["subject"].nunique())}
    for endpoint, short in SHORT.items():
        part = rows[rows["endpoint"] == endpoint]
        found[f"n_{short}"] = len(part)
        found |= {f"{short}_{key}": value for key, value in _scores(part).items()}
    found["by_dose"] = [_of_dose(float(dose), rows[rows[DOSE] == dose])
                        for dose in sorted(rows[DOSE].unique())]  # fmt: skip
    return found


def _scores(part: pd.DataFrame) -> dict[str, Any]:
    """Return the scores of one endpoint; None where there is no row."""
    if part.empty:
        return {key: None for name in OF_ENDPOINT for key in (name, f"{name}_ci")}
    measured, predicted, scale = (
        part[name].to_numpy(np.float64) for name in (MEASURED, PREDICTION, SCALE)
    )
    groups = pd.factorize(part["subject"])[0].astype(np.int64)
    errors = predicted - measured
    centred = measured - measured.mean()
    scaled = (errors / scale) ** 2
    counts = np.bincount(groups)
    by_subject = np.sqrt(np.bincount(groups, scaled) / counts)
    moments = np.column_stack([errors**2, centred, centred**2])
    found = _scored("rmse_scaled", scaled[:, np.newaxis], groups, _root)
    found |= _scored("rmse", errors[:, np.newaxis] ** 2, groups, _root)
    found |= (
        _scored("r2", moments, groups, _r2) if varies(measured) else {"r2": None, "r2_ci": None}
    )
    found |= _scored("mae", np.abs(errors)[:, np.newaxis], groups, _first)
    subjects = np.arange(len(by_subject))
    return found | _scored("rmse_by_subject", by_subject[:, np.newaxis], subjects, _first)


def _of_dose(dose: float, rows: pd.DataFrame) -> dict[str, Any]:
    """Return scaled errors of one dose level."""
    found: dict[str, Any] = {DOSE: dose, "n_subjects": int(rows["subject"].nunique())}
    for endpoint, short in SHORT.items():
        part = rows[rows["endpoint"] == endpoint]
        errors = (part[PREDICTION] - part[MEASURED]).to_numpy(np.float64)
        scaled = (errors / part[SCALE].to_numpy(np.float64)) ** 2
        groups = pd.factorize(part["subject"])[0].astype(np.int64)
        none = {f"{short}_rmse_scaled": None, f"{short}_rmse_scaled_ci": None}
        columns = scaled[:, np.newaxis]
        found |= _scored(f"{short}_rmse_scaled", columns, groups, _root) if len(part) else none
    return found


def _root(means: Reals) -> Reals:
    found: Reals = np.sqrt(means[:, 0])
    return found


def _first(means: Reals) -> Reals:
    return means[:, 0]


def _r2(means: Reals) -> Reals:
    squares, centred, spread = means.T
    found: Reals = 1 - squares / (spread - centred**2)
    return found


def _scored(
    key: str,
    columns: Reals,
    groups: NDArray[np.int64],
    statistic: Any,  # noqa: ANN401
) -> dict[str, Any]:
    """Return a score and its interval."""
    value = float(statistic(columns.mean(axis=0, keepdims=True))[0])
    return {key: value, f"{key}_ci": grouped_interval(columns, groups, statistic)}
