"""Heads of grey boxes: from covariates to changes of logarithmic parameters of the mechanism."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import torch
from torch import nn

from qkdrp.backends import Backend, QuantumLayer
from qkdrp.systems.pkpd.circuit import pqc_of
from qkdrp.systems.pkpd.model_settings import ModelConfig

ROLES = ("ka", "CL", "V", "Q", "V2", "R0", "kout", "potency", "ceiling")
"""What the outputs of a head change; structures without one of them leave it out."""

WIDTH = 16
"""Hidden units of the head ``mlp``: as many as a circuit of 4 qubits has outputs."""

SHARE = 0.3
"""Factor of what a head adds to power laws."""


def power_laws(n_inputs: int) -> nn.Linear:
    """Return a linear layer without bias that begins at 0."""
    layer = nn.Linear(n_inputs, len(ROLES), bias=False)
    nn.init.zeros_(layer.weight)
    return layer


class BesidePowerLaws(nn.Module):
    """Power laws and, beside them, a network that begins at 0.

    Args:
        n_inputs: Covariates.
        body: From covariates to ``n_features`` numbers.
        n_features: Outputs of the body.
    """

    def __init__(self, n_inputs: int, body: nn.Module, n_features: int) -> None:
        super().__init__()
        self.skip, self.body = power_laws(n_inputs), body
        self.last = nn.Linear(n_features, len(ROLES))
        nn.init.zeros_(self.last.weight)
        nn.init.zeros_(self.last.bias)

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        """Return changes of logarithmic parameters, shape (n_subjects, n_roles)."""
        changes: torch.Tensor = self.skip(z) + SHARE * self.last(self.body(z))
        return changes


def _linear(_config: ModelConfig, _backend: Backend, n_inputs: int) -> nn.Module:
    return power_laws(n_inputs)


def _mlp(_config: ModelConfig, _backend: Backend, n_inputs: int) -> nn.Module:
    body = nn.Sequential(nn.Linear(n_inputs, WIDTH), nn.Tanh())
    return BesidePowerLaws(n_inputs, body, WIDTH)


def _quantum(config: ModelConfig, backend: Backend, n_inputs: int) -> nn.Module:
    pqc = pqc_of(config)
    layer = QuantumLayer(backend.qnn(pqc))
    body = nn.Sequential(nn.Linear(n_inputs, config.n_qubits), layer)
    return BesidePowerLaws(n_inputs, body, len(pqc.observables))


HEADS: Mapping[str, Callable[[ModelConfig, Backend, int], nn.Module]] = MappingProxyType(
    {"linear": _linear, "mlp": _mlp, "quantum": _quantum}
)
"""What makes a head, by name."""
