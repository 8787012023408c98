"""Trials and predictions as tables in NONMEM's long form, which other tools of the field read."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from qkdrp.common.files import write_csv, write_json
from qkdrp.systems.pkpd.data.columns import (
    AMT,
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
)
from qkdrp.systems.pkpd.data.description import FILE_NAME
from qkdrp.systems.pkpd.data.trial import ENDPOINTS, Subject, Trial

PRED, IPRED = "PRED", "IPRED"
"""Columns of predictions for the population and for the individual."""

TABLE = "trial.csv"
"""Name of the table of a trial."""


def long_table(
    trial: Trial, predictions: pd.DataFrame | None = None, extra: tuple[str, ...] = ()
) -> pd.DataFrame:
    """Return one row per dose and observation, sorted by subject and time, doses first.

    A value below the limit of quantification has 1 in ``CENS`` and the limit in ``DV`` and
    ``LLOQ``; one that was not measured has 1 in ``MDV``. Both columns are there where they are
    needed.

    Args:
        trial: The trial.
        predictions: Rows of :func:`~qkdrp.systems.pkpd.predictions.predictions_of`; their
            ``prediction`` and ``ipred`` become ``PRED`` and ``IPRED``, blank for doses.
        extra: Other columns of the predictions to take.
    """
    rows = [row for subject in trial.subjects for row in _rows(subject)]
    table = pd.DataFrame(rows)
    order = {name: place for place, name in enumerate(trial.ids.tolist())}
    places = table[ID].map(order)
    table = table.assign(_place=places).sort_values(
        ["_place", TIME, EVID], ascending=[True, True, False], kind="stable", ignore_index=True
    )
    table = table.drop(columns="_place" if trial.has_below else ["_place", CENS, LLOQ])
    return table if predictions is None else _with_predictions(table, predictions, extra)


def write_trial(folder: Path, trial: Trial) -> None:
    """Write a trial as a table with its units beside it, as ``--data`` takes them.

    Args:
        folder: Where ``trial.csv`` and ``trial.json`` go.
        trial: The trial.
    """
    units = trial.units
    write_csv(folder / TABLE, long_table(trial))
    write_json(
        folder / FILE_NAME,
        {
            "name": trial.provenance,
            "synthetic": trial.synthetic,
            "units": {
                "time": units.time,
                "amount": units.amount,
                "concentration": units.concentration,
                "biomarker": units.biomarker,
            },
        },
    )


def _rows(subject: Subject) -> Iterator[dict[str, Any]]:
    """Give the doses, then the observations of a subject."""
    of_subject = {ID: subject.id, **subject.covariates, DOSE: subject.dose_level}
    for time, amount in zip(subject.doses.times, subject.doses.amounts, strict=True):
        yield {**of_subject, TIME: time, DV: 0.0, EVID: 1, MDV: 1, AMT: amount, CMT: 1, DVID: 0,
               CENS: 0, LLOQ: np.nan}  # fmt: skip
    for number, endpoint in enumerate(ENDPOINTS, start=1):
        seen = subject.observations[endpoint]
        parts = (seen.times, seen.values, seen.below, seen.limit)  # noqa: PD011  # no data frame
        for time, value, below, limit in zip(*parts, strict=True):
            missing = np.isnan(value) and not below
            yield {**of_subject, TIME: time, DV: limit if below else value, EVID: 0,
                   MDV: int(missing), AMT: 0.0, CMT: number + 1, DVID: number, CENS: int(below),
                   LLOQ: limit}  # fmt: skip


def _with_predictions(
    table: pd.DataFrame, predictions: pd.DataFrame, extra: tuple[str, ...]
) -> pd.DataFrame:
    """Return the table with predicted values beside the observations."""
    names = {"subject": ID, "time": TIME, "prediction": PRED, "ipred": IPRED}
    numbers = {endpoint: number for number, endpoint in enumerate(ENDPOINTS, start=1)}
    found = predictions.rename(columns=names).assign(**{DVID: predictions["endpoint"].map(numbers)})
    columns = [name for name in (PRED, IPRED, *extra) if name in found]
    return table.merge(found[[ID, TIME, DVID, *columns]], on=[ID, TIME, DVID], how="left")
