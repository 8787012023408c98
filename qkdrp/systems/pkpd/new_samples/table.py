"""Predictions of new subjects in NONMEM's long form, with bounds."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from qkdrp.common.conformal import group_weights, weighted_bounds
from qkdrp.systems.pkpd.data.export import IPRED, PRED, long_table
from qkdrp.systems.pkpd.data.trial import ENDPOINTS
from qkdrp.systems.pkpd.predictions import (
    INDIVIDUAL,
    MEASURED,
    NOT_TRAINED_ON,
    PREDICTION,
    predictions_of,
)
from qkdrp.training.new_samples import Member

Reals = NDArray[np.float64]

LOW, HIGH = "_low", "_high"
"""Endings of the columns of bounds."""


def prediction_table(members: Sequence[Member], coverage: float) -> pd.DataFrame:
    """Return one row per dose and observation, with predictions beside the observations.

    Several runs are averaged on the logarithmic scale. Bounds come from logarithms of the ratio of
    measured to predicted values of subjects that a run was not trained on; every subject weighs
    alike. A concentration before the first dose is 0, and so are its bounds.

    Args:
        members: What each run says of the same subjects.
        coverage: Share of measured values that bounds are to hold.
    """
    trial = members[0].dataset
    tables = [
        predictions_of(each.trained.preprocessor, trial, "new", each.values) for each in members
    ]
    found = tables[0].copy()
    with np.errstate(divide="ignore"):
        logs = np.log(np.stack([each[PREDICTION].clip(lower=0).to_numpy() for each in tables]))
    found[PREDICTION] = np.exp(logs.mean(axis=0))
    if INDIVIDUAL in found:
        individual = np.stack([each[INDIVIDUAL].to_numpy() for each in tables])
        found[INDIVIDUAL] = np.exp(np.log(individual).mean(axis=0))
    for end in (LOW, HIGH):
        found[f"{PREDICTION}{end}"] = found[PREDICTION]
    for endpoint in ENDPOINTS:
        rows = ((found["endpoint"] == endpoint) & (found[PREDICTION] > 0)).to_numpy()
        residuals, weights = zip(*(_residuals(each, endpoint) for each in members), strict=True)
        bounds = weighted_bounds(logs[:, rows], residuals, weights, coverage)
        for end, values in zip((LOW, HIGH), bounds, strict=True):
            with np.errstate(over="ignore"):
                found.loc[rows, f"{PREDICTION}{end}"] = np.exp(values)
    names = {f"{PREDICTION}{end}": f"{PRED}{end}" for end in (LOW, HIGH)}
    table = long_table(trial, found.rename(columns=names), extra=tuple(names.values()))
    last = [name for name in (PRED, *names.values(), IPRED) if name in table]
    return table[[*(name for name in table.columns if name not in last), *last]]


def _untrained(known: pd.DataFrame) -> pd.Series:
    rows: pd.Series = known["part"].isin(NOT_TRAINED_ON) & known[MEASURED].notna()
    return rows


def _residuals(member: Member, endpoint: str) -> tuple[Reals, Reals]:
    """Return how far a run is off on subjects it was not trained on, and what each value weighs."""
    known = member.known[_untrained(member.known)]
    known = known[known["endpoint"] == endpoint]
    if known.empty:
        return np.empty(0), np.empty(0)
    with np.errstate(divide="ignore", invalid="ignore"):
        error = np.abs(np.log((known[MEASURED] / known[PREDICTION]).to_numpy(np.float64)))
    groups = pd.factorize(known["subject"])[0].astype(np.int64)
    return np.where(np.isfinite(error), error, np.inf), group_weights(groups)
