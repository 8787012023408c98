"""The pairs: what every loader gives and everything after it takes."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import sha256
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from qkdrp.common.brief import Brief
from qkdrp.common.errors import DataError
from qkdrp.common.shown import shown
from qkdrp.systems.pairs.data.molecules import Molecules
from qkdrp.systems.pairs.target import LN_IC50

BETWEEN = " | "
"""Stands between cell line and drug in the id of a pair."""


@dataclass(frozen=True, eq=False, repr=False)
class Lines(Brief):
    """Cell lines with their features.

    Args:
        ids: Shape (n_lines,).
        features: Names of the columns, shape (n_features,); their order is part of the model.
        matrix: Shape (n_lines, n_features), float32; NaN where missing.
        tissues: Shape (n_lines,), blank where unknown; None where nothing tells them.
    """

    ids: NDArray[np.str_]
    features: NDArray[np.str_]
    matrix: NDArray[np.float32]
    tissues: NDArray[np.str_] | None = None

    def __post_init__(self) -> None:
        """Check that the arrays fit together."""
        _check_ids(self.ids, "cell line")
        if self.matrix.shape != (len(self.ids), len(self.features)):
            raise DataError(
                f"features have shape {self.matrix.shape}, expected "
                f"({len(self.ids)}, {len(self.features)})."
            )

    def __len__(self) -> int:
        """Return the number of lines."""
        return len(self.ids)

    def select(self, places: NDArray[np.int64]) -> "Lines":
        """Return the lines at some places, in their order."""
        tissues = None if self.tissues is None else self.tissues[places]
        return Lines(self.ids[places], self.features, self.matrix[places], tissues)


@dataclass(frozen=True, eq=False, repr=False)
class Drugs(Brief):
    """Drugs with their molecules.

    Args:
        ids: Shape (n_drugs,).
        names: What tables call them, shape (n_drugs,).
        smiles: Shape (n_drugs,).
        molecules: Their graphs, in the same order.
    """

    ids: NDArray[np.str_]
    names: NDArray[np.str_]
    smiles: NDArray[np.str_]
    molecules: Molecules

    def __post_init__(self) -> None:
        """Check that the arrays fit together."""
        _check_ids(self.ids, "drug")
        if {len(self.names), len(self.smiles), len(self.molecules)} != {len(self.ids)}:
            raise DataError("names, SMILES and molecules of drugs differ in number.")

    def __len__(self) -> int:
        """Return the number of drugs."""
        return len(self.ids)

    def select(self, places: NDArray[np.int64]) -> "Drugs":
        """Return the drugs at some places, in their order."""
        return Drugs(
            self.ids[places], self.names[places], self.smiles[places], self.molecules.select(places)
        )


@dataclass(frozen=True, eq=False, repr=False)
class Pairs(Brief):
    """Pairs of cell line and drug; each line and each drug is held once, a pair is two numbers.

    Args:
        lines: All cell lines.
        drugs: All drugs.
        line: Place of each pair's cell line, shape (n_pairs,).
        drug: Place of each pair's drug, shape (n_pairs,).
    """

    lines: Lines
    drugs: Drugs
    line: NDArray[np.int64]
    drug: NDArray[np.int64]

    @cached_property
    def ids(self) -> NDArray[np.str_]:
        """Id of each pair: cell line and drug, shape (n_pairs,)."""
        lines = np.char.add(self.lines.ids, BETWEEN)
        found: NDArray[np.str_] = np.char.add(lines[self.line], self.drugs.ids[self.drug])
        return found

    def __len__(self) -> int:
        """Return the number of pairs."""
        return len(self.line)

    def compact(self) -> Self:
        """Return the same pairs without lines and drugs that no pair has."""
        lines, line = np.unique(self.line, return_inverse=True)
        drugs, drug = np.unique(self.drug, return_inverse=True)
        return replace(
            self,
            lines=self.lines.select(lines),
            drugs=self.drugs.select(drugs),
            line=line.astype(np.int64),
            drug=drug.astype(np.int64),
        )


@dataclass(frozen=True, eq=False, repr=False)
class PairData(Pairs):
    """Measured pairs.

    Args:
        lines, drugs, line, drug: As of :class:`Pairs`.
        value: What was measured, shape (n_pairs,).
        synthetic: Whether the numbers are made up.
        provenance: Where the numbers come from, in one line.
        measure: Column of what was measured, a key of
            :data:`~qkdrp.systems.pairs.target.MEASURES`.
        notes: What the user should look at, a line each.

    Raises:
        DataError: If arrays do not fit together, a pair is there twice, or a value is not finite.
    """

    value: NDArray[np.float64]
    synthetic: bool
    provenance: str
    measure: str = LN_IC50
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Check that the arrays fit together."""
        if {len(self.line), len(self.drug)} != {len(self.value)}:
            raise DataError("lines, drugs and values of pairs differ in number.")
        if not np.isfinite(self.value).all():
            raise DataError(f"{self.measure} holds a value that is not finite.")
        keys, counts = np.unique(self.line * len(self.drugs) + self.drug, return_counts=True)
        if len(keys) < len(self.line):
            line, drug = divmod(int(keys[counts > 1][0]), len(self.drugs))
            raise DataError(
                f"the pair of cell line {shown(self.lines.ids[line])} and drug "
                f"{shown(self.drugs.ids[drug])} is there twice; keep one of each."
            )

    @property
    def samples(self) -> NDArray[np.str_]:
        """Cell line of each pair, shape (n_pairs,)."""
        return self.lines.ids[self.line]

    @property
    def drug_ids(self) -> NDArray[np.str_]:
        """Drug of each pair, shape (n_pairs,)."""
        return self.drugs.ids[self.drug]

    @property
    def tissues(self) -> NDArray[np.str_] | None:
        """Tissue of each pair's cell line, shape (n_pairs,)."""
        return None if self.lines.tissues is None else self.lines.tissues[self.line]

    @cached_property
    def _index(self) -> pd.Index:
        return pd.Index(self.ids)

    def select(self, ids: Sequence[str] | NDArray[np.str_]) -> Self:
        """Return the pairs of the given ids, in their order; tables of lines and drugs stay whole.

        Raises:
            DataError: If an id is not there.
        """
        places = self._index.get_indexer(pd.Index(np.asarray(ids, dtype=np.str_)))
        if (places < 0).any():
            missing = np.asarray(ids)[places < 0]
            raise DataError(
                f"{len(missing)} pairs are not in the data, {shown(missing[0])} for one: "
                "give the data that the split was made from."
            )
        return self.at(places)

    def at(self, places: NDArray[np.int64]) -> Self:
        """Return the pairs at some places, in their order."""
        return replace(
            self, line=self.line[places], drug=self.drug[places], value=self.value[places]
        )

    def digest(self) -> str:
        """Return a SHA-256 of the numbers and ids, to tell whether data are still the same."""
        content = sha256(self.measure.encode())
        texts = (self.lines.ids, self.lines.features, self.drugs.ids, self.drugs.smiles)
        for array in (*texts, self.lines.matrix, self.line, self.drug, self.value):
            content.update(np.ascontiguousarray(array).tobytes())
        if self.lines.tissues is not None:
            content.update(self.lines.tissues.tobytes())
        return content.hexdigest()


def _check_ids(ids: NDArray[np.str_], what: str) -> None:
    """Refuse ids that are there twice, or that hold what stands between two ids."""
    names, counts = np.unique(ids, return_counts=True)
    if (counts > 1).any():
        raise DataError(f"{what} {shown(names[counts > 1][0])} is there twice; keep one of each.")
    split = [name for name in names.tolist() if BETWEEN in name]
    if split:
        raise DataError(f"{what} {shown(split[0])} holds {BETWEEN!r}; call it otherwise.")
