"""Population models with a mechanism as the search for a dose takes them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from qkdrp.systems.pkpd.mechanism.curves import Curves, Parameters, curves
from qkdrp.systems.pkpd.mechanism.design import Design
from qkdrp.systems.pkpd.mechanism.grid import offsets
from qkdrp.systems.pkpd.mechanism.schedule import Schedule, late_doses
from qkdrp.systems.pkpd.mechanism.steady import SteadyInterval
from qkdrp.systems.pkpd.mechanism.structure import Structure

Reals = NDArray[np.float64]


class Law(Protocol):
    """A mechanism whose log parameters depend on covariates and vary between subjects."""

    @property
    def structure(self) -> Structure:
        """The mechanism."""

    @property
    def covariates(self) -> Sequence[Any]:
        """Names of the covariates that the parameters depend on, or objects with a ``name``."""

    @property
    def omega(self) -> Any:  # noqa: ANN401  # a tensor, or numbers
        """Standard deviation of the log parameters between subjects, shape (n_parameters,)."""

    @property
    def sigma(self) -> Mapping[str, float]:
        """Standard deviation of the log of a measurement, by endpoint."""

    def log_parameters(
        self, covariates: Mapping[str, Reals], eta: torch.Tensor | None = None
    ) -> torch.Tensor:
        """Return log parameters, shape (n, n_parameters).

        Args:
            covariates: Values by name, each of shape (n,).
            eta: Deviations of the subjects, shape (n, n_parameters); none where left out.
        """


@dataclass(frozen=True, eq=False)
class LateInterval:
    """The interval that begins one interval after the last of a few doses, for any dose.

    Args:
        structure: The mechanism.
        parameters: Natural parameters, each of shape (...).
        interval: Hours between doses.
        refine: Into how many parts a step of the grid is cut.
    """

    structure: Structure
    parameters: Parameters
    interval: float
    refine: int

    def at(self, dose: float | torch.Tensor) -> Curves:
        """Return the curves of a dose, mg; times count from the start of the interval."""
        n_doses, end = late_doses(self.interval), torch.tensor([self.interval], dtype=torch.float64)
        points = offsets(self.interval, end, self.refine)
        points = points[points <= self.interval]
        schedule = Schedule.regular(float(dose), self.interval, n_doses)
        design = Design.of(schedule, n_doses * self.interval + points, self.refine)
        found = curves(self.structure, self.parameters, design)
        return Curves(points, found.concentration, found.biomarker)


@dataclass(frozen=True, eq=False)
class MechanismSubjects:
    """Subjects whose courses a mechanism gives.

    Args:
        structure: The mechanism.
        parameters: Natural parameters of the subjects, each of shape (...).
    """

    structure: Structure
    parameters: Parameters

    @property
    def finite(self) -> bool:
        """Whether all parameters are finite and above 0: there are covariates it cannot take."""
        return all(
            bool((torch.isfinite(each) & (each > 0)).all()) for each in self.parameters.values()
        )

    def first(self, n: int) -> "MechanismSubjects":
        """Return the first n subjects."""
        few = {name: values[:n] for name, values in self.parameters.items()}
        return MechanismSubjects(self.structure, few)

    def interval(
        self, hours: float, *, late: bool = False, refine: int = 1
    ) -> SteadyInterval | LateInterval:
        """Return the interval between two doses, for any dose.

        Args:
            hours: Between doses.
            late: Whether it is the one that begins an interval after the last of a few doses;
                otherwise that of steady state, by the periodic solution.
            refine: Into how many parts a step of the grid is cut.
        """
        if late:
            return LateInterval(self.structure, self.parameters, hours, refine)
        return SteadyInterval.of(self.structure, self.parameters, hours, refine=refine)

    def courses(self, schedule: Schedule, times: torch.Tensor) -> Curves:
        """Return the curves at some times, hours, under any doses; shapes (..., n_times)."""
        return curves(self.structure, self.parameters, Design.of(schedule, times))


class DosedByMechanism:
    """What a population model with a mechanism brings, so that doses can be found from it."""

    @property
    def n_deviates(self: Law) -> int:
        """Standard normal numbers that make a subject: one for each parameter."""
        return len(self.structure.parameters)

    @torch.no_grad()
    def subjects(
        self: Law, covariates: Mapping[str, Reals], deviates: torch.Tensor | None = None
    ) -> MechanismSubjects:
        """Return subjects.

        Args:
            covariates: Values by name, (n,) each.
            deviates: Standard normal numbers, shape (n, n_deviates) or (n_repeats, n, n_deviates);
                None for typical subjects.
        """
        eta = None
        if deviates is not None:
            eta = deviates * torch.as_tensor(self.omega, dtype=torch.float64)
        if eta is None or eta.dim() == 2:
            logs = self.log_parameters(covariates, eta)
        else:
            logs = self.log_parameters(covariates) + eta
        return MechanismSubjects(self.structure, self.structure.to_natural(logs))

    def without_variability(self: Law) -> "WithoutVariability":
        """Return the model whose subjects are as their covariates say."""
        return WithoutVariability(self)

    def facts(self: Law) -> dict[str, Any]:
        """Return what an answer says of the model: structure, covariates, variability."""
        omega = zip(self.structure.parameters, np.asarray(self.omega).tolist(), strict=True)
        return {
            "structure": self.structure.label,
            "covariates": [str(getattr(each, "name", each)) for each in self.covariates],
            "omega": {name: value for name, value in omega if value > 0},
            "sigma": dict(self.sigma),
        }


class WithoutVariability(DosedByMechanism):
    """A population model without variability between subjects: all are as covariates say.

    Args:
        model: The model with variability.
    """

    def __init__(self, model: Law) -> None:
        self.structure, self.covariates = model.structure, model.covariates
        self.sigma: Mapping[str, float] = {}
        self.omega = torch.zeros(len(model.structure.parameters), dtype=torch.float64)
        self.log_parameters = model.log_parameters


class Mechanistic(Law, Protocol):
    """A population model with a mechanism that doses can be found from."""

    @property
    def n_deviates(self) -> int:
        """Standard normal numbers that make a subject."""

    def subjects(
        self, covariates: Mapping[str, Reals], deviates: torch.Tensor | None = None
    ) -> MechanismSubjects:
        """Return subjects."""

    def without_variability(self) -> WithoutVariability:
        """Return the model whose subjects are as their covariates say."""

    def facts(self) -> dict[str, Any]:
        """Return what an answer says of the model."""
