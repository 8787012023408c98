"""Graphs of many molecules in a few arrays."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from qkdrp.common.brief import Brief


@dataclass(frozen=True, eq=False, repr=False)
class Molecules(Brief):
    """Atoms and bonds of molecules, one molecule after the other.

    Args:
        atoms: Features of all atoms, 0 or 1, shape (n_atoms, 78).
        bonds: Numbers of the two atoms of each bond within their molecule, each bond in both
            directions, shape (2, n_ends).
        n_atoms: Atoms of each molecule, shape (n_molecules,).
        n_ends: Directed bonds of each molecule, shape (n_molecules,).

    Raises:
        ValueError: If the counts do not fit the arrays.
    """

    atoms: NDArray[np.uint8]
    bonds: NDArray[np.int64]
    n_atoms: NDArray[np.int64]
    n_ends: NDArray[np.int64]

    def __post_init__(self) -> None:
        """Check that counts and arrays fit together."""
        found = (len(self.atoms), self.bonds.shape[1])
        expected = (int(self.n_atoms.sum()), int(self.n_ends.sum()))
        if found != expected:
            raise ValueError(f"Found {found} atoms and directed bonds, expected {expected}.")

    @classmethod
    def joined(cls, graphs: Sequence[tuple[NDArray[np.uint8], NDArray[np.int64]]]) -> Self:
        """Join graphs, each of atoms and directed bonds."""
        return cls(
            np.concatenate([atoms for atoms, _ in graphs]),
            np.concatenate([bonds for _, bonds in graphs], axis=1),
            np.array([len(atoms) for atoms, _ in graphs], dtype=np.int64),
            np.array([bonds.shape[1] for _, bonds in graphs], dtype=np.int64),
        )

    @classmethod
    def together(cls, parts: Sequence["Molecules"]) -> Self:
        """Return the molecules of several collections, one after the other."""
        return cls(
            np.concatenate([part.atoms for part in parts]),
            np.concatenate([part.bonds for part in parts], axis=1),
            np.concatenate([part.n_atoms for part in parts]),
            np.concatenate([part.n_ends for part in parts]),
        )

    def __len__(self) -> int:
        """Return the number of molecules."""
        return len(self.n_atoms)

    def select(self, places: NDArray[np.int64]) -> "Molecules":
        """Return the molecules at some places, in their order."""
        return Molecules(
            self.atoms[_within(self.n_atoms, places)],
            self.bonds[:, _within(self.n_ends, places)],
            self.n_atoms[places],
            self.n_ends[places],
        )

    def sums(self) -> NDArray[np.float64]:
        """Return the sum of each atom feature over each molecule, shape (n_molecules, 78)."""
        starts = np.cumsum(self.n_atoms) - self.n_atoms
        return np.add.reduceat(self.atoms.astype(np.float64), starts)


def _within(counts: NDArray[np.int64], places: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the positions of all members of some molecules, given how many each has."""
    starts = np.cumsum(counts) - counts
    parts = [np.arange(starts[place], starts[place] + counts[place]) for place in places.tolist()]
    return np.concatenate([np.empty(0, dtype=np.int64), *parts])
