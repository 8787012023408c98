"""Measured and predicted values as a table in long form, and what score tables show of them."""

import numpy as np
import pandas as pd

from qkdrp.common.intervals import POSITIVE
from qkdrp.systems.pkpd.data.padded import PaddedTrial, padded
from qkdrp.systems.pkpd.data.trial import ENDPOINTS, Trial
from qkdrp.systems.pkpd.preprocess import Preprocessor
from qkdrp.training.score_row import ScoreRow
from qkdrp.training.scored import HELD_OUT
from qkdrp.training.system import Values

MEASURED, BELOW, LIMIT, SCALE = "measured", "below", "limit", "scale"
"""Columns of what was measured, and of what errors are divided by."""

DOSE = "dose"
"""Column of the dose level."""

PREDICTION, INDIVIDUAL = "prediction", "ipred"
"""Columns of what the model predicts for the population, and for the individual."""

NOT_TRAINED_ON = ("validation", "test", HELD_OUT)
"""Parts of the predictions of a run that tell how far it is off."""

SCORE_ROWS = (
    ScoreRow("PK RMSE, scaled", "pk_rmse_scaled", values=POSITIVE, higher_is_better=False),
    ScoreRow("PD RMSE, scaled", "pd_rmse_scaled", values=POSITIVE, higher_is_better=False),
    ScoreRow("PK RMSE", "pk_rmse", values=POSITIVE, higher_is_better=False, any_size=True),
    ScoreRow("PD RMSE", "pd_rmse", values=POSITIVE, higher_is_better=False, any_size=True),
    ScoreRow("PK R2", "pk_r2", values=(-np.inf, 1.0)),
    ScoreRow("PD R2", "pd_r2", values=(-np.inf, 1.0)),
    ScoreRow("PK MAE", "pk_mae", values=POSITIVE, higher_is_better=False, any_size=True),
    ScoreRow("PD MAE", "pd_mae", values=POSITIVE, higher_is_better=False, any_size=True),
    ScoreRow(
        "PK RMSE, mean of subjects", "pk_rmse_by_subject", values=POSITIVE, higher_is_better=False
    ),
    ScoreRow(
        "PD RMSE, mean of subjects", "pd_rmse_by_subject", values=POSITIVE, higher_is_better=False
    ),
)
"""Rows of score tables; their keys are those of :func:`~qkdrp.systems.pkpd.scores.score`."""


def predictions_of(
    preprocessor: Preprocessor, trial: Trial, part: str, values: Values
) -> pd.DataFrame:
    """Return one row per observation, with what was measured and predicted.

    Columns: ``subject``, ``endpoint``, ``time`` (h), ``part``, ``dose`` (the level), ``measured``
    (blank below the limit of quantification), ``below``, ``limit``, ``prediction``, ``ipred`` where
    the model has it, ``scale``.

    Args:
        preprocessor: Of the run.
        trial: The subjects.
        part: Name of the part of the split that they are.
        values: What is predicted, in the space that is learned in, shape (n_subjects, n_slots), or
            (n_subjects, n_slots, 2) with that of the individual last.
    """
    tensors = padded(trial)
    subject, slot = np.nonzero(_present(tensors))
    n_drug = tensors.n_slots[0]
    columns = {
        "subject": trial.ids[subject],
        "endpoint": np.array(ENDPOINTS)[(slot >= n_drug).astype(int)],
        "time": _joined(tensors, "times")[subject, slot],
        "part": part,
        DOSE: trial.dose_levels()[subject],
        MEASURED: tensors.target.numpy()[subject, slot],
        BELOW: _joined(tensors, "below")[subject, slot],
        LIMIT: _joined(tensors, "limit")[subject, slot],
    }
    values = np.asarray(values, dtype=np.float64)
    layers = [values] if values.ndim == 2 else list(np.moveaxis(values, 2, 0))
    for name, layer in zip((PREDICTION, INDIVIDUAL), layers, strict=False):
        columns[name] = preprocessor.natural(layer, tensors.n_slots)[subject, slot]
    table = pd.DataFrame(columns)
    return table.assign(**{SCALE: table["endpoint"].map(preprocessor.scales)})


def _present(tensors: PaddedTrial) -> np.ndarray:
    return _joined(tensors, "present")


def _joined(tensors: PaddedTrial, name: str) -> np.ndarray:
    """Return a tensor of both endpoints side by side, shape (n_subjects, n_slots)."""
    parts = [getattr(each, name).numpy() for each in (tensors.concentration, tensors.biomarker)]
    return np.concatenate(parts, axis=1)
