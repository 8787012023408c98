"""Which column of a table is which: by the description, by name, or by another name of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from qkdrp.common.errors import DataError
from qkdrp.common.names import listed
from qkdrp.systems.pkpd.data.columns import (
    ALIASES,
    CMT,
    DV,
    DVID,
    EVENTS,
    ID,
    NOT_REPRESENTED,
    TIME,
)
from qkdrp.systems.pkpd.data.description import FILE_NAME, TrialDescription

REQUIRED = (ID, TIME, DV)
"""Columns that every table has."""


@dataclass(frozen=True)
class FoundColumns:
    """The columns of a table that are read.

    Args:
        given: The table's name of each, by the name that this package expects.
        covariates: Those that are covariates, in the order of the table.
    """

    given: Mapping[str, str]
    covariates: tuple[str, ...]


def find_columns(names: Sequence[str], path: Path, description: TrialDescription) -> FoundColumns:
    """Find the columns of a table.

    Args:
        names: All names of its header.
        path: The table, for messages.
        description: May name columns, covariates, and what is to be ignored.

    Raises:
        DataError: If a column is missing, or there twice.
    """
    known = _named(names, path, description)
    known |= _by_alias(names, path, known)
    _check_required(names, path, known, one_endpoint=len(description.endpoints) == 1)
    covariates = _covariates(names, path, known, description)
    left_out = _folded(description.ignore)
    given = {
        key: name
        for key, name in known.items()
        if key in REQUIRED
        or key in covariates
        or (key in EVENTS and not _folded((key, name)) & left_out)
    }
    return FoundColumns(given | {key: key for key in covariates if key not in given}, covariates)


def _named(names: Sequence[str], path: Path, description: TrialDescription) -> dict[str, str]:
    """Return the columns that the description names."""
    by_case = {name.casefold(): name for name in names}
    found = {}
    for key, name in description.columns.items():
        if name.casefold() not in by_case:
            raise DataError(
                f"{path}: column {name!r} is missing, which {FILE_NAME} names for {key}; found "
                f"{listed(names)}."
            )
        found[key.upper()] = by_case[name.casefold()]
    return found


def _by_alias(names: Sequence[str], path: Path, known: Mapping[str, str]) -> dict[str, str]:
    """Return other columns that are called by one of their names."""
    free = [name for name in names if name not in known.values()]
    found = {}
    for key in (*ALIASES, *NOT_REPRESENTED):
        wanted = _folded((key, *ALIASES.get(key, ())))
        here = [name for name in free if name.casefold() in wanted]
        if key in known or not here:
            continue
        if len(here) > 1:
            raise DataError(
                f"{path}: found the columns {' and '.join(here)}, expected one that is {key}: "
                f'remove the others, or name it under "columns" in {FILE_NAME}.'
            )
        found[key] = here[0]
    return found


def _check_required(
    names: Sequence[str], path: Path, known: Mapping[str, str], *, one_endpoint: bool
) -> None:
    for key in REQUIRED:
        if key not in known:
            others = ", ".join([key, *ALIASES[key]])
            raise DataError(
                f"{path}: column {key} is missing, expected one called {others} in any case, or "
                f'one named under "columns" in {FILE_NAME}; found {listed(names)}.'
            )
    if not {DVID, CMT} & set(known) and not one_endpoint:
        raise DataError(
            f"{path}: found neither DVID nor CMT, which tell concentrations from the biomarker; "
            f'add one, or name one endpoint under "endpoints" in {FILE_NAME}.'
        )


def _covariates(
    names: Sequence[str], path: Path, known: Mapping[str, str], description: TrialDescription
) -> tuple[str, ...]:
    """Return the covariates, as this package calls them."""
    key_of = {name: key for key, name in known.items()}
    others = {name: key_of.get(name, name) for name in names if name}
    others = {name: key for name, key in others.items() if key not in EVENTS}
    chosen = set(others)
    if description.covariates is not None:
        chosen = _chosen(others, path, description.covariates)
    left_out = _folded(description.ignore)
    return tuple(
        key
        for name, key in others.items()
        if name in chosen and not _folded((name, key)) & left_out
    )


def _chosen(others: Mapping[str, str], path: Path, wanted: Sequence[str]) -> set[str]:
    """Return the table's names of the covariates that are asked for."""
    found = set()
    for each in wanted:
        names = [name for name, key in others.items() if each.casefold() in _folded((name, key))]
        if not names:
            raise DataError(
                f"{path}: covariate {each!r} is missing, which {FILE_NAME} names; found "
                f"{listed(others) or 'none'}."
            )
        found |= set(names)
    return found


def _folded(names: Sequence[str]) -> set[str]:
    """Return names without the difference of upper and lower case."""
    return {name.casefold() for name in names}
