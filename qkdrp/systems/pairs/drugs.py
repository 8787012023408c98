"""The branch of the drug: a graph convolutional network on its molecule (PyTorch Geometric).

PyTorch Geometric takes seconds to import, so this module is imported where models are built.
"""

from typing import cast

import torch
from torch import nn
from torch_geometric.nn import global_max_pool

from qkdrp.systems.pairs.data.graph import N_ATOM_FEATURES
from qkdrp.systems.pairs.graph_convolution import GraphConvolution, normalised_adjacency
from qkdrp.systems.pairs.models import BRANCH_SIZE

WIDTHS = (N_ATOM_FEATURES, 2 * N_ATOM_FEATURES, 4 * N_ATOM_FEATURES)
"""Widths of the three graph convolutions."""

HIDDEN = 1024
"""Width of the dense layer after the pooling."""


class DrugBranch(nn.Module):
    """Three graph convolutions, the maximum over the atoms, and two dense layers.

    The layers are those of GraphDRP's GCNNet, which the paper does not print. Pooling comes before
    the last ReLU: the same numbers from fewer elements.

    Args:
        dropout_hidden: Probability of dropout after the hidden dense layer.
        dropout_last: Probability of dropout of the outputs.
    """

    def __init__(self, dropout_hidden: float = 0.0, dropout_last: float = 0.0) -> None:
        super().__init__()
        inputs = (N_ATOM_FEATURES, *WIDTHS[:-1])
        self.convolutions = nn.ModuleList(map(GraphConvolution, inputs, WIDTHS))
        self.dense = nn.Sequential(
            nn.Linear(WIDTHS[-1], HIDDEN),
            nn.ReLU(),
            nn.Dropout(dropout_hidden),
            nn.Linear(HIDDEN, BRANCH_SIZE),
            nn.Dropout(dropout_last),
        )

    @property
    def last(self) -> nn.Linear:
        """The linear layer that gives the embeddings; dropout may follow."""
        return cast("nn.Linear", self.dense[-2])

    def forward(
        self, atoms: torch.Tensor, bonds: torch.Tensor, molecule: torch.Tensor
    ) -> torch.Tensor:
        """Return embeddings, shape (n_molecules, 128).

        Args:
            atoms: Shape (n_atoms, 78).
            bonds: Atoms of each directed bond, shape (2, n_ends), int64.
            molecule: Which molecule each atom is of, ascending, shape (n_atoms,), int64.
        """
        adjacency = normalised_adjacency(bonds, len(atoms))
        *first, last = self.convolutions
        for convolution in first:
            atoms = torch.relu(convolution(atoms, adjacency))
        # not torch_geometric.utils.segment: where atoms tie, torch 2.13 gives it a wrong gradient
        pooled = torch.relu(global_max_pool(last(atoms, adjacency), molecule))
        embedding: torch.Tensor = self.dense(pooled)
        return embedding
