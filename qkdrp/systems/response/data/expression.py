"""Putting an expression table and a response table together into a cohort."""

from pathlib import Path

import numpy as np
import pandas as pd

from qkdrp.common.errors import DataError
from qkdrp.systems.response.data.cohort import Cohort
from qkdrp.systems.response.data.frames import refuse_duplicates
from qkdrp.systems.response.data.numbers import numeric

RESPONSE_LETTERS = {"S": True, "R": False}
"""S is sensitive, the paper's responder; R is *resistant*, the paper's non-responder."""

LARGEST_LN_IC50 = 30.0
"""Largest natural logarithm of an IC50 in micromolar that can be meant, either sign: beyond it lie
less than a molecule in a litre, and more than any solution holds."""


def clean_expression(table: pd.DataFrame, path: Path, decimal: str | None = None) -> pd.DataFrame:
    """Return an expression table (samples x genes) as float32, checked.

    Args:
        table: The cells.
        path: Where the table comes from, for messages.
        decimal: As for :func:`~qkdrp.systems.response.data.numbers.numeric`.

    Raises:
        DataError: If a sample repeats, a cell is not a finite number, or a gene or a sample has
            no value at all; names the culprit.
    """
    refuse_duplicates(table.index, "samples", path)
    table = numeric(table, path, np.float32, decimal)
    missing = table.isna()
    for what, empty in (("gene", missing.all(axis=0)), ("sample", missing.all(axis=1))):
        if empty.any():
            name = empty.index[empty.to_numpy()][0]
            raise DataError(f"{path}: {what} {name!r} has no value at all; remove it.")
    return table


def clean_response(
    table: pd.DataFrame, path: Path, value: str, letter: str, decimal: str | None = None
) -> pd.DataFrame:
    """Return a response table with the columns ``ln_ic50`` and ``responder``, checked.

    Args:
        table: One row per sample of one drug, indexed by sample.
        path: Where the table comes from, for messages.
        value: Name of the column with ln IC50 in micromolar.
        letter: Name of the column with R (resistant) or S (sensitive).
        decimal: As for :func:`~qkdrp.systems.response.data.numbers.numeric`.

    Raises:
        DataError: If a sample repeats, a value is blank, not a number or no ln IC50, or a letter
            is neither R nor S; names the culprit.
    """
    refuse_duplicates(table.index, "samples", path)
    values = numeric(table[[value]], path, decimal=decimal)[value]
    if values.isna().any():
        row = table.index[values.isna().to_numpy()][0]
        raise DataError(f"{path}: row {row!r}, column {value!r} is blank, expected a number.")
    beyond = values.abs() > LARGEST_LN_IC50
    if beyond.any():
        row = table.index[beyond.to_numpy()][0]
        raise DataError(
            f"{path}: row {row!r}, column {value!r} holds {values[row]:g}, expected the "
            f"natural logarithm of the IC50 in micromolar, within +-{LARGEST_LN_IC50:g}: take it."
        )
    wrong = ~table[letter].isin(list(RESPONSE_LETTERS))
    if wrong.any():
        row = table.index[wrong.to_numpy()][0]
        raise DataError(
            f"{path}: row {row!r}, column {letter!r} holds {table.loc[row, letter]!r}, "
            "expected R (resistant) or S (sensitive)."
        )
    return pd.DataFrame(
        {"ln_ic50": values.astype(float), "responder": table[letter].map(RESPONSE_LETTERS)}
    )


def join_cohort(
    expression: pd.DataFrame,
    response: pd.DataFrame,
    *,
    drug: str,
    standardised: bool,
    source: str,
) -> Cohort:
    """Join expression and response on the sample ids that they share.

    Raises:
        DataError: If they share none.
    """
    shared = response.index[response.index.isin(expression.index)]
    if shared.empty:
        raise DataError(
            f"{source}: expression and response of {drug} share no sample id; expression has "
            f"{expression.index[0]!r}, response has {response.index[0]!r}: use the same ids."
        )
    return Cohort(
        drug=drug,
        samples=shared.to_numpy(dtype=np.str_),
        genes=expression.columns.to_numpy(dtype=np.str_),
        expression=expression.loc[shared].to_numpy(dtype=np.float32),
        ln_ic50=response.loc[shared, "ln_ic50"].to_numpy(dtype=np.float64),
        responder=response.loc[shared, "responder"].to_numpy(dtype=np.bool_),
        standardised=standardised,
        synthetic=False,
        provenance=f"{source}: {len(shared)} of {len(expression)} samples with expression and "
        f"{len(response)} with a response to {drug}",
    )
