"""Predictions of all folds pooled: the same rows for every variant, a column for each seed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from qkdrp.common.group_bootstrap import grouped_interval
from qkdrp.common.intervals import Interval
from qkdrp.experiments.pkpd.cv.contenders import Variant
from qkdrp.experiments.pkpd.cv.plan import CvPlan
from qkdrp.experiments.study.outcomes import Findings
from qkdrp.systems.pkpd.data.trial import BIOMARKER, CONCENTRATION

Reals = NDArray[np.float64]

ENDPOINTS = {"PK": CONCENTRATION, "PD": BIOMARKER}
"""Endpoints by what reports call them."""

ALL_DOSES = "all"
"""What stands for all active dose levels together."""

KEY = ["subject", "endpoint", "time"]
"""What names a row."""


@dataclass(frozen=True, eq=False)
class Pooled:
    """Held-out observations of the active subjects, with what one variant predicts of them.

    Args:
        rows: ``subject``, ``endpoint``, ``time``, ``dose``, ``measured``, ``scale`` and ``fold``;
            one row for each observation that has a value.
        predicted: Shape (n_rows, n_seeds).
    """

    rows: pd.DataFrame
    predicted: Reals

    @cached_property
    def errors(self) -> Reals:
        """Predicted minus measured, in the unit of the endpoint, shape (n_rows, n_seeds)."""
        return np.asarray(self.predicted - self.rows["measured"].to_numpy(float)[:, np.newaxis])

    @cached_property
    def squares(self) -> Reals:
        """Squared scaled errors, shape (n_rows, n_seeds)."""
        return np.asarray((self.errors / self.rows["scale"].to_numpy(float)[:, np.newaxis]) ** 2)

    @cached_property
    def groups(self) -> NDArray[np.int64]:
        """Number of the subject of each row."""
        return pd.factorize(self.rows["subject"])[0].astype(np.int64)

    @property
    def n_seeds(self) -> int:
        """Number of seeds."""
        return int(self.predicted.shape[1])

    @property
    def subjects(self) -> list[str]:
        """Ids of the subjects, in the order of their numbers."""
        return list(dict.fromkeys(self.rows["subject"]))

    def part(self, endpoint: str, dose: float | None = None) -> "Pooled":
        """Return the rows of one endpoint, of one dose level or of all.

        Args:
            endpoint: A key of :data:`ENDPOINTS`.
            dose: The level; None for all.
        """
        chosen = (self.rows["endpoint"] == ENDPOINTS[endpoint]).to_numpy(bool)
        if dose is not None:
            chosen = chosen & (self.rows["dose"] == dose).to_numpy(bool)
        return Pooled(self.rows[chosen].reset_index(drop=True), self.predicted[chosen])

    def subject_rmse(self) -> Reals:
        """Return the scaled RMSE of each subject, a mean over seeds, shape (n_subjects,)."""
        sums = np.column_stack([np.bincount(self.groups, each) for each in self.squares.T])
        counts = np.bincount(self.groups)[:, np.newaxis]
        return np.asarray(np.sqrt(sums / counts).mean(axis=1))

    def scored(
        self, columns: Reals, statistic: Callable[[Reals], Reals]
    ) -> tuple[float, Interval | None]:
        """Return a score of means over rows, and its interval over subjects.

        Args:
            columns: What the score is made of, shape (n_rows, n_columns).
            statistic: Takes means, shape (n, n_columns); returns the scores, shape (n,).
        """
        value = float(statistic(columns.mean(axis=0, keepdims=True))[0])
        return value, grouped_interval(columns, self.groups, statistic)


def root_mean(means: Reals) -> Reals:
    """Return the mean over seeds of root mean squares, shape (n,).

    Args:
        means: Mean squares, shape (n, n_seeds).
    """
    found: Reals = np.sqrt(means).mean(axis=1)
    return found


def pooled(plan: CvPlan, variant: Variant, findings: Findings) -> Pooled | None:
    """Return the predictions of a variant, of all seeds that have every fold; None for none."""
    seeds = [plan.results(variant, n, findings) for n in range(plan.n_seeds(variant))]
    return pooled_tables([[each.table() for each in folds] for folds in seeds if folds])


def pooled_tables(seeds: Sequence[Sequence[pd.DataFrame]]) -> Pooled | None:
    """Return predictions of all folds together; None for no seed.

    Args:
        seeds: For each seed, a table of kept rows for each fold.
    """
    tables = [_joined(folds) for folds in seeds]
    if not tables:
        return None
    rows = tables[0].drop(columns="prediction")
    predicted = np.column_stack([each["prediction"].to_numpy(float) for each in tables])
    return Pooled(rows, predicted)


def pooled_variants(plan: CvPlan, findings: Findings) -> dict[Variant, Pooled]:
    """Return the predictions of each variant that has some, in the order of the plan."""
    found = {variant: pooled(plan, variant, findings) for variant in plan.variants}
    return {variant: each for variant, each in found.items() if each is not None}


def _joined(folds: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return the scored rows of all folds, in an order that all variants share."""
    table = pd.concat([each.assign(fold=number) for number, each in enumerate(folds)])
    scored = table[(table["dose"] > 0) & table["measured"].notna() & table["prediction"].notna()]
    return scored.sort_values(KEY, kind="stable", ignore_index=True)
