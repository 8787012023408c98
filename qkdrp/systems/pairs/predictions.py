"""Measured and predicted responses of pairs, as a table, and what score tables show of them."""

import numpy as np
import pandas as pd

from qkdrp.common.intervals import POSITIVE
from qkdrp.systems.pairs.data.pair_data import PairData
from qkdrp.systems.pairs.preprocess import Preprocessor
from qkdrp.training.score_row import ScoreRow
from qkdrp.training.system import Values

CORRELATION = (-1.0, 1.0)

SCORE_ROWS = (
    ScoreRow("MSE", "mse", digits=5, values=POSITIVE, higher_is_better=False),
    ScoreRow("RMSE ln IC50", "rmse_ln_ic50", values=POSITIVE, higher_is_better=False),
    ScoreRow("R2", "r2", values=(-np.inf, 1.0)),
    ScoreRow("Pearson", "pearson", values=CORRELATION),
    ScoreRow("Spearman", "spearman", values=CORRELATION, shown=False),
    ScoreRow("Pearson within drugs", "pearson_within_drugs", values=CORRELATION),
    ScoreRow("Spearman within drugs", "spearman_within_drugs", values=CORRELATION, shown=False),
    ScoreRow("Pearson beyond means", "pearson_beyond_means", values=CORRELATION),
    ScoreRow("Spearman beyond means", "spearman_beyond_means", values=CORRELATION, shown=False),
)
"""Rows of score tables; their keys are those of :func:`~qkdrp.systems.pairs.scores.score`."""


def predictions_of(
    preprocessor: Preprocessor, pairs: PairData, part: str, values: Values
) -> pd.DataFrame:
    """Return one row per pair with measured and predicted target, and what they mean.

    Args:
        preprocessor: Of the run.
        pairs: The pairs.
        part: Name of the part of the split that they are.
        values: Predicted target, shape (n_pairs,).
    """
    measure = preprocessor.target.measure
    table = pd.DataFrame(
        {
            "pair": pairs.ids,
            "part": part,
            "sample": pairs.samples,
            "drug": pairs.drug_ids,
            measure: pairs.value,
            "label": preprocessor.label(pairs),
            "prediction": values,
            f"predicted_{measure}": preprocessor.target.measured(np.asarray(values, np.float64)),
            "mean_effects": preprocessor.effects.predict(pairs),
        }
    )
    if pairs.tissues is not None:
        table.insert(4, "tissue", pairs.tissues)
    return table.assign(resampled=preprocessor.resampled)
