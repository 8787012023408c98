"""Rows of the tables of the study, read back for texts and figures."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self

import pandas as pd

from qkdrp.experiments.pkpd.cv.contenders import Variant
from qkdrp.experiments.pkpd.cv.pooled import ALL_DOSES
from qkdrp.experiments.pkpd.cv.scores import RMSE_SCALED
from qkdrp.experiments.study.text import p_equation, value_text


def scores_of(scores: pd.DataFrame) -> Iterator[tuple[Variant, pd.DataFrame]]:
    """Yield each variant with its rows of all scores and doses."""
    for (name, told), own in scores.groupby(["model", "pd0"], sort=False):
        yield Variant(str(name), bool(told)), own


def cell(own: pd.DataFrame, endpoint: str, score: str = RMSE_SCALED, dose: str = ALL_DOSES) -> str:
    """Return a score with its interval as text; nothing where it is missing.

    Args:
        own: Rows of one variant.
        endpoint: Of the score.
        score: Its name.
        dose: The dose level, or all.
    """
    rows = own[(own["endpoint"] == endpoint) & (own["score"] == score) & (own["dose"] == dose)]
    if not len(rows):
        return ""
    row = rows.iloc[0]
    return value_text(float(row["value"]), float(row["low"]), float(row["high"]))


def value_of(scores: pd.DataFrame, variant: Variant, endpoint: str) -> float:
    """Return the scaled RMSE of a variant over all doses; not a number where it is missing."""
    rows = scores[
        (scores["model"] == variant.name)
        & (scores["pd0"] == variant.told)
        & (scores["endpoint"] == endpoint)
        & (scores["score"] == RMSE_SCALED)
        & (scores["dose"] == ALL_DOSES)
    ]
    return float(rows["value"].iloc[0]) if len(rows) else math.nan


LEVEL = 0.05
"""p of both tests below which a difference counts as established, if its interval excludes 0."""


@dataclass(frozen=True)
class Difference:
    """The scaled RMSE of one variant minus that of another, as the table has it.

    Args:
        left: Scaled RMSE of the one.
        right: Of the other.
        value: Left minus right.
        low: Lower end of its 95% interval over subjects; not a number where there is none.
        high: Upper end.
        p: Of the randomisation test.
        p_folds: Of the corrected resampled t-test over folds.
        detectable: Smallest difference that would have been found with a probability of 80%.
        n_subjects: Subjects.
    """

    left: float
    right: float
    value: float
    low: float
    high: float
    p: float
    p_folds: float
    detectable: float
    n_subjects: int

    @classmethod
    def of(cls, table: pd.DataFrame, endpoint: str, left: Variant, right: Variant) -> Self | None:
        """Return a difference; None where the table has it in neither order."""
        for one, other, sign in ((left, right, 1), (right, left, -1)):
            rows = table[
                (table["endpoint"] == endpoint)
                & (table["left"] == one.name)
                & (table["left_pd0"] == one.told)
                & (table["right"] == other.name)
                & (table["right_pd0"] == other.told)
            ]
            if len(rows):
                return cls.read(rows.iloc[0], sign)
        return None

    @classmethod
    def read(cls, row: Any, sign: int = 1) -> Self:  # noqa: ANN401  # of a table
        """Return the difference of a row, turned round where the sign is -1."""
        left, right = (float(row["left_value"]), float(row["right_value"]))[::sign]
        low, high = sorted((sign * float(row["low"]), sign * float(row["high"])))
        return cls(
            left,
            right,
            sign * float(row["difference"]),
            low,
            high,
            float(row["p"]),
            float(row["p_folds"]),
            float(row["detectable"]),
            n_subjects=int(row["n_subjects"]),
        )

    @property
    def told(self) -> bool:
        """Whether there are enough subjects for an interval."""
        return not math.isnan(self.low)

    @property
    def established(self) -> int:
        """1 or -1 where left is above or below right by interval and tests; 0 where neither."""
        sure = self.low > 0 or self.high < 0
        if not sure or not self.p < LEVEL or not self.p_folds < LEVEL:  # they may be no numbers
            return 0
        return 1 if self.value > 0 else -1

    @property
    def verdict(self) -> str:
        """Whether left is better, worse, or neither, with what could have been seen."""
        if not self.told:
            return "too few subjects for a verdict"
        if self.established:
            return "worse" if self.established > 0 else "better"
        return f"no difference is established; one of {self.detectable:.3f} could have been seen"

    def text(self) -> str:
        """Return both values, the difference, its interval and both p."""
        ends = f" (95% {self.low:+.3f} to {self.high:+.3f})" if self.told else ""
        return (
            f"{self.left:.3f} against {self.right:.3f}, difference {self.value:+.3f}{ends}, "
            f"{p_equation('p', self.p)}, over folds {p_equation('p', self.p_folds)}"
        )
