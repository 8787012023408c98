"""A trial: what every loader gives and everything after it takes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import sha256
from types import MappingProxyType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from qkdrp.common.brief import Brief
from qkdrp.common.errors import DataError
from qkdrp.common.shown import shown
from qkdrp.systems.pkpd.data.units import Units

Reals = NDArray[np.float64]

NOT_GIVEN: Any = None
"""Stands for a field that an object makes itself where it is left out."""

CONCENTRATION, BIOMARKER = "concentration", "biomarker"
ENDPOINTS = (CONCENTRATION, BIOMARKER)
"""What is measured: the drug (PK), and what it acts on (PD)."""


def _check_times(times: Reals, what: str) -> None:
    """Refuse times that are negative, not finite, unsorted or there twice."""
    if not (np.isfinite(times) & (times >= 0)).all():
        raise DataError(f"found {what} times that are negative or not finite.")
    if (np.diff(times) <= 0).any():
        raise DataError(f"{what} times do not increase, expected each once in their order.")


@dataclass(frozen=True, eq=False, repr=False)
class Doses(Brief):
    """The doses of a subject, in the order of time; none for placebo.

    Args:
        times: Hours, shape (n_doses,), each once.
        amounts: Milligrams (see :class:`~qkdrp.systems.pkpd.data.units.Units`), positive.

    Raises:
        DataError: If the arrays do not fit together.
    """

    times: Reals
    amounts: Reals

    def __post_init__(self) -> None:
        """Check order and signs."""
        if self.times.shape != self.amounts.shape or self.times.ndim != 1:
            raise DataError(
                f"dose times have shape {self.times.shape} and amounts {self.amounts.shape}, "
                "expected one number for each dose."
            )
        _check_times(self.times, "dose")
        if not (np.isfinite(self.amounts) & (self.amounts > 0)).all():
            raise DataError("found a dose amount that is not positive; leave out such doses.")

    def __len__(self) -> int:
        """Return the number of doses."""
        return len(self.times)


@dataclass(frozen=True, eq=False, repr=False)
class Observations(Brief):
    """Measured values of one endpoint of a subject, in the order of time.

    Args:
        times: Hours, shape (n_times,), each once.
        values: In the unit of the endpoint; NaN below the limit of quantification, and where
            nothing was measured yet (a time to predict at).
        below: Whether the value is below the limit of quantification; None for nowhere.
        limit: The limit of quantification, NaN where none is known; None for nowhere.

    Raises:
        DataError: If the arrays do not fit together.
    """

    times: Reals
    values: Reals
    below: NDArray[np.bool_] = NOT_GIVEN
    limit: Reals = NOT_GIVEN

    def __post_init__(self) -> None:
        """Fill in what was left out, and check that the arrays fit together."""
        if self.below is NOT_GIVEN:
            object.__setattr__(self, "below", np.zeros(self.times.shape, dtype=bool))
        if self.limit is NOT_GIVEN:
            object.__setattr__(self, "limit", np.full(self.times.shape, np.nan))
        shapes = {each.shape for each in (self.times, self.values, self.below, self.limit)}
        if len(shapes) > 1 or self.times.ndim != 1:
            raise DataError(f"parts of observations have shapes {shapes}, expected one shape (n,).")
        _check_times(self.times, "observation")
        if not (np.isnan(self.values) | (self.values > 0) & np.isfinite(self.values)).all():
            raise DataError("found an observation that is not positive; its logarithm is taken.")
        if not (np.isnan(self.values) & (self.limit > 0))[self.below].all():
            raise DataError("found an observation below the limit of quantification without one.")

    def __len__(self) -> int:
        """Return the number of observations."""
        return len(self.times)


NOTHING = Observations(np.empty(0), np.empty(0))
"""No observations."""


@dataclass(frozen=True, eq=False, repr=False)
class Subject(Brief):
    """A subject of a trial.

    Args:
        id: Its name.
        covariates: Values by name; every subject of a trial has the same names.
        doses: What it was given.
        observations: By endpoint; one that is missing has none.
        dose_level: Nominal dose in milligrams, 0 for placebo. By default the amount that it was
            given most often, the largest of several.
    """

    id: str
    covariates: Mapping[str, float]
    doses: Doses
    observations: Mapping[str, Observations]
    dose_level: float = NOT_GIVEN

    def __post_init__(self) -> None:
        """Fill in what was left out, and check names."""
        unknown = set(self.observations) - set(ENDPOINTS)
        if unknown:
            raise DataError(
                f"subject {shown(self.id)}: found the endpoints {sorted(unknown)}, expected some "
                f"of {', '.join(ENDPOINTS)}."
            )
        if self.dose_level is NOT_GIVEN:
            object.__setattr__(self, "dose_level", nominal_dose(self.doses.amounts))
        given = {name: self.observations.get(name, NOTHING) for name in ENDPOINTS}
        object.__setattr__(self, "observations", MappingProxyType(given))
        object.__setattr__(self, "covariates", MappingProxyType(dict(self.covariates)))

    @property
    def baseline(self) -> float:
        """Biomarker before the first dose: the geometric mean; NaN where none was measured.

        Where a subject has no doses, or none after an observation, the first one counts.
        """
        observed = self.observations[BIOMARKER]
        measured = observed.values[~np.isnan(observed.values)]
        times = observed.times[~np.isnan(observed.values)]
        if not len(times):
            return float("nan")
        if not len(self.doses):
            return float(measured[0])
        before = measured[times <= self.doses.times[0]]
        return float(np.exp(np.log(before).mean())) if len(before) else float("nan")


@dataclass(frozen=True, eq=False, repr=False)
class Trial(Brief):
    """Subjects with their doses and observations.

    Args:
        subjects: In their order; ids are unique.
        covariates: Names that every subject has a value of.
        units: Of all numbers.
        provenance: Where the numbers come from, in one line.
        synthetic: Whether the numbers are made up.
        notes: What the user should look at, a line each.
        said: What ``trial.json`` said of columns and units, for tables of the same form.

    Raises:
        DataError: If an id is there twice, or a covariate is missing.
    """

    subjects: tuple[Subject, ...]
    covariates: tuple[str, ...]
    units: Units
    provenance: str
    synthetic: bool
    notes: tuple[str, ...] = ()
    said: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))

    def __post_init__(self) -> None:
        """Check ids and covariates."""
        names, counts = np.unique([each.id for each in self.subjects], return_counts=True)
        if (counts > 1).any():
            raise DataError(
                f"subject {shown(names[counts > 1][0])} is there twice; keep one of each."
            )
        for subject in self.subjects:
            if set(subject.covariates) != set(self.covariates):
                raise DataError(
                    f"subject {shown(subject.id)} has the covariates "
                    f"{sorted(subject.covariates)}, expected {sorted(self.covariates)}."
                )

    @cached_property
    def ids(self) -> NDArray[np.str_]:
        """Ids of the subjects, shape (n_subjects,)."""
        return np.array([each.id for each in self.subjects], dtype=np.str_)

    @cached_property
    def _places(self) -> Mapping[str, int]:
        return {each.id: place for place, each in enumerate(self.subjects)}

    def __len__(self) -> int:
        """Return the number of subjects."""
        return len(self.subjects)

    def select(self, ids: Sequence[str] | NDArray[np.str_]) -> Self:
        """Return the trial of some subjects, in the order of the ids.

        Raises:
            DataError: If an id is not there.
        """
        wanted = [str(each) for each in ids]
        missing = [each for each in wanted if each not in self._places]
        if missing:
            raise DataError(
                f"{len(missing)} subjects are not in the trial, {shown(missing[0])} for one: give "
                "the data that the split was made from."
            )
        chosen = tuple(self.subjects[self._places[each]] for each in wanted)
        return replace(self, subjects=chosen)

    def dose_levels(self) -> Reals:
        """Return the nominal dose of each subject in milligrams, 0 for placebo, (n_subjects,)."""
        return np.array([each.dose_level for each in self.subjects], dtype=np.float64)

    def covariate(self, name: str) -> Reals:
        """Return the values of a covariate, shape (n_subjects,)."""
        return np.array([each.covariates[name] for each in self.subjects], dtype=np.float64)

    def n_observations(self, endpoint: str) -> int:
        """Return the number of observations of an endpoint."""
        return sum(len(each.observations[endpoint]) for each in self.subjects)

    @property
    def has_below(self) -> bool:
        """Whether some value is below its limit of quantification."""
        return any(
            observed.below.any()
            for each in self.subjects
            for observed in each.observations.values()
        )

    def digest(self) -> str:
        """Return a SHA-256 of numbers, ids and units, to tell whether data are still the same."""
        content = sha256(repr((self.covariates, self.units)).encode())
        for each in self.subjects:
            values = [each.covariates[name] for name in self.covariates]
            content.update(repr((each.id, each.dose_level, values)).encode())
            arrays: list[NDArray[Any]] = [each.doses.times, each.doses.amounts]
            for name in ENDPOINTS:
                observed = each.observations[name]
                arrays += [observed.times, observed.values, observed.below, observed.limit]
            for array in arrays:
                content.update(repr(array.shape).encode() + np.ascontiguousarray(array).tobytes())
        return content.hexdigest()


def nominal_dose(amounts: Reals) -> float:
    """Return the amount that was given most often, the largest of several; 0 for no dose."""
    if not len(amounts):
        return 0.0
    found, counts = np.unique(amounts, return_counts=True)
    return float(found[counts == counts.max()].max())
