"""Where pairs stand beside the training of one run: what is new in them, and what is nearest."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from qkdrp.common.brief import Brief
from qkdrp.systems.pairs.data.pair_data import Drugs, Lines
from qkdrp.systems.pairs.new_pairs import NewPairs
from qkdrp.systems.pairs.new_samples.calibration import DRUG, HELPS, KINDS, LINE
from qkdrp.systems.pairs.new_samples.known import Known
from qkdrp.systems.pairs.new_samples.similarity import (
    Nearest,
    canonical,
    nearest_drugs,
    nearest_lines,
)
from qkdrp.systems.pairs.preprocess import Preprocessor

MOST_NAMED = 5
"""Names that a warning lists."""

Flags = NDArray[np.bool_]


@dataclass(frozen=True, eq=False, repr=False)
class Place(Brief):
    """Drugs, or cell lines, beside those that a run was trained on.

    Args:
        new: Whether each is new to the model, shape (n,).
        nearest: The nearest of the training.
        names: Ids of those of the training.
        titles: What tables call them.
    """

    new: Flags
    nearest: Nearest
    names: NDArray[np.str_]
    titles: NDArray[np.str_]


@dataclass(frozen=True, eq=False, repr=False)
class PlacedPairs(NewPairs):
    """Pairs, and where they stand beside the training of one run.

    Args:
        known: What the run keeps; None where it keeps nothing.
        of_drugs: Of each drug; None where it is not known.
        of_lines: Of each line; None where it is not known.
    """

    known: Known | None = None
    of_drugs: Place | None = None
    of_lines: Place | None = None

    @property
    def kind(self) -> NDArray[np.int64]:
        """What is new in each pair, see :mod:`.calibration`, shape (n_pairs,)."""
        assert self.of_drugs is not None
        assert self.of_lines is not None
        new_line, new_drug = self.of_lines.new[self.line], self.of_drugs.new[self.drug]
        return np.asarray(LINE * new_line + DRUG * new_drug, dtype=np.int64)

    @property
    def outside(self) -> tuple[Flags, Flags]:
        """Whether line and drug of each pair are outside the known range, shape (n_pairs,)."""
        assert self.of_drugs is not None
        assert self.of_lines is not None
        return (
            self.of_lines.nearest.outside[self.line],
            self.of_drugs.nearest.outside[self.drug],
        )


def place(pairs: NewPairs, known: Known | None, fitted: Preprocessor) -> PlacedPairs:
    """Return pairs beside the training of a run.

    A drug is known if its molecule is, whatever it is called; a line is known by its id.

    Args:
        pairs: The pairs.
        known: What the run keeps; None where it keeps nothing.
        fitted: Preprocessing of the run.
    """
    parts: dict[str, Any] = {name: getattr(pairs, name) for name in NewPairs.__dataclass_fields__}
    if known is None:
        return PlacedPairs(**parts)
    drugs, lines = known.trained_drugs, known.trained_lines
    return PlacedPairs(
        **parts,
        known=known,
        of_drugs=_drugs(pairs.drugs, drugs),
        of_lines=_lines(pairs.lines, lines, fitted),
    )


def _drugs(drugs: Drugs, trained: Drugs) -> Place:
    molecules, known = canonical(drugs.smiles), canonical(trained.smiles)
    same = pd.Index(trained.ids).get_indexer(pd.Index(drugs.ids))
    _, first = np.unique(known, return_index=True)
    alike = first[pd.Index(known[first]).get_indexer(pd.Index(molecules))]
    there = np.isin(molecules, known)
    own = np.where(same >= 0, same, np.where(there, alike, -1))
    return Place(~there, _itself(nearest_drugs(drugs, trained), own), trained.ids, trained.names)


def _lines(lines: Lines, trained: Lines, fitted: Preprocessor) -> Place:
    own = pd.Index(trained.ids).get_indexer(pd.Index(lines.ids))
    found = nearest_lines(fitted.features(lines), fitted.features(trained))
    return Place(own < 0, _itself(found, own), trained.ids, trained.ids)


def _itself(found: Nearest, own: NDArray[np.int64]) -> Nearest:
    """Return the nearest ones; one that is in the training is nearest to itself."""
    return Nearest(np.where(own >= 0, own, found.place), found.value, found.limit,
                   found.outside & (own < 0))  # fmt: skip


def lines_of_text(placed: PlacedPairs) -> list[str]:
    """Return what a command prints of pairs beside the training."""
    if placed.of_drugs is None or placed.of_lines is None:
        return []
    found = []
    for what, each, word in (
        ("drugs", placed.of_drugs, "Tanimoto similarity"),
        ("lines", placed.of_lines, "distance"),
    ):
        values = each.nearest.value
        found.append(
            f"{what:8} {int(each.new.sum())} of {len(values)} are new; {word} to the nearest of "
            f"{len(each.names)} in the training: median {np.median(values):.2f}; "
            f"{int(each.nearest.outside.sum())} beyond {each.nearest.limit:.2f}, as 1% of "
            "those are"
        )
    return found


def warnings_of(placed: PlacedPairs, split: str) -> list[str]:
    """Return why bounds are missing, and what is extrapolation.

    Args:
        placed: The pairs.
        split: Of the run.
    """
    if placed.known is None:
        return [
            "the run keeps nothing of its training pairs: there are no bounds, and how near drugs "
            "and lines are to those of the training is unknown; give --train-data"
        ]
    found = [
        f"no bounds where the {KINDS[kind]} is new: split {split} left out no such pairs; a run "
        f"trained with --split {HELPS[kind]} has them"
        for kind in np.unique(placed.kind).tolist()
        if not len(placed.known.calibration.of(kind)[0])
    ]
    for what, each in (("drugs", placed.of_drugs), ("cell lines", placed.of_lines)):
        assert each is not None
        ids = (placed.drugs if what == "drugs" else placed.lines).ids[each.nearest.outside]
        if len(ids):
            more = ", ..." if len(ids) > MOST_NAMED else ""
            found.append(
                f"{len(ids)} {what} are outside the known range ({', '.join(ids[:MOST_NAMED])}"
                f"{more}): predictions are extrapolation there, and bounds need not hold"
            )
    return found


def record_of(placed: PlacedPairs) -> Mapping[str, Any]:
    """Return as JSON how many drugs and lines are new, and of what bounds are made."""
    if placed.known is None or placed.of_drugs is None or placed.of_lines is None:
        return {}
    found: dict[str, Any] = {
        what: {
            "n": len(each.new),
            "new": int(each.new.sum()),
            "outside": int(each.nearest.outside.sum()),
            "trained on": len(each.names),
            "limit": None if np.isnan(each.nearest.limit) else each.nearest.limit,
        }
        for what, each in (("drugs", placed.of_drugs), ("lines", placed.of_lines))
    }
    found["bounds"] = placed.known.calibration.counts()
    return found
