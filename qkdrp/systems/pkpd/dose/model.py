"""What a model must offer for its dose to be found, and what a dose rests on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

import numpy as np
import torch
from numpy.typing import NDArray

from qkdrp.systems.pkpd.data.trial import Trial
from qkdrp.systems.pkpd.mechanism import Curves, Schedule

BASELINE = "PD0"
"""Covariate of models that know the biomarker before the first dose: its logarithm, of R0 alone."""

Reals = NDArray[np.float64]


class Interval(Protocol):
    """The interval between two doses, for any dose."""

    def at(self, dose: float) -> Curves:
        """Return the curves of a dose, mg: times from the interval's start, (n_times,), and values.

        Values have the shape (n_subjects, n_times).
        """


@dataclass(frozen=True)
class Support:
    """What the courses at a dose rest on, where they are not those of a mechanism.

    Args:
        steady: How steady state was reached, in words.
        settled: Whether it was.
        outside: Share of virtual observations with a feature outside the range of the training, by
            the name of the feature; those that are inside are left out.
        n_features: How many features there are.
    """

    steady: str
    settled: bool
    outside: Mapping[str, float]
    n_features: int

    @property
    def extrapolates(self) -> bool:
        """Whether some feature is outside the range of the training."""
        return bool(self.outside)

    def __str__(self) -> str:
        """Return it in words."""
        if not self.outside:
            return f"all {self.n_features} features are inside the range of the training"
        named = ", ".join(f"{name} ({share:.0%})" for name, share in self.outside.items())
        return (
            f"the model extrapolates: {len(self.outside)} of {self.n_features} features are "
            "outside the range of the training, each in so many of the virtual observations: "
            f"{named}"
        )

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return {
            "extrapolates": self.extrapolates,
            "features": self.n_features,
            "features_outside_training": dict(self.outside),
            "steady_state": self.steady,
            "steady_state_reached": self.settled,
        }


@runtime_checkable
class HasSupport(Protocol):
    """An interval that can tell what its curves rest on."""

    def support(self, dose: float) -> Support:
        """Return what the curves of a dose rest on."""


class VirtualSubjects(Protocol):
    """Subjects whose courses can be asked for, at any dose and schedule."""

    @property
    def finite(self) -> bool:
        """Whether the model could take all covariates."""

    def first(self, n: int) -> "VirtualSubjects":
        """Return the first n subjects."""

    def interval(self, hours: float, *, late: bool = False, refine: int = 1) -> Interval:
        """Return the interval between two doses.

        Args:
            hours: Between doses.
            late: Whether it is the one that begins an interval after the last of a few doses, as
                Team PNU looks at; otherwise that of steady state.
            refine: Into how many parts the usual steps of time are cut.
        """

    def courses(self, schedule: Schedule, times: torch.Tensor) -> Curves:
        """Return the curves under any doses.

        Args:
            schedule: Shape (n_subjects, n_doses).
            times: Hours, shape (n_subjects, n_times).
        """


class DoseModel(Protocol):
    """A model whose doses can be found: it makes virtual subjects and gives their courses."""

    @property
    def covariates(self) -> Sequence[Any]:
        """Names of the covariates that courses depend on, or objects with a ``name``."""

    @property
    def n_deviates(self) -> int:
        """Standard normal numbers that make a subject of its covariates."""

    @property
    def sigma(self) -> Mapping[str, float]:
        """Standard deviation of the log of a measurement, by endpoint."""

    def subjects(
        self, covariates: Mapping[str, Reals], deviates: torch.Tensor | None = None
    ) -> VirtualSubjects:
        """Return subjects.

        Args:
            covariates: Values by name, (n,) each.
            deviates: Standard normal numbers, shape (n, n_deviates) or (n_repeats, n, n_deviates);
                None for typical subjects.
        """

    def without_variability(self) -> "DoseModel":
        """Return the model whose subjects are as their covariates say."""

    def facts(self) -> Mapping[str, Any]:
        """Return what an answer says of the model: structure, covariates, omega and sigma."""


@runtime_checkable
class SharesScaler(Protocol):
    """A model whose biomarker network can be given the scaler of the concentrations' features."""

    def with_pk_scaler(self) -> DoseModel:
        """Return the model that scales the biomarker's features as those of concentrations."""


@runtime_checkable
class HasMechanism(Protocol):
    """A model whose concentrations are proportional to the dose."""

    @property
    def structure(self) -> Any:  # noqa: ANN401  # any mechanism
        """The mechanism."""


def covariate_names(model: DoseModel) -> list[str]:
    """Return the names of the covariates that the courses of a model depend on."""
    return [str(getattr(each, "name", each)) for each in model.covariates]


@dataclass(frozen=True, eq=False)
class DoseSource:
    """A fitted model with what its doses rest on.

    Args:
        model: The model.
        trial: The trial that it was fitted to: its subjects are the default population.
        refits: The model, fitted again to resampled subjects of the trial; empty for none.
        title: What the model is called.
        no_refits: Why there are none, in words.
        notes: What should be known of the model's doses, a sentence each.
    """

    model: DoseModel
    trial: Trial
    refits: Sequence[DoseModel] = field(default=())
    title: str = "population model"
    no_refits: str = "the run holds no refits"
    notes: tuple[str, ...] = ()

    def observed(self) -> dict[str, Reals]:
        """Return the covariates of the subjects of the trial that the model depends on, (n,) each.

        Those that the model does not depend on are left out, but for those of the trial itself.
        """
        found = {name: self.trial.covariate(name) for name in self.trial.covariates}
        if BASELINE in covariate_names(self.model) and BASELINE not in found:
            found[BASELINE] = np.log([each.baseline for each in self.trial.subjects])
        return found
