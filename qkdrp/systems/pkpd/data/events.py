"""The rows of a table that count: doses and observations, with their endpoint and limit."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from qkdrp.common.names import listed
from qkdrp.systems.pkpd.data.cells import Cells
from qkdrp.systems.pkpd.data.columns import (
    AMT,
    BLQ,
    CENS,
    CMT,
    DOSE,
    DV,
    DVID,
    EVID,
    ID,
    LLOQ,
    MDV,
    TIME,
    UNIT,
)
from qkdrp.systems.pkpd.data.description import FILE_NAME, TrialDescription

ENDPOINT, BELOW, LIMIT = "endpoint", "below", "limit"
"""Columns that are made of DVID, of BLQ or CENS, and of LLOQ."""

OBSERVED, DOSED, OTHER = 0, 1, 2
"""Values of EVID that a trial can hold; rows of ``OTHER`` say nothing."""


def events_of(
    cells: Cells, description: TrialDescription, measured: bool
) -> tuple[pd.DataFrame, list[str]]:
    """Return rows with a dose or an observation, and what was left out of the table.

    Columns of the result: ``ID``, ``TIME``, ``EVID``, ``AMT``, ``DV``, ``endpoint``, ``below``,
    ``limit``, covariates, and ``DOSE`` where the table has it. Its index is the row of the table.

    Args:
        cells: The table.
        description: Says which endpoint is which.
        measured: Whether observations have to hold values.

    Raises:
        DataError: If a row contradicts itself.
    """
    cells.refuse(cells.table[ID].isna(), ID, "expected the name of a subject.")
    _check_times(cells)
    events = pd.DataFrame(
        {ID: cells.table[ID], TIME: cells.table[TIME], EVID: _kind(cells), AMT: _amount(cells)}
    )
    _check_amounts(cells, events)
    events[DV] = cells.table[DV].where(events[EVID] == OBSERVED)
    events[ENDPOINT] = _endpoint(cells, events, description)
    _check_units(cells, events)
    events[BELOW], events[LIMIT] = _below(cells, events)
    events.loc[events[BELOW], DV] = np.nan
    kept = [*cells.covariates, *([DOSE] if DOSE in cells else [])]
    events[kept] = cells.table[kept]
    return _without_missing(cells, events, measured)


def _check_times(cells: Cells) -> None:
    times = cells.table[TIME]
    cells.refuse(times.isna(), TIME, "expected the hours since the first dose.")
    cells.refuse(
        times < 0, TIME, "expected a time of 0 or later: count from the first row of a subject."
    )


def _kind(cells: Cells) -> pd.Series:
    """Return EVID, from AMT where there is none."""
    if EVID not in cells:
        return (_amount(cells) > 0).astype(int)
    kind = cells.table[EVID]
    cells.refuse(
        ~kind.isin([OBSERVED, DOSED, OTHER]),
        EVID,
        "expected 0 (observation) or 1 (dose); resets of a subject cannot be represented.",
    )
    return kind.astype(int)


def _amount(cells: Cells) -> pd.Series:
    if AMT not in cells:
        return pd.Series(0.0, index=cells.table.index)
    amount: pd.Series = cells.table[AMT].fillna(0.0)
    return amount


def _check_amounts(cells: Cells, events: pd.DataFrame) -> None:
    """Refuse doses without amount, and amounts without dose."""
    column = AMT if AMT in cells else EVID
    dosed = events[EVID] == DOSED
    cells.refuse(
        dosed & ~(events[AMT] > 0),
        column,
        "a dose row without a positive amount: give it, or remove the row (placebo has no dose "
        "rows).",
    )
    cells.refuse(
        ~dosed & (events[AMT] != 0), column, "an amount in a row with EVID 0: expected EVID 1."
    )


def _endpoint(cells: Cells, events: pd.DataFrame, description: TrialDescription) -> pd.Series:
    """Return the endpoint of each observation, blank for doses."""
    column = DVID if DVID in cells else CMT
    names = description.endpoint_of(by_cmt=column == CMT)
    observed = events[EVID] == OBSERVED
    if column not in cells:
        return pd.Series(next(iter(names.values())), index=events.index).where(observed, "")
    found = cells.table[column].map(_plain).map(names)
    cells.refuse(
        observed & found.isna(),
        column,
        f"expected {describe_endpoints(names)} in rows of observations; say others under "
        f'"endpoints" in {FILE_NAME}.',
    )
    return found.where(observed, "")


def describe_endpoints(endpoints: Mapping[str, str]) -> str:
    """Return which value means which endpoint, in words."""
    return " or ".join(f"{value} ({name})" for value, name in endpoints.items())


def _plain(value: object) -> str:
    """Return a number without fraction of zeros, and words as they are."""
    text = str(value)
    return text.removesuffix(".0")


def _check_units(cells: Cells, events: pd.DataFrame) -> None:
    """Refuse an endpoint in two units."""
    if UNIT not in cells:
        return
    units = cells.table[UNIT].where(events[EVID] == OBSERVED)
    for endpoint in events[ENDPOINT].unique():
        of_endpoint = units[(events[ENDPOINT] == endpoint) & units.notna()]
        if of_endpoint.empty:
            continue
        first = of_endpoint.iloc[0]
        cells.refuse(
            of_endpoint != first,
            UNIT,
            f"and row {of_endpoint.index[0]} {first!r}: expected one unit for the {endpoint}.",
        )


def _below(cells: Cells, events: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Return which observations are below the limit of quantification, and the limits."""
    observed = events[EVID] == OBSERVED
    limit = cells.table[LLOQ] if LLOQ in cells else pd.Series(np.nan, index=events.index)
    limit = limit.where(observed)
    flags = [name for name in (BLQ, CENS) if name in cells]
    if flags:
        flag = cells.table[flags[0]].fillna(0)
        cells.refuse(
            ~flag.isin([0, 1]), flags[0], "expected 0, or 1 for below the limit of quantification."
        )
        below = observed & (flag == 1)
        limit = limit.where(~(below & limit.isna()), cells.table[DV])
        cells.refuse(
            below & ~(limit > 0),
            flags[0],
            f"below a limit that is not there: expected it in {LLOQ}, or in {DV}.",
        )
        return below, limit
    cells.refuse(limit.notna() & ~(limit > 0), LLOQ if LLOQ in cells else DV, "expected above 0.")
    return observed & (events[DV] < limit), limit


def _without_missing(
    cells: Cells, events: pd.DataFrame, measured: bool
) -> tuple[pd.DataFrame, list[str]]:
    """Return events without rows that say nothing, and how many these are."""
    observed = events[EVID] == OBSERVED
    silent = events[EVID] == OTHER
    blank = observed & events[DV].isna() & ~events[BELOW]
    if MDV in cells:
        ignored = observed & (cells.table[MDV].fillna(0) != 0)
        events.loc[ignored, DV] = np.nan
        blank_without_mdv, blank = blank & ~ignored, blank | ignored
    else:
        blank_without_mdv = blank
    if not measured:
        return events[~silent], []
    cells.refuse(
        blank_without_mdv, DV, "expected a value; a row without one has 1 in the column MDV."
    )
    left_out = {"EVID 2": int(silent.sum()), "MDV 1": int(blank.sum())}
    counts = [f"{count} rows with {name}" for name, count in left_out.items() if count]
    notes = [f"left out: {listed(counts)}"] if counts else []
    return events[~(silent | blank)].copy(), notes
