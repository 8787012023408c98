"""Measured and predicted labels of samples, as a table, and the scores of such a table."""

import pandas as pd

from qkdrp.common.intervals import RANGES
from qkdrp.systems.response.data.cohort import Cohort
from qkdrp.systems.response.preprocess import Preprocessor
from qkdrp.systems.response.scores import Scores, score
from qkdrp.training.score_row import ScoreRow
from qkdrp.training.system import Values

LOWER_IS_BETTER = ("MSE", "RMSE", "MAE")
"""Scores that are errors."""

SHOWN = ("AUC", "AUPR", "Spearman", "Pearson", "MSE", "R2")
"""Scores that tables show; Kendall follows Spearman, RMSE and MAE follow the MSE."""

SCORE_ROWS = tuple(
    ScoreRow(
        name,
        name.lower(),
        values=RANGES[name.lower()],
        higher_is_better=name not in LOWER_IS_BETTER,
        shown=name in SHOWN,
    )
    for name in ("AUC", "AUPR", "Spearman", "Kendall", "Pearson", "MSE", "RMSE", "MAE", "R2")
)
"""Rows of score tables; their keys are fields of :class:`~qkdrp.systems.response.scores.Scores`."""


def predictions_of(
    preprocessor: Preprocessor, cohort: Cohort, part: str, values: Values
) -> pd.DataFrame:
    """Return one row per sample with measured and predicted label.

    The measure and what the predicted label means are there in the user's unit, too.

    Args:
        preprocessor: Normalises the label.
        cohort: The samples.
        part: Name of the part of the split that they are.
        values: Predicted label, shape (n_samples,).
    """
    return pd.DataFrame(
        {
            "sample": cohort.samples,
            "part": part,
            "responder": cohort.responder,
            cohort.measure.column: cohort.measured,
            "label": preprocessor.label(cohort),
            "prediction": values,
            f"predicted_{cohort.measure.column}": preprocessor.measured(cohort, values),
        }
    )


def score_table(predictions: pd.DataFrame) -> Scores:
    """Score a table of predictions."""
    return score(
        predictions["label"].to_numpy(),
        predictions["responder"].to_numpy(),
        predictions["prediction"].to_numpy(),
    )
