"""Pairs that a data frame names, looked up in data frames of cell lines and drugs."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from qkdrp.common.brief import Brief
from qkdrp.common.errors import DataError
from qkdrp.common.names import closest
from qkdrp.common.shown import shown
from qkdrp.systems.pairs.config import DataConfig
from qkdrp.systems.pairs.data.molecules import Molecules
from qkdrp.systems.pairs.data.pair_data import Drugs, Lines, PairData
from qkdrp.systems.pairs.data.tables import DRUG_IDS, SAMPLE_IDS, SMILES
from qkdrp.systems.pairs.new_pairs import NewPairs
from qkdrp.systems.pairs.new_samples.sources import Table, drugs_of, lines_of, take_tables
from qkdrp.tables.numbers import numeric
from qkdrp.training.stored_state import State

SAMPLE, DRUG = PAIR_COLUMNS = ("sample", "drug")
"""Columns of pairs."""

PROVENANCE = "tables in memory"
"""Where pairs come from, in words."""

_MATRIX = "tables.features"
"""Name of the features among the arrays of a state."""


@dataclass(frozen=True, eq=False, repr=False)
class PairTables(Brief):
    """Tables of cell lines and drugs, and those that are looked up after them.

    Args:
        features: One row for each line; None for no table.
        drugs: One row for each drug, with SMILES; None for no table.
        largest_fragment: Whether salts are reduced to their largest fragment.
        others: Tables for what is not in these.
    """

    features: pd.DataFrame | None
    drugs: pd.DataFrame | None
    largest_fragment: bool = False
    others: Sequence["PairTables"] = ()

    def with_new(self, new: "PairTables") -> "PairTables":
        """Return tables that are looked up before these."""
        return PairTables(new.features, new.drugs, self.largest_fragment, (self,))

    def measured_pairs(
        self, pairs: pd.DataFrame, value: NDArray[np.float64], measure: str
    ) -> PairData:
        """Return measured pairs with their lines and drugs.

        Args:
            pairs: Of :func:`pair_columns`.
            value: What was measured, shape (n_pairs,).
            measure: A key of :data:`~qkdrp.systems.pairs.target.MEASURES`.

        Raises:
            DataError: If a line or drug is in no table, a pair is there twice, or a table is
                invalid.
        """
        frame = _frame(self.features, "features").frame
        lines = self._lines(pairs[SAMPLE], frame.columns.to_numpy(dtype=np.str_))
        drugs = self._drugs(pairs[DRUG])
        places = _places(pairs, lines, drugs)
        return PairData(lines, drugs, *places, value, False, PROVENANCE, measure)

    def new_pairs(self, pairs: pd.DataFrame, features: NDArray[np.str_]) -> NewPairs:
        """Return pairs without a response.

        Args:
            pairs: Of :func:`pair_columns`.
            features: Names of the features of a model.

        Raises:
            DataError: If a line or drug is in no table, or a table is invalid.
        """
        lines, drugs = self._lines(pairs[SAMPLE], features), self._drugs(pairs[DRUG])
        return NewPairs(lines, drugs, *_places(pairs, lines, drugs), PROVENANCE)

    def state(self) -> State:
        """Return both tables as plain numbers."""
        features, drugs = _frame(self.features, "features"), _frame(self.drugs, "drugs")
        details = {
            "lines": features.frame.index.tolist(),
            "features": features.frame.columns.tolist(),
            "drugs": drugs.frame.index.tolist(),
            "smiles": drugs.column((SMILES,)).tolist(),
        }
        values = numeric(features.frame, features.where, np.float32)
        return State({_MATRIX: values.to_numpy(np.float32)}, {"tables": details})

    @classmethod
    def from_state(cls, state: State, largest_fragment: bool) -> "PairTables":
        """Make tables again from their state."""
        details = state.details["tables"]
        lines = pd.Index(details["lines"], name=SAMPLE)
        drugs = pd.Index(details["drugs"], name=DRUG)
        return cls(
            pd.DataFrame(state.arrays[_MATRIX], lines, details["features"]),
            pd.DataFrame({SMILES: details["smiles"]}, drugs),
            largest_fragment,
        )

    def _lines(self, asked: pd.Series, features: NDArray[np.str_]) -> Lines:
        parts = [lines_of(part, features, None) for part in self._parts("features", asked)]
        return Lines(
            np.concatenate([part.ids for part in parts]),
            features,
            np.concatenate([part.matrix for part in parts]),
        )

    def _drugs(self, asked: pd.Series) -> Drugs:
        reading = DataConfig(largest_fragment=self.largest_fragment)
        parts = [drugs_of(part, reading) for part in self._parts("drugs", asked)]
        molecules = [part.molecules for part in parts]
        return Drugs(
            np.concatenate([part.ids for part in parts]),
            np.concatenate([part.names for part in parts]),
            np.concatenate([part.smiles for part in parts]),
            Molecules.together(molecules),
        )

    def _parts(self, name: str, asked: pd.Series) -> list[Table]:
        """Return the rows of the tables that are asked for, each id from the first that has it.

        Raises:
            DataError: If one is in no table; names it.
        """
        missing, found, known = pd.Index(asked.unique()), list[Table](), list[str]()
        for tables in (self, *self.others):
            if getattr(tables, name) is None:
                continue
            table = _frame(getattr(tables, name), name)
            known += table.frame.index.tolist()
            part = table.frame[table.frame.index.isin(missing)]
            if len(part):
                found.append(Table(part, table.where))
                missing = missing.difference(part.index, sort=False)
        if len(missing):
            what = "cell line" if name == "features" else "drug"
            like = closest(str(missing[0]), known)
            hint = f"; did you mean {shown(like)}?" if like else f"; add it, or give {name}=..."
            raise DataError(f"{what} {shown(missing[0])} is not in the table {name}{hint}")
        return found


def pair_columns(pairs: Any) -> pd.DataFrame:  # noqa: ANN401  # what a user gives
    """Return ids of lines and drugs as text, in the columns :data:`PAIR_COLUMNS`.

    Raises:
        DataError: If it is no data frame, a column is missing, or an id is blank.
    """
    if not isinstance(pairs, pd.DataFrame):
        raise DataError(
            f"X is a {type(pairs).__name__}, expected a data frame with the columns sample and "
            "drug."
        )
    if pairs.empty:
        raise DataError("X has no rows, expected one pair at least.")
    table = Table(pairs.reset_index(drop=True), Path("X"))
    columns = (table.column(SAMPLE_IDS), table.column(DRUG_IDS))
    return pd.DataFrame(
        {name: each.to_numpy(dtype=str) for name, each in zip(PAIR_COLUMNS, columns, strict=True)}
    )


def _frame(table: pd.DataFrame | None, name: str) -> Table:
    """Return a table of a user, indexed by its ids.

    Raises:
        DataError: If there is none, or it is no data frame.
    """
    if not isinstance(table, pd.DataFrame):
        found = "none" if table is None else f"a {type(table).__name__}"
        row = "cell line" if name == "features" else "drug"
        raise DataError(f"{name}: found {found}, expected a data frame with a row for each {row}.")
    return take_tables({name: table})[name]


def _places(
    pairs: pd.DataFrame, lines: Lines, drugs: Drugs
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    line, drug = (
        pd.Index(ids).get_indexer(pd.Index(pairs[name])).astype(np.int64)
        for ids, name in ((lines.ids, SAMPLE), (drugs.ids, DRUG))
    )
    return line, drug
