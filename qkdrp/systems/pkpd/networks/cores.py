"""What stands in the place of a network's circuits."""

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType

import torch
from torch import nn

from qkdrp.backends import Backend, QuantumLayer
from qkdrp.systems.pkpd.circuit import pqc_of
from qkdrp.systems.pkpd.model_settings import ModelConfig
from qkdrp.systems.pkpd.network_choices import DENSE, FROZEN, LOWRANK, QUANTUM

LETTERS = 4
"""Values of a circuit for each qubit: X, Y, Z and ZZ."""


class DenseRing(nn.Module):
    """Linear, tanh, linear, with as many weights and values as a circuit has.

    For each qubit and layer there is one hidden unit of three weights: of its input, its bias, and
    of its output. Value ``k`` of qubit ``q`` is the sum over layers of the units of ``q`` that read
    the input of qubit ``q + k``, so that neighbours on the ring meet, as in the circuit.

    Args:
        n_qubits: Number of qubits in whose place it stands (n).
        n_layers: Number of layers (L); it has ``3 n L`` weights.
    """

    def __init__(self, n_qubits: int, n_layers: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(n_layers, n_qubits).uniform_(-1.0, 1.0))
        self.bias = nn.Parameter(torch.empty(n_layers, n_qubits).uniform_(-1.0, 1.0))
        bound = 1 / math.sqrt(n_layers)  # as torch.nn.Linear of so many inputs begins
        self.out = nn.Parameter(torch.empty(n_layers, n_qubits).uniform_(-bound, bound))

    def forward(self, angles: torch.Tensor) -> torch.Tensor:
        """Return values, shape (n_rows, 4 n), of angles, shape (n_rows, n)."""
        turned = torch.stack([angles.roll(-k, -1) for k in range(LETTERS)], dim=1)
        units = torch.tanh(turned.unsqueeze(2) * self.weight + self.bias)
        return (units * self.out).sum(dim=2).flatten(1)


class NoValues(nn.Module):
    """Zeros in place of the values of a circuit.

    Args:
        n_values: Number of values.
    """

    def __init__(self, n_values: int) -> None:
        super().__init__()
        self.n_values = n_values

    def forward(self, angles: torch.Tensor) -> torch.Tensor:
        """Return zeros, shape (n_rows, n_values)."""
        return angles.new_zeros(*angles.shape[:-1], self.n_values)


def _quantum(config: ModelConfig, backend: Backend, name: str) -> nn.Module:
    return QuantumLayer(backend.qnn(pqc_of(config), name))


def _frozen(config: ModelConfig, backend: Backend, name: str) -> nn.Module:
    return _quantum(config, backend, name).requires_grad_(False)


def _dense(config: ModelConfig, _backend: Backend, _name: str) -> nn.Module:
    return DenseRing(config.n_qubits, config.n_layers)


def _lowrank(config: ModelConfig, _backend: Backend, _name: str) -> nn.Module:
    return NoValues(LETTERS * config.n_qubits)


MAKERS: Mapping[str, Callable[[ModelConfig, Backend, str], nn.Module]] = MappingProxyType(
    {QUANTUM: _quantum, FROZEN: _frozen, DENSE: _dense, LOWRANK: _lowrank}
)
"""What makes the core of a layer of that name, by what is asked for; without a core there is no
such layer."""
