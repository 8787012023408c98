"""Features of an observation: covariates, dose, time, and what was given before.

Names and formulas are those of Team PNU (Quantum Innovation Challenge 2025), in their order. A dose
at the time of an observation counts as given.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from qkdrp.common.errors import DataError
from qkdrp.systems.pkpd.data.trial import Subject

Reals = NDArray[np.float64]

WINDOWS = (24, 48, 72, 96, 120, 144, 168)
"""Hours before an observation over which doses are added up."""

HALF_LIVES = (24, 48, 72)
"""Half-lives, in hours, of the decays since the last dose."""

OF_TIME = ("DOSE", "TIME", "TSLD", "LAST_DOSE_TIME", "LAST_DOSE_AMT", "N_DOSES_UP_TO_T",
           "CUM_DOSE_UP_TO_T", "TIME_SQUARED", "TIME_LOG")  # fmt: skip
IN_WINDOWS = tuple(f"DOSE_SUM_PREV{hours}H" for hours in WINDOWS)
DECAYS = tuple(f"DECAY_HL{hours}h" for hours in HALF_LIVES)

AMOUNTS = ("DOSE", "LAST_DOSE_AMT", "CUM_DOSE_UP_TO_T", *IN_WINDOWS)
"""Features in milligrams, which may be divided by body weight."""

BASE = ("DOSE", "TIME")
"""Features that are there without engineering, beside covariates."""

WEIGHT = "BW"
"""Covariate that doses are divided by."""

PER_KG = "_PER_KG"
"""Ends the names of copies of dose features for each kilogram of body weight."""


def feature_names(covariates: Sequence[str], per_kg: bool = False) -> tuple[str, ...]:
    """Return the names of the features, in their order.

    Args:
        covariates: Of the trial.
        per_kg: Whether dose features have copies for each kilogram of body weight.

    Raises:
        DataError: If these are wanted and the trial knows no body weight.
    """
    copies = tuple(f"{name}{PER_KG}" for name in AMOUNTS) if per_kg else ()
    if per_kg and WEIGHT not in covariates:
        raise DataError(f"the trial has no covariate {WEIGHT}, which --per-kg divides doses by.")
    return (*covariates, *OF_TIME, *IN_WINDOWS, *DECAYS, *copies)


def features_at(
    subject: Subject, times: Reals, covariates: Sequence[str], per_kg: bool = False
) -> Reals:
    """Return the features of a subject at some times, shape (n_times, n_features).

    Args:
        subject: The subject.
        times: Hours, shape (n_times,).
        covariates: Names, in the order of the columns.
        per_kg: Whether dose features have copies for each kilogram of body weight.
    """
    given, amounts = subject.doses.times, subject.doses.amounts
    n_given = np.searchsorted(given, times, side="right")
    total = np.concatenate([[0.0], np.cumsum(amounts)])
    treated = n_given > 0
    last_time = np.where(treated, np.append(given, 0.0)[n_given - 1], 0.0)
    last_amount = np.where(treated, np.append(amounts, 0.0)[n_given - 1], 0.0)
    since = np.where(treated, times - last_time, 0.0)
    columns = {name: np.full(len(times), subject.covariates[name]) for name in covariates}
    columns |= {
        "DOSE": np.full(len(times), subject.dose_level),
        "TIME": times,
        "TSLD": since,
        "LAST_DOSE_TIME": last_time,
        "LAST_DOSE_AMT": last_amount,
        "N_DOSES_UP_TO_T": n_given.astype(np.float64),
        "CUM_DOSE_UP_TO_T": total[n_given],
        "TIME_SQUARED": times**2,
        "TIME_LOG": np.log1p(times),
    }
    for name, hours in zip(IN_WINDOWS, WINDOWS, strict=True):
        before = np.searchsorted(given, times - hours, side="right")
        columns[name] = total[n_given] - total[before]
    for name, hours in zip(DECAYS, HALF_LIVES, strict=True):
        columns[name] = np.where(treated, 0.5 ** (since / hours), 0.0)
    if per_kg:
        weight = subject.covariates[WEIGHT]
        columns |= {f"{name}{PER_KG}": columns[name] / weight for name in AMOUNTS}
    return np.column_stack([columns[name] for name in feature_names(covariates, per_kg)])
