"""The source of doses that a trained model holds."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from torch import nn

from qkdrp.common.errors import ConfigError
from qkdrp.systems.pkpd.data.trial import Trial
from qkdrp.systems.pkpd.dose.model import DoseModel, DoseSource


@runtime_checkable
class HoldsPopulation(Protocol):
    """A trained module that is, or holds, a population model."""

    def population(self) -> DoseModel:
        """Return the population model."""

    def refits(self) -> Sequence[DoseModel]:
        """Return its refits to resampled subjects; none where they were not asked for."""


def source_of(module: nn.Module, trial: Trial, title: str) -> DoseSource:
    """Return the source of doses of a trained model.

    Args:
        module: The trained model.
        trial: What it was trained on.
        title: What it is called.

    Raises:
        ConfigError: If the model is no population model: it knows neither steady states nor how
            subjects differ.
    """
    if not isinstance(module, HoldsPopulation):
        raise ConfigError(
            f"the model {title} has no mechanism, and so no steady state and no variability "
            "between subjects: train --model mechanistic or greybox for doses."
        )
    return DoseSource(module.population(), trial, tuple(module.refits()), title)
