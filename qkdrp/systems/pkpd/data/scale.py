"""Refusing a trial whose numbers of one subject are in another unit than those of the others."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from qkdrp.common.errors import DataError
from qkdrp.common.shown import shown
from qkdrp.systems.pkpd.data.trial import BIOMARKER, CONCENTRATION, ENDPOINTS, Subject

LARGEST_RATIO = 300.0
"""Ratio of a subject's mean to the middle of all at which units differ: these differ by 1000, and
subjects hardly by 100."""


def check_scale(subjects: Sequence[Subject], path: Path) -> None:
    """Refuse a subject whose values are hundreds of times those of the others.

    Geometric means are compared; those of concentrations for each milligram of the dose level.

    Raises:
        DataError: Names the subject and the ratio.
    """
    for endpoint in ENDPOINTS:
        levels = {each.id: _level(each, endpoint) for each in subjects}
        known = {name: level for name, level in levels.items() if np.isfinite(level)}
        if len(known) < 3:
            continue
        middle = float(np.median(list(known.values())))
        name = max(known, key=lambda each: abs(known[each] - middle))
        ratio = float(np.exp(known[name] - middle))
        if max(ratio, 1 / ratio) > LARGEST_RATIO:
            raise DataError(
                f"{path}: subject {shown(name)} has a {endpoint} {ratio:.2g} times that of the "
                "others on the mean: expected one unit for all; convert its rows."
            )


def _level(subject: Subject, endpoint: str) -> float:
    """Return the mean logarithm of a subject's values, by dose where the drug is measured."""
    values = subject.observations[endpoint].values
    values = values[~np.isnan(values)]
    if not len(values) or (endpoint == CONCENTRATION and not subject.dose_level):
        return float("nan")
    dose = 1.0 if endpoint == BIOMARKER else subject.dose_level
    return float(np.log(values).mean() - np.log(dose))
