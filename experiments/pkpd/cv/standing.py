"""How each model stands: against the mean of dose and time, and against the mechanistic model."""

import pandas as pd

from qkdrp.experiments.pkpd.cv.contenders import DOSE_TIME_MEAN, MECHANISTIC, Variant
from qkdrp.experiments.pkpd.cv.pooled import ENDPOINTS
from qkdrp.experiments.pkpd.cv.scores import RMSE_SCALED
from qkdrp.experiments.pkpd.cv.shown import Difference, scores_of

AGAINST = {"the mean of dose and time": DOSE_TIME_MEAN, "the mechanistic model": MECHANISTIC}
"""What models are held against, by what the table calls it."""


def standing_table(scores: pd.DataFrame, differences: pd.DataFrame) -> pd.DataFrame:
    """Return, for each model, in words whether it is better or worse than two others.

    Args:
        scores: As :func:`~.scores.scores_frame` returns them.
        differences: As :func:`~.differences.differences_frame` returns them.
    """
    known = scores[scores["score"] == RMSE_SCALED]
    rows = []
    for variant, _ in scores_of(known):
        row = {"model": variant.label}
        for words, name in AGAINST.items():
            other = Variant(name, variant.told and name == MECHANISTIC)
            for endpoint in ENDPOINTS:
                found = Difference.of(differences, endpoint, variant, other)
                row[f"{endpoint}, against {words}"] = "" if found is None else in_words(found)
        rows.append(row)
    return pd.DataFrame(rows)


def in_words(found: Difference) -> str:
    """Return whether left is better or worse than right, and by how much.

    Args:
        found: Left minus right.
    """
    word = "worse" if found.value > 0 else "better"
    sure = "" if found.established else ", not established"
    ends = f" ({found.low:+.3f}, {found.high:+.3f})" if found.told else ""
    return f"{word}{sure}: {found.value:+.3f}{ends}"
