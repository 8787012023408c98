"""Graph convolution of Kipf and Welling with an adjacency that is normalised once for all layers.

The layer's weights are those of PyTorch Geometric, whose own forward multiplies by the weights
first, normalises in every layer, and sums the edges one by one.
"""

from typing import Any

import torch
from torch import nn
from torch_geometric.nn import GCNConv


def normalised_adjacency(bonds: torch.Tensor, n_atoms: int) -> torch.Tensor:
    """Return ``D^-1/2 (A + I) D^-1/2``, a sparse symmetric matrix, shape (n_atoms, n_atoms).

    Args:
        bonds: Atoms of each directed bond, shape (2, n_ends), int64; without self loops.
        n_atoms: Number of atoms.
    """
    loops = torch.arange(n_atoms, device=bonds.device).expand(2, -1)
    edges = torch.cat((bonds, loops), dim=1)
    edges = edges[:, torch.argsort(edges[0] * n_atoms + edges[1])]
    scale = torch.bincount(edges[0], minlength=n_atoms).to(torch.get_default_dtype()).rsqrt()
    values = scale[edges[0]] * scale[edges[1]]
    size = (n_atoms, n_atoms)
    return torch.sparse_coo_tensor(edges, values, size, is_coalesced=True, check_invariants=False)


class _Propagate(torch.autograd.Function):
    """Product with a symmetric constant matrix, which is its own transpose in the gradient."""

    @staticmethod
    def forward(ctx: Any, adjacency: torch.Tensor, atoms: torch.Tensor) -> torch.Tensor:  # noqa: ANN401
        """Return the product, shape (n_atoms, n_features)."""
        ctx.adjacency = adjacency
        mixed: torch.Tensor = torch.sparse.mm(adjacency, atoms)
        return mixed

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[None, torch.Tensor]:  # noqa: ANN401
        """Return the gradient by the atoms."""
        return None, _propagate(ctx.adjacency, gradient)


def _propagate(adjacency: torch.Tensor, atoms: torch.Tensor) -> torch.Tensor:
    mixed: torch.Tensor = _Propagate.apply(adjacency, atoms)  # type: ignore[no-untyped-call]  # torch's
    return mixed


class GraphConvolution(GCNConv):
    """``(A X) W + b`` with a normalised adjacency A; X is narrower than ``X W`` in our network."""

    def forward(self, atoms: torch.Tensor, adjacency: torch.Tensor) -> torch.Tensor:
        """Return the features of atoms, shape (n_atoms, n_out).

        Args:
            atoms: Shape (n_atoms, n_in).
            adjacency: Of :func:`normalised_adjacency`.
        """
        mixed = _propagate(adjacency, atoms)
        return nn.functional.linear(mixed, self.lin.weight, self.bias)
