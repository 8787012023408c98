"""Virtual subjects as a trial: what a model on features predicts, it predicts for one of these."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qkdrp.systems.pkpd.data.trial import (
    BIOMARKER,
    CONCENTRATION,
    Doses,
    Observations,
    Subject,
    Trial,
)
from qkdrp.systems.pkpd.data.units import Units
from qkdrp.systems.pkpd.dose.model import BASELINE

Reals = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class VirtualTrial:
    """Subjects with doses, and times at which both endpoints are asked for.

    Args:
        trial: The subjects; no observation has a value but the biomarker before the first dose.
        asked: Slots of the biomarker's observations that were asked for, (n_subjects, n_times).
    """

    trial: Trial
    asked: NDArray[np.int64]

    @classmethod
    def of(
        cls,
        names: Sequence[str],
        covariates: Mapping[str, Reals],
        doses: Sequence[Doses],
        times: Reals,
    ) -> "VirtualTrial":
        """Return the trial.

        Args:
            names: Covariates of the model, in their order.
            covariates: Values by name, (n_subjects,) each; the baseline of the biomarker may be
                among them, as a logarithm.
            doses: Of each subject, none for placebo; the same object where they are alike.
            times: Hours, (n_subjects, n_times), increasing along a row.
        """
        baseline = covariates.get(BASELINE)
        subjects, asked = [], []
        for place, (given, at) in enumerate(zip(doses, times, strict=True)):
            known = np.nan if baseline is None else float(np.exp(baseline[place]))
            marker = _with_baseline(at, known)
            asked.append(np.searchsorted(marker.times, at))
            subjects.append(
                Subject(
                    str(place),
                    {name: float(covariates[name][place]) for name in names},
                    given,
                    {CONCENTRATION: Observations(at, np.full(at.shape, np.nan)), BIOMARKER: marker},
                )
            )
        trial = Trial(tuple(subjects), tuple(names), Units(), "virtual subjects", synthetic=True)
        return cls(trial, np.array(asked, dtype=np.int64))


def _with_baseline(times: Reals, known: float) -> Observations:
    """Return observations of the biomarker, with the one before treatment at time 0 if known."""
    if not np.isfinite(known):
        return Observations(times, np.full(times.shape, np.nan))
    at = times if times[0] == 0 else np.concatenate([[0.0], times])
    values = np.full(at.shape, np.nan)
    values[0] = known
    return Observations(at, values)
