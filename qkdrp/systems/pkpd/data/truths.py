"""Known mechanistic models that trials are simulated from, so that answers can be checked."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import torch
from numpy.typing import NDArray

from qkdrp.systems.pkpd.mechanism import DosedByMechanism, Structure

Reals = NDArray[np.float64]

REFERENCE_WEIGHT = 70.0
"""Kilograms at which the parameters hold."""

SCALED_BY_WEIGHT: Mapping[str, float] = MappingProxyType(
    {"CL": 0.75, "Q": 0.75, "V": 1.0, "V2": 1.0}
)
"""Exponent of body weight of each parameter that depends on it."""


@dataclass(frozen=True)
class Truth(DosedByMechanism):
    """A known model with variability between subjects, and the doses of its trials.

    It is a population in the sense of the dose optimiser, too: it gives log parameters for
    covariates and deviations.

    Args:
        structure: Of the mechanism.
        natural: Parameters of a subject of 70 kg without concomitant medication, by name.
        comedication: Change of the logarithm of a parameter with concomitant medication, by name;
            empty where the trial knows none.
        deviations: Standard deviation between subjects of each logarithm, by name; 0 for others.
        error: Standard deviation of the logarithm of every measured value.
        levels: Doses of the active groups, mg; a placebo group is added.
        per_group: Subjects of each group.
    """

    structure: Structure
    natural: Mapping[str, float]
    comedication: Mapping[str, float]
    deviations: Mapping[str, float]
    levels: tuple[float, ...]
    error: float = 0.1
    per_group: int = 12

    @property
    def covariates(self) -> tuple[str, ...]:
        """Names of covariates."""
        return ("BW", "COMED") if self.comedication else ("BW",)

    @property
    def omega(self) -> torch.Tensor:
        """Standard deviation between subjects of each log parameter, shape (n_parameters,)."""
        found = [self.deviations.get(name, 0.0) for name in self.structure.parameters]
        return torch.tensor(found, dtype=torch.float64)

    @property
    def sigma(self) -> Mapping[str, float]:
        """Standard deviation of logarithms of measured values, by endpoint."""
        return {"concentration": self.error, "biomarker": self.error}

    def log_parameters(
        self, covariates: Mapping[str, Reals], eta: torch.Tensor | None = None
    ) -> torch.Tensor:
        """Return log parameters, shape (n_subjects, n_parameters).

        Args:
            covariates: Values by name, shape (n_subjects,) each.
            eta: Deviations of the subjects from the typical one, same shape; None for none.
        """
        found = self.structure.to_log(self.natural)
        weights = torch.as_tensor(np.asarray(covariates["BW"], dtype=np.float64))
        names = self.structure.parameters
        slopes = torch.tensor([SCALED_BY_WEIGHT.get(each, 0.0) for each in names])
        logs = found + slopes.double() * torch.log(weights / REFERENCE_WEIGHT)[:, None]
        if self.comedication:
            given = torch.as_tensor(np.asarray(covariates["COMED"], dtype=np.float64))
            changes = torch.tensor([self.comedication.get(each, 0.0) for each in names])
            logs = logs + changes.double() * given[:, None]
        return logs if eta is None else logs + eta


TRUTHS: Mapping[str, Truth] = MappingProxyType(
    {
        "truth-a": Truth(
            Structure(compartments=2, effect="I"),
            natural={
                "ka": 1.5, "CL": 0.12, "V": 6.0, "Q": 0.5, "V2": 12.0,
                "R0": 20.0, "kout": 0.04, "IC50": 0.5, "Imax": 0.8,
            },
            comedication={"R0": -0.15},
            deviations={"CL": 0.25, "V": 0.2, "R0": 0.25, "IC50": 0.3},
            levels=(4.0, 12.0, 40.0),
        ),
        "truth-b": Truth(
            Structure(compartments=1, effect="III"),
            natural={
                "ka": 0.8, "CL": 0.05, "V": 5.0,
                "R0": 4.0, "kout": 0.03, "EC50": 0.8, "Emax": 3.0,
            },
            comedication={},
            deviations={"CL": 0.3, "V": 0.2, "R0": 0.2, "EC50": 0.4},
            levels=(0.5, 1.5, 5.0),
        ),
    }
)  # fmt: skip
"""The truths of trials that are simulated, by name."""
