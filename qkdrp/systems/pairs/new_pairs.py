"""Pairs without a response: every line with every drug, or those that a user names."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from qkdrp.common.errors import DataError
from qkdrp.systems.pairs.data.pair_data import Pairs


@dataclass(frozen=True, eq=False, repr=False)
class NewPairs(Pairs):
    """Pairs of cell line and drug; a data set whose rows have no label.

    Args:
        lines, drugs, line, drug: As of :class:`~qkdrp.systems.pairs.data.pair_data.Pairs`.
        provenance: Where lines and drugs come from, in one line.
        synthetic: Whether the numbers are made up.
    """

    provenance: str
    synthetic: bool = False

    @property
    def value(self) -> NDArray[np.float64]:
        """NaN for each pair: nothing was measured, shape (n_pairs,)."""
        return np.full(len(self.line), np.nan)

    def select(self, ids: Sequence[str] | NDArray[np.str_]) -> Self:
        """Return the pairs of the given ids, in their order.

        Raises:
            DataError: If one is not there.
        """
        rows = pd.Index(self.ids).get_indexer(pd.Index(np.asarray(ids, dtype=np.str_)))
        if (rows < 0).any():
            raise DataError(f"{self.provenance}: a pair that was asked for is not there.")
        return replace(self, line=self.line[rows], drug=self.drug[rows])

    def digest(self) -> str:
        """Return a SHA-256 of numbers and names."""
        content = sha256()
        texts = (self.lines.ids, self.lines.features, self.drugs.ids, self.drugs.smiles)
        for array in (*texts, self.lines.matrix, self.line, self.drug):
            content.update(np.ascontiguousarray(array).tobytes())
        return content.hexdigest()
