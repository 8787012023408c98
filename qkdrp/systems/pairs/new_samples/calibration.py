"""How far predictions are off for pairs that are new in the same way as those that are asked for.

A pair may be new as a pair only, or its line, its drug, or both may be new. Errors grow from one to
the next, so bounds come from pairs that are new alike: those that the split of a run left out on
purpose. A run whose split left out no drug has no bounds for new drugs.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qkdrp.backends import get_backend
from qkdrp.common.brief import Brief
from qkdrp.common.conformal import group_weights
from qkdrp.common.seeds import derive_seed
from qkdrp.systems.pairs.build import build_model
from qkdrp.systems.pairs.config import PairsConfig
from qkdrp.systems.pairs.data.pair_data import PairData
from qkdrp.systems.pairs.preprocess import Preprocessor
from qkdrp.systems.pairs.rows import rows_of
from qkdrp.training.loop import predict
from qkdrp.training.trained import Trained

PAIR, LINE, DRUG, BOTH = 0, 1, 2, 3
"""What is new in a pair: nothing but the pair, its line, its drug, or both."""

KINDS: Mapping[int, str] = MappingProxyType(
    {PAIR: "pair", LINE: "line", DRUG: "drug", BOTH: "line and drug"}
)
"""What tables call them."""

LEFT_OUT: Mapping[str, tuple[int, ...]] = MappingProxyType(
    {
        "lpo": (PAIR,),
        "lco": (PAIR, LINE),
        "ldo": (PAIR, DRUG),
        "lcdo": (PAIR, LINE, DRUG, BOTH),
        "lto": (PAIR, LINE),
    }
)
"""What is new in the pairs that a split leaves out on purpose; of ``lto``, whole tissues of lines
are."""

HELPS: Mapping[int, str] = MappingProxyType(
    {PAIR: "lpo", LINE: "lco or lcdo", DRUG: "ldo or lcdo", BOTH: "lcdo"}
)
"""Splits that leave out what is needed, by what is new."""

MOST = 4000
"""Pairs of each kind that are kept, evenly from all groups."""

TISSUES = "lto"
"""The split whose groups of lines are tissues."""

Flags = NDArray[np.bool_]
Places = NDArray[np.int64]
Reals = NDArray[np.float64]


@dataclass(frozen=True, eq=False, repr=False)
class Calibration(Brief):
    """Errors of a model on pairs that it was not trained on.

    Args:
        kind: What is new in each pair, a key of :data:`KINDS`, shape (n,).
        residual: ``|measured - predicted|`` in the unit of the measure, shape (n,).
        line: Number of each pair's line, or of its tissue where tissues were left out.
        drug: Number of each pair's drug.
    """

    kind: Places
    residual: Reals
    line: Places
    drug: Places

    def of(self, kind: int) -> tuple[Reals, Reals]:
        """Return residuals and weights for pairs that are new in a way; none where unknown."""
        rows = self.kind == kind
        groups: Mapping[int, tuple[Places, ...]] = {
            PAIR: (np.arange(rows.sum()),),
            LINE: (self.line[rows],),
            DRUG: (self.drug[rows],),
            BOTH: (self.drug[rows], self.line[rows]),
        }
        residuals = self.residual[rows]
        return residuals, group_weights(*groups[kind]) if len(residuals) else residuals

    def counts(self) -> dict[str, str]:
        """Return in words of how many pairs, lines and drugs bounds of each kind are made."""
        found = {}
        for kind, name in KINDS.items():
            rows = self.kind == kind
            if rows.any():
                lines, drugs = (len(np.unique(each[rows])) for each in (self.line, self.drug))
                found[name] = f"{rows.sum()} pairs of {lines} lines (or tissues), {drugs} drugs"
        return found


def calibrate(
    trained: Trained[PairsConfig, Preprocessor], pairs: PairData, used: Places
) -> Calibration:
    """Predict pairs that a run was not trained on, by exact state vectors.

    Args:
        trained: The model.
        pairs: All measured pairs.
        used: For what each was used: 1 for training, 2 for validation, else 0.
    """
    split, rng = (
        trained.config.data.split,
        np.random.default_rng(derive_seed(trained.config.seed, "calibration")),
    )
    by_tissue = split == TISSUES
    unit = pairs.line
    if by_tissue:
        assert pairs.tissues is not None
        unit = np.unique(pairs.tissues, return_inverse=True)[1]
    kind = kind_of(pairs, unit, used)
    chosen = [_evenly(kind, each, unit, pairs.drug, rng) for each in LEFT_OUT[split]]
    places = np.sort(np.concatenate(chosen))
    asked = pairs.at(places)
    predicted = _exactly(trained, asked) if len(places) else np.empty(0)
    error = np.abs(asked.value - trained.preprocessor.target.measured(predicted))
    residual = np.where(np.isfinite(error), error, np.inf)
    return Calibration(kind[places], residual, unit[places].astype(np.int64), asked.drug)


def kind_of(pairs: PairData, unit: Places, used: Places) -> Places:
    """Return what is new in each pair for a model, shape (n_pairs,); -1 where it does not tell.

    A pair that was trained on or watched tells nothing, and neither does one of a line or a drug
    that was only watched.

    Args:
        pairs: The pairs.
        unit: Line of each, or its tissue, shape (n_pairs,).
        used: For what each was used: 1 for training, 2 for validation, else 0.
    """
    line, line_told = _novelty(unit, used)
    lone_line, _ = _novelty(pairs.line, used)
    drug, drug_told = _novelty(pairs.drug, used)
    told = (used == 0) & line_told & drug_told & (line == lone_line)
    return np.where(told, LINE * line + DRUG * drug, -1)


def _novelty(group: Places, used: Places) -> tuple[Flags, Flags]:
    """Return whether the group of each pair was never used, and whether that is clear."""
    trained, watched = (np.isin(group, group[used == part]) for part in (1, 2))
    return ~trained, trained | ~watched


def _evenly(
    kinds: Places, kind: int, unit: Places, drug: Places, rng: np.random.Generator
) -> Places:
    """Draw pairs that are new in a way, at most :data:`MOST`, evenly from groups."""
    rows = rng.permutation(np.flatnonzero(kinds == kind))
    group = {PAIR: np.zeros_like(drug), LINE: unit, DRUG: drug, BOTH: drug}[kind][rows]
    order = np.argsort(group, kind="stable")
    starts = np.searchsorted(group[order], group[order])
    turn = np.empty(len(rows), dtype=np.int64)
    turn[order] = np.arange(len(rows)) - starts
    found: Places = rows[np.argsort(turn, kind="stable")[:MOST]]
    return found


def _exactly(trained: Trained[PairsConfig, Preprocessor], pairs: PairData) -> Reals:
    """Return predicted targets of a model on exact state vectors, whatever it was trained on."""
    fitted = trained.preprocessor
    with get_backend("statevector") as backend:
        model: Any = build_model(trained.config.model, len(fitted.features.names), backend, 0)
        model.load_state_dict(trained.model.state_dict())
        inputs, _ = rows_of(fitted, pairs).batch(slice(None))
        return np.asarray(predict(model, *inputs).numpy(), dtype=np.float64)
