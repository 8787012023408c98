"""The base of models with a mechanism: typical curves, individual curves, state without pickles."""

import json
from abc import abstractmethod
from typing import Any, ClassVar

import numpy as np
import torch
from torch import nn

from qkdrp.systems.pkpd.mechanism import Mechanistic
from qkdrp.systems.pkpd.population.curves import log_curves_of
from qkdrp.systems.pkpd.population.individual import random_effects
from qkdrp.systems.pkpd.population.inputs import SubjectInputs
from qkdrp.training.config import FitConfig
from qkdrp.training.monitor import Direction, Monitor
from qkdrp.training.rows import Rows
from qkdrp.training.task import RegressionTask


class PopulationNetwork(nn.Module):
    """A model of a subject's curves that holds a population model.

    In training it returns -2 log likelihoods, which are minimised. Otherwise it predicts logarithms
    of all slots, for the population and for the individual (PRED and IPRED).

    Args:
        names: Covariates, in the order of the inputs' columns.
    """

    no_refits: ClassVar[str] = "the run holds no refits"
    """Why a dose has no interval where there are no refits, in words."""

    def __init__(self, names: tuple[str, ...]) -> None:
        super().__init__()
        self.names = names

    @abstractmethod
    def population(self) -> Mechanistic:
        """Return the population model."""

    @abstractmethod
    def refits(self) -> tuple[Mechanistic, ...]:
        """Return refits to resampled subjects; none where there are none."""

    @abstractmethod
    def prepare(self, inputs: SubjectInputs) -> None:
        """Fit what comes before the first epoch, on all training subjects."""

    @abstractmethod
    def learn(self, inputs: SubjectInputs) -> torch.Tensor:
        """Return -2 log likelihoods to minimise, shape (n,)."""

    @abstractmethod
    def typical(self, inputs: SubjectInputs) -> torch.Tensor:
        """Return logarithmic parameters without random effects, (n_subjects, n_parameters)."""

    @abstractmethod
    def stored(self) -> dict[str, Any]:
        """Return what it holds beside weights, as plain values."""

    @abstractmethod
    def restore(self, values: dict[str, Any]) -> None:
        """Take what :meth:`stored` returned."""

    def forward(self, *tensors: torch.Tensor) -> torch.Tensor:
        """Return -2 log likelihoods in training; else PRED and IPRED, (n_subjects, n_slots, 2)."""
        inputs = SubjectInputs.of(tensors)
        return self.learn(inputs) if self.training else self._curves(inputs)

    def _curves(self, inputs: SubjectInputs) -> torch.Tensor:
        typical, panel, population = self._typical(inputs), inputs.panel, self.population()
        if not torch.isfinite(typical).all():  # values of a circuit that a device still computes
            return torch.full((*panel.times.shape, 2), torch.nan, dtype=torch.float64)
        found = random_effects(
            population.structure, panel, typical, population.omega, population.sigma
        )
        both = [log_curves_of(population.structure, phi, panel) for phi in (typical, found.phi)]
        return torch.stack(both, dim=-1)

    def typical_curves(self, inputs: SubjectInputs) -> torch.Tensor:
        """Return PRED, shape (n_subjects, n_slots)."""
        structure = self.population().structure
        return log_curves_of(structure, self._typical(inputs), inputs.panel)

    def _typical(self, inputs: SubjectInputs) -> torch.Tensor:
        return self.typical(inputs).detach().double()

    def get_extra_state(self) -> torch.Tensor:
        """Return what it holds beside weights as JSON, in bytes: a file needs no pickle."""
        text = json.dumps(self.stored()).encode()
        return torch.from_numpy(np.frombuffer(text, dtype=np.uint8).copy())

    def set_extra_state(self, state: torch.Tensor) -> None:
        """Take what :meth:`get_extra_state` returned."""
        self.restore(json.loads(state.numpy().tobytes()))


LAST_EPOCH = Monitor("last_epoch", Direction.LOWER)
"""A score that no epoch has, so that the last one counts: three validation subjects, one of each
dose level, say too little to choose an epoch by."""


class TypicalCurves(nn.Module):
    """PRED of a model as its first output; individual effects, which take most time, are not found.

    Args:
        model: Whose typical curves they are.
    """

    def __init__(self, model: PopulationNetwork) -> None:
        super().__init__()
        self.model = model

    def forward(self, *tensors: torch.Tensor) -> torch.Tensor:
        """Return PRED, shape (n_subjects, n_slots, 1)."""
        return self.model.typical_curves(SubjectInputs.of(tensors)).unsqueeze(-1)


class PopulationTask(RegressionTask):
    """Minimises -2 log likelihood for all epochs; validation loss is that of typical curves."""

    monitor = LAST_EPOCH

    def loss(self, prediction: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """Return the mean of -2 log likelihoods, or the mean squared error of PRED."""
        if prediction.dim() == 1:
            return prediction.mean()
        errors = prediction[..., 0] - target
        return errors[~torch.isnan(errors)].square().mean()

    def watched(self, model: nn.Module) -> nn.Module:
        """Return the typical curves of a model: the loss of held-out subjects is theirs."""
        return TypicalCurves(model) if isinstance(model, PopulationNetwork) else model

    def before_training(self, model: nn.Module, train: Rows, config: FitConfig) -> None:  # noqa: ARG002
        """Fit the population that training starts from."""
        if isinstance(model, PopulationNetwork):
            model.prepare(SubjectInputs.of(train.inputs))
