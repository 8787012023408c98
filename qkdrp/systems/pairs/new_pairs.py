"""Pairs without a response: every line with every drug, or those that a user names."""

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
from qkdrp.systems.pairs.data.pair_data import BETWEEN, Drugs, Lines


@dataclass(frozen=True, eq=False, repr=False)
class NewPairs(Brief):
    """Pairs of cell line and drug; a data set whose rows have no label.

    Args:
        lines: Cell lines.
        drugs: Drugs.
        line: Place of each pair's line, shape (n_pairs,).
        drug: Place of each pair's drug, shape (n_pairs,).
        provenance: Where lines and drugs come from, in one line.
        synthetic: Whether the numbers are made up.
    """

    lines: Lines
    drugs: Drugs
    line: NDArray[np.int64]
    drug: NDArray[np.int64]
    provenance: str
    synthetic: bool = False

    @cached_property
    def ids(self) -> NDArray[np.str_]:
        """Id of each pair: cell line and drug, shape (n_pairs,)."""
        lines = np.char.add(self.lines.ids, BETWEEN)
        found: NDArray[np.str_] = np.char.add(lines[self.line], self.drugs.ids[self.drug])
        return found

    @property
    def value(self) -> NDArray[np.float64]:
        """NaN for each pair: nothing was measured, shape (n_pairs,)."""
        return np.full(len(self.line), np.nan)

    def __len__(self) -> int:
        """Return the number of pairs."""
        return len(self.line)

    def select(self, ids: Sequence[str] | NDArray[np.str_]) -> Self:
        """Return the pairs of the given ids, in their order.

        Raises:
            DataError: If one is not there.
        """
        rows = pd.Index(self.ids).get_indexer(pd.Index(np.asarray(ids, dtype=np.str_)))
        if (rows < 0).any():
            raise DataError(f"{self.provenance}: a pair that was asked for is not there.")
        return replace(self, line=self.line[rows], drug=self.drug[rows])

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

    def digest(self) -> str:
        """Return a SHA-256 of numbers and names."""
        content = sha256()
        texts = (self.lines.ids, self.lines.features, self.drugs.ids, self.drugs.smiles)
        for array in (*texts, self.lines.matrix, self.line, self.drug):
            content.update(np.ascontiguousarray(array).tobytes())
        return content.hexdigest()
