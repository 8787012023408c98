"""Pairs as tensors: tables of lines and molecules once, and two indices for each pair.

A batch holds each of its distinct lines and drugs once, whatever the number of pairs.
"""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import torch

from qkdrp.systems.pairs.data.molecules import Molecules
from qkdrp.systems.pairs.data.pair_data import PairData
from qkdrp.systems.pairs.new_pairs import NewPairs
from qkdrp.systems.pairs.preprocess import Preprocessor
from qkdrp.training.rows import Indices, Rows, as_tensor

NORMALISED = "normalised"
"""Atom features divided by their sum."""


@dataclass(frozen=True, eq=False, repr=False)
class Graphs:
    """Molecules as tensors, one after the other.

    Args:
        atoms: Shape (n_atoms, 78), float32.
        bonds: Atoms of each directed bond, counted over all molecules, shape (2, n_ends), int64.
        atom_starts: First atom of each molecule, and the number of all, shape (n_molecules + 1,).
        bond_starts: First directed bond of each molecule, and the number of all.
    """

    atoms: torch.Tensor
    bonds: torch.Tensor
    atom_starts: torch.Tensor
    bond_starts: torch.Tensor

    @classmethod
    def of(cls, molecules: Molecules, atom_rows: str) -> Self:
        """Return molecules as tensors.

        Args:
            molecules: The molecules.
            atom_rows: ``"binary"`` or ``"normalised"``.
        """
        atoms = as_tensor(molecules.atoms)
        if atom_rows == NORMALISED:
            atoms = atoms / atoms.sum(dim=1, keepdim=True)
        starts = [
            torch.from_numpy(np.concatenate([[0], np.cumsum(counts)]))
            for counts in (molecules.n_atoms, molecules.n_ends)
        ]
        shift = torch.repeat_interleave(starts[0][:-1], torch.from_numpy(molecules.n_ends))
        return cls(atoms, torch.from_numpy(molecules.bonds) + shift, starts[0], starts[1])

    @property
    def n_atoms(self) -> torch.Tensor:
        """Atoms of each molecule, shape (n_molecules,)."""
        return self.atom_starts.diff()

    def to(self, device: torch.device) -> Self:
        """Return the molecules on a device."""
        parts = (self.atoms, self.bonds, self.atom_starts, self.bond_starts)
        return type(self)(*(part.to(device) for part in parts))

    def take(self, places: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Return atoms, directed bonds, and the molecule of each atom, of some molecules.

        Args:
            places: Which, in the order wanted, shape (n,), int64.
        """
        atom, molecule, shift = _members(self.atom_starts, places)
        bond, of_bond, _ = _members(self.bond_starts, places)
        return self.atoms[atom], self.bonds[:, bond] - shift[of_bond], molecule


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class PairRows(Rows):
    """Rows whose inputs are places of line and drug in two tables.

    Args:
        lines: Features of all lines, shape (n_lines, n_features).
        drugs: Molecules of all drugs.
    """

    lines: torch.Tensor
    drugs: Graphs

    def batch(self, indices: Indices) -> tuple[tuple[torch.Tensor, ...], torch.Tensor]:
        """Return the model's inputs and the target of some pairs.

        The inputs are the features of distinct lines, each pair's place among them, atoms, directed
        bonds and the molecule of each atom of distinct drugs, and each pair's place among these.

        Args:
            indices: Numbers of pairs, or a slice.
        """
        line, drug = (part[indices] for part in self.inputs)
        lines, line_place = torch.unique(line, return_inverse=True)
        drugs, drug_place = torch.unique(drug, return_inverse=True)
        graphs = self.drugs.take(drugs)
        return (self.lines[lines], line_place, *graphs, drug_place), self.target[indices]

    def to(self, device: torch.device) -> Self:
        """Return the rows with all tensors on a device."""
        moved = super().to(device)
        return replace(moved, lines=self.lines.to(device), drugs=self.drugs.to(device))


def rows_of(preprocessor: Preprocessor, pairs: PairData | NewPairs) -> PairRows:
    """Return pairs as tensors; lines and drugs that no pair has are left out.

    The target of pairs without a response is NaN.
    """
    used = pairs.compact()
    return PairRows(
        inputs=(torch.from_numpy(used.line), torch.from_numpy(used.drug)),
        target=as_tensor(preprocessor.label(used)),
        lines=as_tensor(preprocessor.features(used.lines)),
        drugs=Graphs.of(used.drugs.molecules, preprocessor.atom_rows),
    )


def _members(
    starts: torch.Tensor, places: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return the members of some groups of consecutive numbers.

    Args:
        starts: First member of each group, and the number of all.
        places: The groups.

    Returns:
        Members one group after the other; the group of each, counted along ``places``; and, for
        each group, by how much its members move when they are counted along the first.
    """
    counts = starts[places + 1] - starts[places]
    first = counts.cumsum(0) - counts
    shift = starts[places] - first
    group = torch.repeat_interleave(torch.arange(len(places), device=starts.device), counts)
    member = torch.arange(len(group), device=starts.device) + shift[group]
    return member, group, shift
