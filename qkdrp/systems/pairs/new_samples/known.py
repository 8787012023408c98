"""What a run keeps of its data, so that it predicts and compares without them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from qkdrp.common.brief import Brief
from qkdrp.systems.pairs.data.pair_data import Drugs, Lines, PairData
from qkdrp.systems.pairs.kept_rows import pairs_of, state_of
from qkdrp.systems.pairs.new_samples.calibration import Calibration, calibrate
from qkdrp.training.stored_state import State
from qkdrp.training.trained import Trained

TRAINED, WATCHED = 1, 2
"""For what a pair was used: training, or telling when to stop."""

_ERRORS = ("kind", "residual", "line", "drug")


@dataclass(frozen=True, eq=False, repr=False)
class Known(Brief):
    """The measured pairs of a run's data, and what became of them.

    Args:
        pairs: All of them.
        used: For what each was used: :data:`TRAINED`, :data:`WATCHED` or 0, shape (n_pairs,).
        calibration: Errors on pairs that were not used.
    """

    pairs: PairData
    used: NDArray[np.int64]
    calibration: Calibration

    @classmethod
    def of(cls, trained: Trained[Any, Any], pairs: PairData) -> "Known":
        """Return what a trained model knows."""
        pairs, split, index = pairs.compact(), trained.split, pd.Index(pairs.ids)
        used = np.zeros(len(pairs), dtype=np.int64)
        for part, ids in ((TRAINED, split.train), (WATCHED, split.validation)):
            used[index.get_indexer(pd.Index(ids))] = part
        return cls(pairs, used, calibrate(trained, pairs, used))

    def state(self) -> State:
        """Return all of it as plain numbers."""
        kept = state_of(self.pairs)
        arrays = {**kept.arrays, "pairs.used": self.used.astype(np.uint8)}
        arrays |= {f"errors.{name}": getattr(self.calibration, name) for name in _ERRORS}
        return State(arrays, kept.details)

    @classmethod
    def from_state(cls, state: State) -> "Known":
        """Make it again from its state."""
        arrays = state.arrays
        errors = Calibration(*(arrays[f"errors.{name}"] for name in _ERRORS))
        return cls(pairs_of(state), arrays["pairs.used"].astype(np.int64), errors)

    @property
    def trained_lines(self) -> Lines:
        """The lines of training pairs."""
        return self.pairs.lines.select(np.unique(self.pairs.line[self.used == TRAINED]))

    @property
    def trained_drugs(self) -> Drugs:
        """The drugs of training pairs."""
        return self.pairs.drugs.select(np.unique(self.pairs.drug[self.used == TRAINED]))

    def measured(self, lines: NDArray[np.str_], drugs: NDArray[np.str_]) -> NDArray[np.float64]:
        """Return what was measured of lines and drugs, shape (n_lines, n_drugs); NaN elsewhere.

        Args:
            lines: Ids, shape (n_lines,).
            drugs: Ids, shape (n_drugs,).
        """
        found = np.full((len(lines), len(drugs)), np.nan)
        pairs = self.pairs
        line, drug = (
            pd.Index(asked).get_indexer(pd.Index(known))
            for asked, known in ((lines, pairs.lines.ids), (drugs, pairs.drugs.ids))
        )
        rows, columns = line[pairs.line], drug[pairs.drug]
        there = (rows >= 0) & (columns >= 0)
        found[rows[there], columns[there]] = pairs.value[there]
        return found
