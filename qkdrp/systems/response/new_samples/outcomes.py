"""How samples of an external cohort responded, and how well predictions agree with it."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api.types import is_numeric_dtype
from scipy import stats
from sklearn.metrics import average_precision_score, roc_auc_score

from qkdrp.common.errors import ConfigError, DataError
from qkdrp.common.field_intervals import aupr_interval
from qkdrp.common.intervals import auc_interval, spearman_interval, varies
from qkdrp.common.names import listed
from qkdrp.systems.response.data.response import read_letters
from qkdrp.systems.response.data.tables import DRUG, LETTER, read_response
from qkdrp.systems.response.measures import MEASURES, Direction, choose_measure
from qkdrp.tables.frames import SUFFIXES, find_table, refuse_duplicates
from qkdrp.tables.numbers import numeric

RESPONDER, MEASURE = "responder", "measure"
"""Columns of outcomes."""

SCORE_NAMES: Mapping[str, str] = MappingProxyType(
    {"auc": "AUC", "aupr": "AUPR", "spearman": "Spearman"}
)
"""Scores of external cohorts by their keys; intervals are ``<key>_ci``."""

LEAST_RELATED = 3
"""Samples that a rank correlation needs."""


def load_outcomes(
    source: str,
    drug: str,
    measure: str | None,
    direction: Direction | None,
    decimal: str | None,
) -> pd.DataFrame:
    """Return how samples responded to a drug, by sample id.

    Args:
        source: A folder with a table ``response.*``: ``sample``, ``drug`` and ``response`` (R or
            S), a column of numbers, or both.
        drug: The drug.
        measure: The column of numbers; where left out, the first of
            :data:`~qkdrp.systems.response.measures.MEASURES` that is there.
        direction: On which side of it sensitive samples are; None where the measure is known.
        decimal: As for :func:`~qkdrp.tables.numbers.numeric`.

    Returns:
        Columns ``responder`` (blank where there is no letter) and ``measure`` (lower is more
        sensitive).

    Raises:
        DataError: If the table or the drug is missing, or anything in it cannot be meant.
        ConfigError: If it does not say which column or direction is meant.
    """
    path = find_table(Path(source), "response") if Path(source).is_dir() else None
    if path is None:
        raise DataError(
            f"{source}: found no response table, expected response with one of "
            f"{', '.join(SUFFIXES)} beside the expression."
        )
    table = read_response(path, *([measure] if measure else MEASURES))
    if DRUG not in table.columns:
        raise DataError(f"{path}: column drug is missing, expected sample,drug and a response.")
    rows = table[table[DRUG] == drug]
    if rows.empty:
        there = listed(sorted(table[DRUG].dropna().unique()))
        raise DataError(f"{path}: found no row of {drug!r}, found {there}: rename the drug there.")
    refuse_duplicates(rows.index, f"samples of {drug}", path)
    measure = measure or next((name for name in MEASURES if name in rows.columns), None)
    outcomes = pd.DataFrame(index=rows.index)
    lettered = LETTER in rows.columns
    outcomes[RESPONDER] = read_letters(rows[LETTER], path, blank=True) if lettered else None
    outcomes[MEASURE] = np.nan
    if measure is not None:
        outcomes[MEASURE] = _measured(rows, path, measure, direction, decimal)
    elif not lettered:
        raise ConfigError(
            f"{path}: found no column {LETTER}, {' or '.join(MEASURES)}: say --measure, one of "
            f"{listed(_numbers(rows))}."
        )
    return outcomes[outcomes.notna().any(axis=1)]


def _measured(
    rows: pd.DataFrame, path: Path, column: str, direction: Direction | None, decimal: str | None
) -> "pd.Series[float]":
    """Return a measure, lower meaning more sensitive; it is compared by rank only."""
    if column not in rows.columns:
        raise ConfigError(
            f"{path}: found no column {column!r}; say --measure, one of {listed(_numbers(rows))}."
        )
    sign = choose_measure(column, direction).sign
    return sign * numeric(rows[[column]], path, decimal=decimal)[column]


def _numbers(rows: pd.DataFrame) -> list[str]:
    return [str(name) for name, kind in rows.dtypes.items() if is_numeric_dtype(kind)]


def score_outcomes(predicted: NDArray[np.float64], outcomes: pd.DataFrame) -> dict[str, Any]:
    """Score predictions where a lower one means a stronger response.

    Args:
        predicted: Shape (n_samples,).
        outcomes: As :func:`load_outcomes` gives them, in the same order.
    """
    known = outcomes[RESPONDER].notna().to_numpy(bool)
    responder, score = outcomes[RESPONDER][known].to_numpy(bool), -predicted[known]
    n_responder = int(responder.sum())
    found: dict[str, Any] = {"n": len(outcomes), "n_letters": len(responder)}
    found |= {"n_responder": n_responder} | dict.fromkeys(SCORE_NAMES)
    if 0 < n_responder < len(responder):
        aupr = float(average_precision_score(responder, score))
        found["auc"] = float(roc_auc_score(responder, score))
        found["auc_ci"] = auc_interval(score[responder], score[~responder])
        found["aupr"] = aupr
        found["aupr_ci"] = aupr_interval(aupr, responder)
        found["aupr_by_chance"] = n_responder / len(responder)
    there = outcomes[MEASURE].notna().to_numpy(bool)
    measure, value = outcomes[MEASURE][there].to_numpy(float), predicted[there]
    found["n_measured"] = len(measure)
    if len(measure) >= LEAST_RELATED and varies(measure) and varies(value):
        found["spearman"] = float(stats.spearmanr(value, measure).statistic)
        found["spearman_ci"] = spearman_interval(value, measure)
    return found
