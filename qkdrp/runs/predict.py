"""Predictions of the samples of a split, as a table, and their scores."""

from collections.abc import Sequence

import pandas as pd

from qkdrp.systems.response.data import Cohort
from qkdrp.systems.response.scores import Scores, score
from qkdrp.runs.folder import Run


def predict_parts(run: Run, cohort: Cohort, parts: Sequence[str] | None = None) -> pd.DataFrame:
    """Return one row per sample of the given parts, or all, with measured and predicted label."""
    ids = run.split.parts()
    frames = []
    for name in ids if parts is None else parts:
        part = cohort.select(ids[name])
        frames.append(
            pd.DataFrame(
                {
                    "sample": part.samples,
                    "part": name,
                    "responder": part.responder,
                    "ln_ic50": part.ln_ic50,
                    "label": run.preprocessor.label(part),
                    "prediction": run.predict(part),
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


def score_part(predictions: pd.DataFrame, part: str) -> Scores:
    """Score the predictions of one part of the split."""
    rows = predictions[predictions["part"] == part]
    return score(
        rows["label"].to_numpy(), rows["responder"].to_numpy(), rows["prediction"].to_numpy()
    )
