"""Trials that are simulated from a known model, in the design of the embedded one."""

import numpy as np
import torch
from numpy.typing import NDArray

from qkdrp.common.errors import DataError
from qkdrp.common.names import choose_one_of
from qkdrp.systems.pkpd.data.trial import (
    BIOMARKER,
    CONCENTRATION,
    Doses,
    Observations,
    Subject,
    Trial,
)
from qkdrp.systems.pkpd.data.truths import TRUTHS, Truth
from qkdrp.systems.pkpd.data.units import Units
from qkdrp.systems.pkpd.mechanism import Design, Schedule, curves

Reals = NDArray[np.float64]

DOSE_TIMES: Reals = np.arange(0.0, 21 * 24.0, 24.0)
"""Hours of the doses: once a day for three weeks."""

BIOMARKER_TIMES: Reals = np.array(
    [0, 1, 2, 4, 8, 12, 24, 36, 48, 72, 168, 336, 480, 481, 482, 484, 488, 492, 504, 552, 600, 672,
     840, 1008, 1176], dtype=np.float64
)  # fmt: skip
"""Hours at which the biomarker is measured."""

WEIGHTS = (50.0, 100.0)
"""Range of body weights, kilograms; uniform."""

CONCENTRATION_TIMES = BIOMARKER_TIMES[1:]
"""Hours at which the concentration is measured."""


def simulated_trial(truth: str, seed: int = 0) -> Trial:
    """Return a trial that is simulated from a known model, the same for the same seed.

    Args:
        truth: A key of :data:`~qkdrp.systems.pkpd.data.truths.TRUTHS`.
        seed: Of covariates, deviations and errors of measurement.

    Raises:
        DataError: For an unknown truth.
    """
    if truth not in TRUTHS:
        raise DataError(f"truth {truth!r}: {choose_one_of(truth, TRUTHS)}")
    model = TRUTHS[truth]
    rng = np.random.default_rng([seed, sorted(TRUTHS).index(truth)])
    levels = np.repeat([0.0, *model.levels], model.per_group)
    covariates = _covariates(model, len(levels), rng)
    eta = torch.from_numpy(rng.normal(size=(len(levels), len(model.structure.parameters))))
    logs = model.log_parameters(covariates, eta * model.omega)
    doses = [
        (DOSE_TIMES.tolist(), [float(level)] * len(DOSE_TIMES)) if level else ([], [])
        for level in levels
    ]
    design = Design.of(Schedule.padded(doses), torch.from_numpy(BIOMARKER_TIMES))
    found = curves(model.structure, model.structure.to_natural(logs), design)
    errors = np.exp(model.error * rng.normal(size=(2, *found.biomarker.shape)))
    drug, marker = found.concentration.numpy() * errors[0], found.biomarker.numpy() * errors[1]
    width = len(str(len(levels)))
    subjects = tuple(
        Subject(
            id=f"{place + 1:0{width}d}",
            covariates={name: float(values[place]) for name, values in covariates.items()},
            doses=Doses(np.array(doses[place][0]), np.array(doses[place][1])),
            observations=_observations(drug[place], marker[place], treated=bool(level)),
        )
        for place, level in enumerate(levels)
    )
    return Trial(
        subjects,
        model.covariates,
        Units(),
        f"trial simulated from {truth}, seed {seed} (made-up numbers with a known answer)",
        synthetic=True,
    )


def _covariates(model: Truth, n_subjects: int, rng: np.random.Generator) -> dict[str, Reals]:
    """Draw body weights, and comedication of half of the subjects of each group."""
    found = {"BW": np.round(rng.uniform(*WEIGHTS, size=n_subjects))}
    if model.comedication:
        half = np.arange(model.per_group) % 2.0
        groups = [rng.permutation(half) for _ in range(n_subjects // model.per_group)]
        found["COMED"] = np.concatenate(groups)
    return found


def _observations(drug: Reals, marker: Reals, treated: bool) -> dict[str, Observations]:
    found = {BIOMARKER: Observations(BIOMARKER_TIMES, marker)}
    if treated:
        found[CONCENTRATION] = Observations(CONCENTRATION_TIMES, drug[1:])
    return found
