"""Loader of tables in EstData (NONMEM) form: doses and observations are rows."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from qkdrp.common.errors import DataError
from qkdrp.common.shown import shown
from qkdrp.systems.pkpd.data.cells import Cells, read_cells
from qkdrp.systems.pkpd.data.columns import AMT, BW, DOSE, DV, EVID, ID, TIME
from qkdrp.systems.pkpd.data.description import FILE_NAME, read_description
from qkdrp.systems.pkpd.data.events import BELOW, ENDPOINT, LIMIT, OBSERVED, events_of
from qkdrp.systems.pkpd.data.scale import check_scale
from qkdrp.systems.pkpd.data.trial import (
    CONCENTRATION,
    ENDPOINTS,
    Doses,
    Observations,
    Subject,
    Trial,
)
from qkdrp.systems.pkpd.data.units import Conversion, conversion_of

BORROWED = (
    f"There is no {FILE_NAME} beside the table, so columns and units are those of the run's trial."
)
"""What is said of a table that is read as another one was."""

WEIGHTS = (0.2, 500.0)
"""Body weights that there are, kilograms."""


@dataclass(frozen=True, eq=False)
class _Reading:
    """A table while subjects are made of it.

    Args:
        cells: The table, for messages.
        events: Its rows that count, as numbers in the units of a trial.
        measured: Whether observations have to hold values.
    """

    cells: Cells
    events: pd.DataFrame
    measured: bool


def load_table(
    path: Path, measured: bool = True, said: Mapping[str, Any] = MappingProxyType({})
) -> Trial:
    """Load a trial from a table; ``trial.json`` beside it says what names alone do not tell.

    Args:
        path: The table.
        measured: Whether observations have to hold values; False for times to predict at.
        said: What holds of columns and units where there is no ``trial.json``: what that of another
            trial said, see :attr:`~qkdrp.systems.pkpd.data.trial.Trial.said`.

    Raises:
        DataError: If anything in it is invalid; one line, with file, row and column.
    """
    description = read_description(path.parent, said)
    borrowed = bool(said) and not (path.parent / FILE_NAME).is_file()
    try:
        cells = read_cells(path, description)
    except DataError as error:
        raise DataError(f"{error} {BORROWED}" if borrowed else str(error)) from error
    conversion = conversion_of(description.units, str(path.parent / FILE_NAME))
    events, notes = events_of(cells, description, measured)
    if borrowed:
        notes.append(f"{path.name}: {BORROWED[0].lower()}{BORROWED[1:].rstrip('.')}")
    events = _converted(events, conversion, cells)
    if not _is_sorted(events):
        notes.append("rows were not in the order of time and were sorted")
    events = events.sort_values([TIME, EVID], ascending=[True, False], kind="stable")
    reading = _Reading(cells, events, measured)
    subjects = tuple(_subjects(reading))
    if measured:
        check_scale(subjects, path)
    n_known = _n_observations(events) - sum(
        len(each.observations[name]) for each in subjects for name in ENDPOINTS
    )
    if n_known:
        notes.append(f"{n_known} concentrations up to a first dose, which are 0, were left out")
    if conversion.changes:
        notes.append(
            f"numbers were converted to h, {conversion.units.amount} and "
            f"{conversion.units.concentration}"
        )
    return Trial(
        subjects=subjects,
        covariates=cells.covariates,
        units=conversion.units,
        provenance=description.name or f"table {path}",
        synthetic=description.synthetic,
        notes=tuple(notes),
        said=description.for_others(),
    )


def _converted(events: pd.DataFrame, conversion: Conversion, cells: Cells) -> pd.DataFrame:
    """Return events in the units of a trial."""
    factor = np.where(events[ENDPOINT] == CONCENTRATION, conversion.concentration, 1.0)
    found = events.assign(
        **{
            TIME: events[TIME] * conversion.hours,
            AMT: events[AMT] * conversion.amount,
            DV: events[DV] * factor,
            LIMIT: events[LIMIT] * factor,
        }
    )
    if DOSE in found:
        found[DOSE] = found[DOSE] * conversion.amount
    if BW in cells.covariates:
        found[BW] = found[BW] * conversion.weight
        low, high = WEIGHTS
        cells.refuse(
            ~found[BW].between(low, high),
            BW,
            f"expected a body weight of {low:g} to {high:g} kg; say another unit under "
            f'"units" in {FILE_NAME}.',
        )
    return found


def _is_sorted(events: pd.DataFrame) -> bool:
    """Tell whether times of every subject increase down the table."""
    steps = events.groupby(ID, sort=False)[TIME].diff()
    return not (steps < 0).any()


def _n_observations(events: pd.DataFrame) -> int:
    return int((events[EVID] == OBSERVED).sum())


def _subjects(reading: _Reading) -> Iterator[Subject]:
    order = reading.cells.table[ID].drop_duplicates()
    groups = dict(tuple(reading.events.groupby(ID, sort=False)))
    for name in order:
        if name not in groups:
            raise DataError(
                f"{reading.cells.path}: subject {shown(name)} has no row with a dose or an "
                "observation; remove it."
            )
        yield _subject(str(name), groups[name], reading)


def _subject(name: str, rows: pd.DataFrame, reading: _Reading) -> Subject:
    """Return one subject.

    Raises:
        DataError: If it has one row, no observation, one covariate twice, or two events at once.
    """
    cells = reading.cells
    given, observed = rows[rows[EVID] == 1], rows[rows[EVID] == 0]
    if len(rows) < 2:
        raise cells.fault(
            rows.index[0], ID, "a subject with one row, expected doses and observations, or two "
            "observations at least: remove the subject, or add its rows."
        )  # fmt: skip
    if observed.empty:
        raise cells.fault(
            rows.index[0], ID, "a subject without observations: remove it, or add its rows."
        )
    if reading.measured:
        first = given[TIME].min() if len(given) else np.inf
        observed = _without_known_zeros(observed, first, cells)
        _check_positive(observed, cells)
    else:
        observed = observed.assign(**{DV: observed[DV].where(observed[DV] > 0)})
    _refuse_twice(given, cells, "a second dose at this time: add the amounts up in one row.")
    observations = {}
    for endpoint in ENDPOINTS:
        part = observed[observed[ENDPOINT] == endpoint]
        _refuse_twice(part, cells, f"a second {endpoint} at this time; keep one.")
        observations[endpoint] = Observations(
            times=part[TIME].to_numpy(np.float64),
            values=part[DV].to_numpy(np.float64),
            below=part[BELOW].to_numpy(bool),
            limit=part[LIMIT].to_numpy(np.float64),
        )
    covariates = {each: _constant(rows, each, cells) for each in cells.covariates}
    level = {"dose_level": _constant(rows, DOSE, cells)} if DOSE in rows else {}
    doses = Doses(given[TIME].to_numpy(np.float64), given[AMT].to_numpy(np.float64))
    return Subject(name, covariates, doses, observations, **level)


def _refuse_twice(rows: pd.DataFrame, cells: Cells, what: str) -> None:
    wrong = rows[TIME].duplicated()
    if wrong.any():
        name = shown(rows[ID].iloc[0])
        raise cells.fault(rows.index[wrong.to_numpy(bool)][0], TIME, f"subject {name} has {what}")


def _constant(rows: pd.DataFrame, name: str, cells: Cells) -> float:
    """Return the one value of a column.

    Raises:
        DataError: If it is blank or differs between rows of the subject.
    """
    values = rows[name]
    if values.isna().any():
        raise cells.fault(
            rows.index[values.isna().to_numpy(bool)][0], name, "expected a number in every row."
        )
    differs = (values != values.iloc[0]).to_numpy(bool)
    if differs.any():
        raise cells.fault(
            rows.index[differs][0],
            name,
            f"other than row {rows.index[0]} of subject {shown(rows.iloc[0][ID])}: expected one "
            f'value for a subject; "ignore" in {FILE_NAME} leaves a column out.',
        )
    return float(values.iloc[0])


def _without_known_zeros(observed: pd.DataFrame, first_dose: float, cells: Cells) -> pd.DataFrame:
    """Return observations without concentrations up to the first dose, which are known to be 0.

    Raises:
        DataError: If one of them was measured above 0.
    """
    known = (observed[ENDPOINT] == CONCENTRATION) & (observed[TIME] <= first_dose)
    cells.refuse(
        known & (observed[DV] > 0),
        DV,
        "a concentration before the first dose of its subject: expected none, 0, or one below the "
        "limit of quantification; is a dose row missing?",
    )
    return observed[~known]


def _check_positive(observed: pd.DataFrame, cells: Cells) -> None:
    """Refuse values whose logarithm cannot be taken."""
    cells.refuse(
        observed[DV] <= 0,
        DV,
        "expected a positive value, whose logarithm is taken; one below the limit of "
        "quantification has 1 in the column CENS and the limit in LLOQ.",
    )
