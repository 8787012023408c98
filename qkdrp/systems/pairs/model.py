"""The network on pairs: two branches, and what makes a prediction of their outputs."""

from collections.abc import Mapping
from typing import cast

import torch
from torch import nn

from qkdrp.nn.trace import trace_of
from qkdrp.systems.pairs.spread import spread_of


class PairModel(nn.Module):
    """Branches of drug and line, bridge, normalisation, core and head; one number for each pair.

    Args:
        drug_branch: Molecules to (n_drugs, 128); its last linear layer is ``last``.
        cell_branch: Features to (n_lines, 128); its last linear layer is ``last``.
        bridge: (n_pairs, 256) to as many numbers as the core takes.
        normalisation: To angles, same shape.
        core: Angles to (n_pairs, 1), or to what the head reads.
        head: To predictions, (n_pairs, 1).
        drug_first: Whether the drug's outputs come first.
    """

    def __init__(
        self,
        drug_branch: nn.Module,
        cell_branch: nn.Module,
        bridge: nn.Module,
        normalisation: nn.Module,
        core: nn.Module,
        head: nn.Module,
        drug_first: bool = True,
    ) -> None:
        super().__init__()
        self.drug_branch, self.cell_branch = drug_branch, cell_branch
        self.bridge, self.normalisation = bridge, normalisation
        self.core, self.head = core, head
        self.drug_first = drug_first
        self._spread: Mapping[str, float] = {}

    def forward(
        self,
        lines: torch.Tensor,
        line_place: torch.Tensor,
        atoms: torch.Tensor,
        bonds: torch.Tensor,
        molecule: torch.Tensor,
        drug_place: torch.Tensor,
    ) -> torch.Tensor:
        """Return predictions of pairs, shape (n_pairs,).

        Args:
            lines: Features of distinct lines, shape (n_lines, n_features).
            line_place: Place of each pair's line among them, shape (n_pairs,), int64.
            atoms: Of distinct drugs, shape (n_atoms, 78).
            bonds: Atoms of each directed bond, shape (2, n_ends), int64.
            molecule: Which of the drugs each atom is of, shape (n_atoms,), int64.
            drug_place: Place of each pair's drug among them, shape (n_pairs,), int64.
        """
        of_lines = self.cell_branch(lines)
        of_drugs = self.drug_branch(atoms, bonds, molecule)
        halves = of_drugs[drug_place], of_lines[line_place]
        phi = torch.cat(halves if self.drug_first else halves[::-1], dim=1)
        angles = self.normalisation(self.bridge(phi))
        if not self.training:
            self._spread = spread_of(of_lines, of_drugs, angles)
        return self._read(angles)

    def predict_outputs(self, phi: torch.Tensor) -> torch.Tensor:
        """Return predictions, shape (n_pairs,), of outputs of the branches, (n_pairs, 256)."""
        return self._read(self.normalisation(self.bridge(phi)))

    @torch.no_grad()
    def move_outputs(self, shift: torch.Tensor) -> None:
        """Add a constant to the outputs of the branches, shape (256,), through their biases."""
        halves = shift.chunk(2)
        of_drugs, of_lines = halves if self.drug_first else halves[::-1]
        for branch, shift_of_it in ((self.drug_branch, of_drugs), (self.cell_branch, of_lines)):
            cast("nn.Linear", branch.last).bias.add_(shift_of_it)

    def _read(self, angles: torch.Tensor) -> torch.Tensor:
        prediction: torch.Tensor = self.head(self.core(angles))
        return prediction.squeeze(-1)

    def trace(self) -> Mapping[str, float]:
        """Return a and r, and the spread of angles when pairs were last predicted."""
        return {**trace_of(self.normalisation), **self._spread}
