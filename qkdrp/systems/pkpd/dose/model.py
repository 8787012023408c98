"""What a population model must offer for its dose to be found, and what a dose rests on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from qkdrp.systems.pkpd.data.trial import Trial
from qkdrp.systems.pkpd.mechanism import Structure

BASELINE = "PD0"
"""Covariate of models that know the biomarker before the first dose: its logarithm, of R0 alone."""


class DoseModel(Protocol):
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
        self, covariates: Mapping[str, NDArray[np.float64]], eta: torch.Tensor | None = None
    ) -> torch.Tensor:
        """Return log parameters, shape (n, n_parameters).

        Args:
            covariates: Values by name, each of shape (n,).
            eta: Deviations of the subjects, shape (n, n_parameters); none where left out.
        """


def covariate_names(model: DoseModel) -> list[str]:
    """Return the names of the covariates that the parameters of a model depend on."""
    return [str(getattr(each, "name", each)) for each in model.covariates]


class WithoutVariability:
    """A population model without variability between subjects: all are as covariates say.

    Args:
        model: The model with variability.
    """

    def __init__(self, model: DoseModel) -> None:
        self.structure, self.covariates = model.structure, model.covariates
        self.sigma: Mapping[str, float] = {}
        self.omega = torch.zeros(len(model.structure.parameters), dtype=torch.float64)
        self.log_parameters = model.log_parameters


def model_facts(model: DoseModel) -> Mapping[str, Any]:
    """Return what an answer says of its model: structure, covariates, variability."""
    omega = zip(model.structure.parameters, np.asarray(model.omega).tolist(), strict=True)
    return {
        "structure": model.structure.label,
        "covariates": covariate_names(model),
        "omega": {name: value for name, value in omega if value > 0},
        "sigma": dict(model.sigma),
    }


@dataclass(frozen=True, eq=False)
class DoseSource:
    """A fitted model with what its doses rest on.

    Args:
        model: The population model.
        trial: The trial that it was fitted to: its subjects are the default population.
        refits: The model, fitted again to resampled subjects of the trial; empty for none.
        title: What the model is called.
    """

    model: DoseModel
    trial: Trial
    refits: Sequence[DoseModel] = field(default=())
    title: str = "population model"

    def observed(self) -> dict[str, NDArray[np.float64]]:
        """Return the covariates of the subjects of the trial that the model depends on, (n,) each.

        Those that the model does not depend on are left out, but for those of the trial itself.
        """
        found = {name: self.trial.covariate(name) for name in self.trial.covariates}
        if BASELINE in covariate_names(self.model) and BASELINE not in found:
            found[BASELINE] = np.log([each.baseline for each in self.trial.subjects])
        return found
