"""A linear layer of low rank with a circuit inside: ``qnn_basic`` of Team PNU 2025."""

import torch
from torch import nn

FIRST_ALPHA = 0.5
"""Where the factor of the classical path begins."""


class CircuitLinear(nn.Module):
    """``Linear(q(x) + alpha * path(x))`` of ``x = Linear(inputs)``, with one number per qubit in x.

    ``q`` gives the expectation values of a circuit, or what stands in its place. ``path`` is layer
    normalisation, GELU and a linear layer; ``alpha`` is trained.

    Args:
        n_inputs: Size of inputs.
        n_outputs: Size of outputs.
        normalisation: From x to angles, (n_rows, n_qubits) to the same shape.
        core: From angles to values, (n_rows, n_qubits) to (n_rows, n_values).
        n_qubits: Number of qubits.
        n_values: Number of values.
    """

    def __init__(
        self,
        n_inputs: int,
        n_outputs: int,
        normalisation: nn.Module,
        core: nn.Module,
        n_qubits: int,
        n_values: int,
    ) -> None:
        super().__init__()
        self.project = nn.Linear(n_inputs, n_qubits)
        self.normalisation, self.core = normalisation, core
        self.alpha = nn.Parameter(torch.tensor(FIRST_ALPHA))
        self.path = nn.Sequential(nn.LayerNorm(n_qubits), nn.GELU(), nn.Linear(n_qubits, n_values))
        self.expand = nn.Linear(n_values, n_outputs)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Return outputs, shape (n_rows, n_outputs), of inputs, shape (n_rows, n_inputs)."""
        x = self.project(inputs)
        values = self.core(self.normalisation(x))
        found: torch.Tensor = self.expand(torch.addcmul(values, self.alpha, self.path(x)))
        return found
