"""What a population model must offer for its dose to be found."""

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from qkdrp.systems.pkpd.mechanism import Structure


class DoseModel(Protocol):
    """A mechanism whose log parameters depend on covariates and vary between subjects."""

    @property
    def structure(self) -> Structure:
        """The mechanism."""

    @property
    def covariates(self) -> Sequence[str]:
        """Names of the covariates that the parameters depend on."""

    @property
    def omega(self) -> torch.Tensor:
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
