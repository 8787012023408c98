"""The cells of a table in EstData form, under the names that this package expects."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from qkdrp.common.errors import DataError
from qkdrp.common.shown import shown_cell
from qkdrp.systems.pkpd.data.columns import ALIASES, BLANKS, ID, NOT_REPRESENTED, TEXTS
from qkdrp.systems.pkpd.data.description import FILE_NAME, TrialDescription
from qkdrp.systems.pkpd.data.found_columns import find_columns
from qkdrp.tables.frames import read_table
from qkdrp.tables.numbers import numeric


@dataclass(frozen=True, eq=False)
class Cells:
    """Cells of a table.

    Args:
        path: The file.
        table: Numbers, and words in the columns of :data:`~..columns.TEXTS`; the index counts rows
            from 1, without the header.
        given: The file's name of each column.
        covariates: Columns that are covariates.
    """

    path: Path
    table: pd.DataFrame
    given: Mapping[str, str]
    covariates: tuple[str, ...]

    def __contains__(self, name: str) -> bool:
        """Tell whether there is a column."""
        return name in self.table.columns

    def fault(self, row: Any, column: str, what: str) -> DataError:  # noqa: ANN401  # a label
        """Return an error about a cell.

        Args:
            row: Its row.
            column: Its column, as this package calls it.
            what: What is wrong with it and what to do.
        """
        held = shown_cell(self.table.loc[row, column])
        name = self.given.get(column, column)
        return DataError(f"{self.path}: row {row}, column {name} holds {held}, {what}")

    def refuse(self, wrong: pd.Series, column: str, what: str) -> None:
        """Raise for the first row where something is wrong; nothing where nothing is."""
        if wrong.any():
            raise self.fault(wrong.index[wrong.to_numpy(bool)][0], column, what)


def read_cells(path: Path, description: TrialDescription) -> Cells:
    """Read a table and find its columns.

    Raises:
        DataError: If it cannot be read, lacks a column, holds one twice, holds words where numbers
            are expected, or doses that a trial cannot hold.
    """
    own = [description.columns[ID]] if ID in description.columns else [ID, *ALIASES[ID]]
    table = read_table(path, text=None, ids=own)
    first = str(table.index.name or "")
    table = table.reset_index()
    table.index = pd.RangeIndex(1, len(table) + 1)
    names = [first, *map(str, table.columns[1:])]
    table.columns = pd.Index(names)
    found = find_columns(names, path, description)
    given = found.given
    table = table[list(given.values())].replace(list(BLANKS), None)
    words = [given[name] for name in TEXTS if name in given]
    numbers = _numbers(table.drop(columns=words), path)
    numbers[words] = table[words]
    numbers = numbers.rename(columns={name: key for key, name in given.items()})
    cells = Cells(path, numbers, given, found.covariates)
    for name, meaning in NOT_REPRESENTED.items():
        if name in cells:
            cells.refuse(
                numbers[name].fillna(0) != 0,
                name,
                f"and {meaning} cannot be represented yet: write every dose as a row of its own, "
                "by mouth.",
            )
    return cells


def _numbers(table: pd.DataFrame, path: Path) -> pd.DataFrame:
    """Return cells as numbers; a message about words says how to leave a column out."""
    try:
        return numeric(table, path)
    except DataError as error:
        raise DataError(
            f"{str(error).rstrip('.')}; a column that is no covariate is left out by "
            f'"ignore" in {FILE_NAME}.'
        ) from error
