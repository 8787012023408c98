"""Test subjects that a run keeps, with their doses and observations."""

from typing import Any

import numpy as np

from qkdrp.systems.pkpd.data.trial import ENDPOINTS, Doses, Observations, Subject, Trial
from qkdrp.systems.pkpd.data.units import Units
from qkdrp.training.stored_state import State

_OF_OBSERVATIONS = ("times", "values", "below", "limit")


def state_of(trial: Trial) -> State:
    """Return subjects as arrays, one after the other, with the number of events of each."""
    subjects = trial.subjects
    arrays: dict[str, Any] = {
        "subjects.covariates": np.array(
            [[each.covariates[name] for name in trial.covariates] for each in subjects]
        ).reshape(len(subjects), -1),
        "subjects.dose_level": trial.dose_levels(),
        "doses.count": np.array([len(each.doses) for each in subjects], dtype=np.int64),
        "doses.times": np.concatenate([each.doses.times for each in subjects]),
        "doses.amounts": np.concatenate([each.doses.amounts for each in subjects]),
    }
    for name in ENDPOINTS:
        observed = [each.observations[name] for each in subjects]
        arrays[f"{name}.count"] = np.array([len(each) for each in observed], dtype=np.int64)
        for part in _OF_OBSERVATIONS:
            arrays[f"{name}.{part}"] = np.concatenate([getattr(each, part) for each in observed])
    units = trial.units
    details = {
        "ids": trial.ids.tolist(),
        "covariates": list(trial.covariates),
        "units": {"biomarker": units.biomarker, "amount": units.amount, "time": units.time},
        "provenance": trial.provenance,
        "synthetic": trial.synthetic,
    }
    return State(arrays, {"pkpd": details})


def trial_of(state: State) -> Trial:
    """Make subjects again from what :func:`state_of` returned.

    Raises:
        KeyError: If the state lacks something.
        ValueError: If arrays do not fit together.
    """
    details, arrays = state.details["pkpd"], state.arrays
    names = tuple(details["covariates"])
    doses = zip(*(_cut(arrays, "doses", part) for part in ("times", "amounts")), strict=True)
    observed = {
        name: [
            Observations(*parts)
            for parts in zip(*(_cut(arrays, name, part) for part in _OF_OBSERVATIONS), strict=True)
        ]
        for name in ENDPOINTS
    }
    subjects = tuple(
        Subject(
            id=str(name),
            covariates=dict(zip(names, map(float, values), strict=True)),
            doses=Doses(*given),
            observations={endpoint: observed[endpoint][place] for endpoint in ENDPOINTS},
            dose_level=float(level),
        )
        for place, (name, values, level, given) in enumerate(
            zip(
                details["ids"],
                arrays["subjects.covariates"],
                arrays["subjects.dose_level"],
                doses,
                strict=True,
            )
        )
    )
    return Trial(
        subjects, names, Units(**details["units"]), details["provenance"], details["synthetic"]
    )


def _cut(arrays: Any, name: str, part: str) -> list[Any]:  # noqa: ANN401  # arrays by name
    """Return the part of each subject."""
    ends = np.cumsum(arrays[f"{name}.count"])[:-1]
    return np.split(arrays[f"{name}.{part}"], ends)
