"""Predicted concentrations as a feature of the biomarker."""

from dataclasses import dataclass
from typing import Self

import torch

from qkdrp.systems.pkpd.data.trial import CONCENTRATION
from qkdrp.systems.pkpd.preprocess import Preprocessor


@dataclass(frozen=True)
class PkColumn:
    """The way from what the concentration's network predicts to a feature: mg/L, standardised.

    Args:
        of_logarithms: Whether predictions are of logarithms.
        learned: Mean and standard deviation of what is predicted.
        measured: Mean and standard deviation of training concentrations, mg/L.
    """

    of_logarithms: bool
    learned: tuple[float, float]
    measured: tuple[float, float]

    @classmethod
    def of(cls, preprocessor: Preprocessor) -> Self:
        """Return the way of a fitted preprocessor."""
        learned, measured = preprocessor.values[CONCENTRATION], preprocessor.measured_concentration
        pairs = [(float(each.mean), float(each.sd)) for each in (learned, measured)]
        return cls(preprocessor.log_target, *pairs)

    @property
    def untreated(self) -> float:
        """The feature of subjects without doses: 0 mg/L."""
        mean, sd = self.measured
        return -mean / sd

    def __call__(self, predicted: torch.Tensor) -> torch.Tensor:
        """Return features of predictions, same shape."""
        mean, sd = self.learned
        found = predicted * sd + mean
        found = found.exp() if self.of_logarithms else found
        mean, sd = self.measured
        return (found - mean) / sd
