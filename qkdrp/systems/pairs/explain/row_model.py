"""A model of pairs whose rows share nothing: each has its own line and its own molecule."""

import torch
from torch import nn

from qkdrp.systems.pairs.rows import Graphs

LINES, ATOMS, DRUG = 0, 1, 2
"""Inputs of a row model: features of the line, atoms of the molecule, number of the molecule."""


class PairRowModel(nn.Module):
    """A model of pairs that takes one line and one molecule for each row.

    Bonds are those of a table of molecules, and atoms are an input, so that predictions have
    gradients by atoms and one row's atoms can be changed without those of another.

    Args:
        model: A :class:`~qkdrp.systems.pairs.model.PairModel`.
        graphs: The table of molecules.
    """

    def __init__(self, model: nn.Module, graphs: Graphs) -> None:
        super().__init__()
        self.model, self.graphs = model, graphs

    def forward(self, lines: torch.Tensor, atoms: torch.Tensor, drug: torch.Tensor) -> torch.Tensor:
        """Return predictions, shape (n_rows,).

        Args:
            lines: Features, shape (n_rows, n_features).
            atoms: Features of atoms, shape (n_rows, most_atoms, 78); those beyond the atoms of a
                row's molecule are not read.
            drug: Number of each row's molecule in the table, shape (n_rows,), int64.
        """
        drugs, place = drug, torch.arange(len(drug))
        if not torch.is_grad_enabled():  # rows whose molecules are the same share its embedding
            distinct, of_drug = torch.unique(drug, return_inverse=True)
            first = torch.full((len(distinct),), len(drug)).scatter_reduce(
                0, of_drug, torch.arange(len(drug)), "amin"
            )
            if torch.equal(atoms, atoms[first[of_drug]]):
                drugs, atoms, place = distinct, atoms[first], of_drug
        _, bonds, molecule = self.graphs.take(drugs)
        there = torch.arange(atoms.shape[1]) < self.graphs.n_atoms[drugs].unsqueeze(1)
        prediction: torch.Tensor = self.model(
            lines, torch.arange(len(lines)), atoms[there], bonds, molecule, place
        )
        return prediction


def padded_atoms(graphs: Graphs, drugs: torch.Tensor) -> torch.Tensor:
    """Return the atoms of molecules, shape (n, most_atoms, 78); zeros after the last atom.

    Args:
        graphs: The table of molecules.
        drugs: Numbers of molecules, shape (n,), int64.
    """
    counts = graphs.n_atoms[drugs]
    atoms, _, _ = graphs.take(drugs)
    padded = torch.zeros(len(drugs), int(counts.max()), atoms.shape[1])
    padded[torch.arange(padded.shape[1]) < counts.unsqueeze(1)] = atoms
    return padded
