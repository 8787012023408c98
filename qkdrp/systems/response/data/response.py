"""The response table: what was measured, and who is a responder."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from qkdrp.common.errors import DataError
from qkdrp.common.names import listed
from qkdrp.common.shown import shown, shown_cell
from qkdrp.systems.response.measures import LN_IC50, TRANSFORMS, Measure
from qkdrp.tables.frames import refuse_duplicates
from qkdrp.tables.numbers import numeric

RESPONSE_LETTERS = {"S": True, "SENSITIVE": True, "R": False, "RESISTANT": False}
"""S is sensitive, the paper's responder; R is *resistant*, the paper's non-responder."""


@dataclass(frozen=True)
class ResponseColumns:
    """Where a response table holds values and labels.

    Args:
        value: Column of the measure.
        letter: Column with R (resistant) or S (sensitive).
        measure: What was measured.
        threshold: Samples on its sensitive side are responders, whatever their letter; None for
            the letters.
        decimal: As for :func:`~qkdrp.tables.numbers.numeric`.
    """

    value: str
    letter: str = "response"
    measure: Measure = LN_IC50
    threshold: float | None = None
    decimal: str | None = None

    def check(self, table: pd.DataFrame, path: Path, *others: str) -> None:
        """Refuse a table without the columns that are needed.

        Args:
            table: The table.
            path: Where it comes from, for messages.
            *others: Further columns that it needs.

        Raises:
            DataError: Names the missing columns and those that were found.
        """
        letters = [] if self.threshold is not None else [self.letter]
        needed = [*others, self.value, *letters]
        missing = [name for name in needed if name not in table.columns]
        if not missing:
            return
        found = listed(map(str, [table.index.name or "the row names", *table.columns]))
        if missing == letters:
            side = "largest" if self.measure.direction == "lower" else "smallest"
            raise DataError(
                f"{path}: column {self.letter} is missing, so nothing says who responds: add it "
                "with S (sensitive) or R (resistant), or give by --threshold the "
                f"{side} {self.value} of a responder; found {found}."
            )
        hint = "" if self.value not in missing else "; name another measure by --measure"
        raise DataError(
            f"{path}: {_columns_missing(missing)}, expected one row for each sample and "
            f"drug with sample,{','.join(needed)}; found {found}{hint}."
        )


def _columns_missing(names: list[str]) -> str:
    one = len(names) == 1
    return f"column {names[0]} is missing" if one else f"columns {', '.join(names)} are missing"


def clean_response(table: pd.DataFrame, path: Path, columns: ResponseColumns) -> pd.DataFrame:
    """Return a response table with the columns ``ln_ic50`` and ``responder``, checked.

    The former holds the measure on the scale that models learn, see
    :class:`~qkdrp.systems.response.measures.Measure`.

    Args:
        table: One row per sample of one drug, indexed by sample.
        path: Where the table comes from, for messages.
        columns: Where values and labels are.

    Raises:
        DataError: If a sample repeats, a value is blank, not a number or cannot be meant, or a
            letter is neither R nor S; names the culprit.
    """
    refuse_duplicates(table.index, "samples", path)
    values = numeric(table[[columns.value]], path, decimal=columns.decimal)[columns.value]
    _check_values(values, path, columns.measure)
    if columns.threshold is None:
        responder = read_letters(table[columns.letter], path).to_numpy(dtype=bool)
    else:
        responder = columns.measure.sensitive(values.to_numpy(), columns.threshold)
    scaled = columns.measure.to_scale(values.to_numpy(dtype=np.float64))
    return pd.DataFrame({"ln_ic50": scaled, "responder": responder}, index=table.index)


def _check_values(values: pd.Series, path: Path, measure: Measure) -> None:
    """Refuse blank values, and values that the measure cannot have.

    Raises:
        DataError: Names the first.
    """
    column = shown(str(values.name))
    if values.isna().any():
        row = values.index[values.isna().to_numpy()][0]
        raise DataError(
            f"{path}: row {shown(row)}, column {column} is blank, expected a number: remove the "
            "rows without one."
        )
    scale = TRANSFORMS[measure.transform]
    outside = (values <= scale.lowest) | (values >= scale.highest)
    if outside.any():
        row = values.index[outside.to_numpy()][0]
        within = f"above {scale.lowest:g}"
        within += f" and below {scale.highest:g}" if np.isfinite(scale.highest) else ""
        raise DataError(
            f"{path}: row {shown(row)}, column {column} holds {values[row]:g}, expected a value "
            f"{within}, whose {measure.transform} is taken."
        )
    beyond = np.zeros(len(values), dtype=bool)
    if measure.largest is not None:
        beyond = values.abs().to_numpy() > measure.largest
    if beyond.any():
        row = values.index[beyond][0]
        raise DataError(
            f"{path}: row {shown(row)}, column {column} holds {values[row]:g}, expected the "
            f"natural logarithm of the IC50 in micromolar, within +-{measure.largest:g}: take it."
        )


def read_letters(letters: pd.Series, path: Path, *, blank: bool = False) -> pd.Series:
    """Return who responds, in any spelling of :data:`RESPONSE_LETTERS`.

    Args:
        letters: By sample.
        path: Where the table comes from, for messages.
        blank: Whether a letter may be missing; it then stays blank.

    Raises:
        DataError: If a letter is neither R nor S.
    """
    known = letters.astype("string").str.strip().str.upper()
    wrong = ~known.isin(list(RESPONSE_LETTERS))
    if blank:
        known = known.mask(known == "")
        wrong &= known.notna()
    if wrong.any():
        row = letters.index[wrong.to_numpy(bool)][0]
        advice = "write S for every sample that responds, R for the others"
        raise DataError(
            f"{path}: row {shown(row)}, column {shown(str(letters.name))} holds "
            f"{shown_cell(letters[row])}, expected R (resistant) or S (sensitive)"
            f"{', or a blank' if blank else ''}: {advice}."
        )
    found = known.map(RESPONSE_LETTERS)
    return found.astype(object).where(known.notna(), None) if blank else found.astype(bool)
