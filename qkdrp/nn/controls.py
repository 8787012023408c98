"""Control layers that stand in the circuit's place."""

import math

import torch
from torch import nn


class DenseCore(nn.Module):
    """A classical layer with the circuit's shapes, range and number of parameters.

    In place of each qubit, for each variational layer of a block, one tanh unit reads the n2
    angles that are encoded on that qubit; a qubit's output is the mean of its n3 units. That makes
    n1 n3 (n2 + 1) parameters, as many as the circuit has weights, and outputs in (-1, 1) as its
    expectation values.

    Args:
        n_qubits: Number of qubits in whose place it stands (n1).
        n_encoding: Number of encoding layers (n2).
        n_variational: Number of variational layers in each block (n3).
        single: Whether there is one output, the mean over qubits, rather than one per qubit.
    """

    def __init__(self, n_qubits: int, n_encoding: int, n_variational: int, single: bool) -> None:
        super().__init__()
        self.single = single
        bound = 1 / math.sqrt(n_encoding)  # as torch.nn.Linear of so many inputs begins
        self.weight = nn.Parameter(torch.empty(n_variational, n_encoding, n_qubits))
        self.bias = nn.Parameter(torch.empty(n_variational, n_qubits))
        nn.init.uniform_(self.weight, -bound, bound)
        nn.init.uniform_(self.bias, -bound, bound)

    def forward(self, angles: torch.Tensor) -> torch.Tensor:
        """Return outputs, shape (batch, n1) or (batch, 1), of angles, shape (batch, n1 * n2)."""
        layers = angles.unflatten(-1, self.weight.shape[1:])
        units = torch.tanh(torch.einsum("blq,vlq->bvq", layers, self.weight) + self.bias)
        outputs = units.mean(dim=1)
        return outputs.mean(dim=-1, keepdim=True) if self.single else outputs
