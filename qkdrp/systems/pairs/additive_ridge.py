"""Additive ridge: shrunken effects of drug and cell line, fitted together."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from qkdrp.systems.pairs.data.pair_data import PairData

Reals = NDArray[np.float64]

PENALTIES = np.logspace(-1, 2, 13)
"""Penalties; the best by leave-one-out on the training pairs is taken."""


@dataclass(frozen=True, eq=False)
class AdditiveRidge:
    """Ridge regression on one-hot drug and one-hot cell line, after its fit.

    Args:
        lines: Ids of the training lines.
        drugs: Ids of the training drugs.
        of_lines: Effect of each line.
        of_drugs: Effect of each drug.
        overall: Mean of the training pairs.
        penalty: The one that was chosen.
    """

    lines: NDArray[np.str_]
    drugs: NDArray[np.str_]
    of_lines: Reals
    of_drugs: Reals
    overall: float
    penalty: float

    @classmethod
    def fit(cls, train: PairData, target: Reals) -> Self:
        """Fit on training pairs, with the penalty of the smallest leave-one-out error.

        Args:
            train: The pairs.
            target: Of each, shape (n_pairs,).
        """
        used = train.compact()
        n_lines, overall = len(used.lines), float(target.mean())
        line, drug = used.line, n_lines + used.drug
        n = n_lines + len(used.drugs)
        gram = np.zeros((n, n))
        np.add.at(gram, (np.r_[line, drug, line, drug], np.r_[line, drug, drug, line]), 1.0)
        left = target - overall
        moment = np.bincount(line, left, n) + np.bincount(drug, left, n)
        values, vectors = np.linalg.eigh(gram)
        best = (np.inf, np.zeros(n), 0.0)
        for penalty in PENALTIES.tolist():
            inverse = (vectors / (values + penalty)) @ vectors.T
            effects = inverse @ moment
            leverage = inverse[line, line] + inverse[drug, drug] + 2 * inverse[line, drug]
            errors = (left - effects[line] - effects[drug]) / (1 - leverage)
            best = min(
                best, (float(np.mean(errors**2)), effects, penalty), key=lambda each: each[0]
            )
        _, effects, penalty = best
        of_lines, of_drugs = effects[:n_lines], effects[n_lines:]
        return cls(used.lines.ids, used.drugs.ids, of_lines, of_drugs, overall, penalty)

    def predict(self, pairs: PairData) -> Reals:
        """Return predicted targets, shape (n_pairs,); new lines and drugs have no effect."""
        effects = [
            np.append(known, 0.0)[pd.Index(names).get_indexer(pd.Index(ids))]
            for known, names, ids in (
                (self.of_lines, self.lines, pairs.lines.ids),
                (self.of_drugs, self.drugs, pairs.drugs.ids),
            )
        ]
        found: Reals = self.overall + effects[0][pairs.line] + effects[1][pairs.drug]
        return found
