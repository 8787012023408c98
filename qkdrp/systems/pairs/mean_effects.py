"""Mean effects of drugs, lines and tissues: what predicts a pair without features or molecule."""

from dataclasses import dataclass, field
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from qkdrp.common.brief import Brief
from qkdrp.systems.pairs.data.pair_data import PairData

Reals = NDArray[np.float64]


@dataclass(frozen=True, eq=False, repr=False)
class MeanEffects(Brief):
    """Mean target of each drug, line and tissue, as differences from the overall mean.

    Args:
        lines: Ids of the training lines.
        drugs: Ids of the training drugs.
        of_lines: Effect of each line, shape (n_lines,).
        of_drugs: Effect of each drug, shape (n_drugs,).
        overall: Mean of all training pairs.
        tissues: Names of the training tissues; none where nothing tells them.
        of_tissues: Effect of each tissue, shape (n_tissues,).
    """

    lines: NDArray[np.str_]
    drugs: NDArray[np.str_]
    of_lines: Reals
    of_drugs: Reals
    overall: float
    tissues: NDArray[np.str_] = field(default_factory=lambda: np.array([], dtype=np.str_))
    of_tissues: Reals = field(default_factory=lambda: np.zeros(0))

    @classmethod
    def fit(cls, train: PairData, target: Reals) -> Self:
        """Take means over training pairs.

        Args:
            train: The pairs.
            target: Of each, shape (n_pairs,).
        """
        overall = float(target.mean())
        lines, line = np.unique(train.samples, return_inverse=True)
        drugs, drug = np.unique(train.drug_ids, return_inverse=True)
        known = np.zeros(len(train), dtype=bool) if train.tissues is None else train.tissues != ""
        of_pairs = np.array([], dtype=np.str_) if train.tissues is None else train.tissues[known]
        tissues, tissue = np.unique(of_pairs, return_inverse=True)
        return cls(
            lines,
            drugs,
            np.bincount(line, target - overall) / np.bincount(line),
            np.bincount(drug, target - overall) / np.bincount(drug),
            overall,
            tissues,
            np.bincount(tissue, (target - overall)[known], len(tissues)) / np.bincount(tissue),
        )

    def line_effect(self, pairs: PairData) -> Reals:
        """Return the effect of each pair's line, 0 for lines without training pairs."""
        return _looked_up(self.lines, self.of_lines, pairs.lines.ids)[pairs.line]

    def drug_effect(self, pairs: PairData) -> Reals:
        """Return the effect of each pair's drug, 0 for drugs without training pairs."""
        return _looked_up(self.drugs, self.of_drugs, pairs.drugs.ids)[pairs.drug]

    def tissue_effect(self, pairs: PairData) -> Reals:
        """Return the effect of each pair's tissue, 0 for tissues without training pairs."""
        if pairs.lines.tissues is None or not len(self.tissues):
            return np.zeros(len(pairs))
        return _looked_up(self.tissues, self.of_tissues, pairs.lines.tissues)[pairs.line]

    def predict(self, pairs: PairData) -> Reals:
        """Return the sum of all effects, shape (n_pairs,).

        A line's effect holds that of its tissue. A line without training pairs has the effect of
        its tissue alone.
        """
        known = np.isin(pairs.lines.ids, self.lines)[pairs.line]
        of_lines = np.where(known, self.line_effect(pairs), self.tissue_effect(pairs))
        return self.overall + self.drug_effect(pairs) + of_lines


def _looked_up(known: NDArray[np.str_], effects: Reals, ids: NDArray[np.str_]) -> Reals:
    places = pd.Index(known).get_indexer(pd.Index(ids))
    return np.where(places < 0, 0.0, effects[places])
