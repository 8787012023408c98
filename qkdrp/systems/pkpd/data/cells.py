"""The cells of a table in EstData form, under the names that this package expects."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from qkdrp.common.errors import DataError
from qkdrp.common.names import listed
from qkdrp.common.shown import shown_cell
from qkdrp.systems.pkpd.data.columns import (
    ALIASES,
    BLANKS,
    CMT,
    DV,
    DVID,
    EVENTS,
    ID,
    NOT_REPRESENTED,
    TEXTS,
    TIME,
)
from qkdrp.systems.pkpd.data.description import FILE_NAME, TrialDescription
from qkdrp.tables.frames import read_table
from qkdrp.tables.numbers import numeric

REQUIRED = (ID, TIME, DV)
"""Columns that every table has."""


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
    given = _find_columns(names, path, description)
    covariates = _covariates(names, given, path, description)
    given = _without_ignored(given, {*EVENTS, *covariates}, description)
    given |= {name: name for name in covariates if name not in given}
    table = table[list(given.values())].replace(list(BLANKS), None)
    words = [given[name] for name in TEXTS if name in given]
    numbers = _numbers(table.drop(columns=words), path)
    numbers[words] = table[words]
    numbers = numbers.rename(columns={name: key for key, name in given.items()})
    cells = Cells(path, numbers, given, covariates)
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


def _find_columns(
    names: Sequence[str], path: Path, description: TrialDescription
) -> dict[str, str]:
    """Return the table's name of each column that is known.

    Raises:
        DataError: If a column is missing, or there twice.
    """
    by_case: dict[str, list[str]] = {}
    for name in names:
        by_case.setdefault(name.casefold(), []).append(name)
    found: dict[str, str] = {}
    for key, name in description.columns.items():
        if name.casefold() not in by_case:
            raise DataError(
                f"{path}: column {name!r} is missing, which {FILE_NAME} names for {key}; found "
                f"{listed(names)}."
            )
        found[key.upper()] = by_case[name.casefold()][0]
    taken = set(found.values())
    for key, aliases in (*ALIASES.items(), *((name, ()) for name in NOT_REPRESENTED)):
        if key in found:
            continue
        here = [
            name for alias in (key, *aliases) for name in by_case.get(alias.casefold(), [])
            if name not in taken
        ]  # fmt: skip
        if len(here) > 1:
            raise DataError(
                f"{path}: found the columns {' and '.join(here)}, expected one that is {key}: "
                f'remove the others, or name it under "columns" in {FILE_NAME}.'
            )
        found |= dict.fromkeys([key], here[0]) if here else {}
    for key in REQUIRED:
        if key not in found:
            others = ", ".join([key, *ALIASES[key]])
            raise DataError(
                f"{path}: column {key} is missing, expected one called {others} in any case, or "
                f'one named under "columns" in {FILE_NAME}; found {listed(names)}.'
            )
    one_endpoint = len(description.endpoints) == 1
    if DVID not in found and CMT not in found and not one_endpoint:
        raise DataError(
            f"{path}: found neither DVID nor CMT, which tell concentrations from the biomarker; "
            f'add one, or name one endpoint under "endpoints" in {FILE_NAME}.'
        )
    return found


def _without_ignored(
    given: Mapping[str, str], used: Set[str], description: TrialDescription
) -> dict[str, str]:
    """Return columns that are used, without those that are to be ignored."""
    left_out = {name.casefold() for name in description.ignore}
    return {
        key: name
        for key, name in given.items()
        if key in REQUIRED or (key in used and not {key.casefold(), name.casefold()} & left_out)
    }


def _covariates(
    names: Sequence[str], given: Mapping[str, str], path: Path, description: TrialDescription
) -> tuple[str, ...]:
    """Return the covariates, as this package calls them, in the order of the table.

    Raises:
        DataError: If one that is asked for is missing.
    """
    key_of = {name: key for key, name in given.items()}
    others = [name for name in names if name and key_of.get(name) not in EVENTS]
    called = {name: {name.casefold(), key_of.get(name, name).casefold()} for name in others}
    left_out = {name.casefold() for name in description.ignore}
    chosen = [name for name in others if not called[name] & left_out]
    if description.covariates is not None:
        wanted = {name.casefold(): name for name in description.covariates}
        missing = [each for key, each in wanted.items() if key not in set().union(*called.values())]
        if missing:
            raise DataError(
                f"{path}: covariate {missing[0]!r} is missing, which {FILE_NAME} names; found "
                f"{listed(others) or 'none'}."
            )
        chosen = [name for name in chosen if called[name] & set(wanted)]
    return tuple(key_of.get(name, name) for name in chosen)
