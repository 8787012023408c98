"""The table of pairs: long or as a matrix, checked value by value."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from qkdrp.common.errors import DataError
from qkdrp.common.names import listed
from qkdrp.common.shown import shown
from qkdrp.systems.pairs.config import DataConfig
from qkdrp.systems.pairs.target import RANGES, first_outside
from qkdrp.tables.numbers import numeric

MATRIX_AT_LEAST = 3
"""Columns from which a table without a column of drugs is a matrix of lines and drugs."""


def long_form(
    table: pd.DataFrame, path: Path, measure: str, drug_ids: Sequence[str]
) -> pd.DataFrame:
    """Return a table of pairs with the columns ``sample``, ``drug`` and ``value``.

    Args:
        table: Indexed by sample: one row for each pair with its drug and measure, or one column for
            each drug.
        path: Where it comes from, for messages.
        measure: Column of the values in the long form.
        drug_ids: What the column of drugs may be called, in any case.

    Raises:
        DataError: If a column is missing.
    """
    by_name = {str(name).casefold(): name for name in table.columns}
    drug = next((by_name[each] for each in drug_ids if each in by_name), None)
    if drug is None and measure not in by_name and len(table.columns) >= MATRIX_AT_LEAST:
        return _melted(table, path)
    missing = [name for name, there in ((drug_ids[0], drug), (measure, measure in by_name))
               if not there]  # fmt: skip
    if missing:
        raise DataError(
            f"{path}: column {' and '.join(missing)} is missing, expected one row for each pair "
            f"with sample,drug,{measure}, or one column for each drug; found "
            f"{listed(map(str, table.columns))}."
        )
    return pd.DataFrame(
        {
            "sample": table.index.to_numpy(dtype=np.str_),
            "drug": table[drug].astype("string").str.strip().to_numpy(),
            "value": table[by_name[measure]].to_numpy(),
        }
    )


def measured_pairs(table: pd.DataFrame, path: Path, data: DataConfig) -> pd.DataFrame:
    """Return the pairs that were measured, each once, with numbers as values.

    Args:
        table: Of :func:`long_form`.
        path: Where it comes from, for messages.
        data: Says what the values are, and what is done with replicates.

    Raises:
        DataError: If a drug is blank, a value is no number or cannot be meant, or a pair is there
            twice and replicates are not to be averaged; names the culprit.
    """
    unnamed = table["drug"].isna() | (table["drug"] == "")
    if unnamed.any():
        first = int(np.argmax(unnamed.to_numpy(bool)))
        raise DataError(f"{path}: row {first + 1} names no drug, expected one in each row.")
    values = table[["value"]].set_axis(table["sample"] + ", drug " + table["drug"].astype(str))
    values = values.rename(columns={"value": data.measure})
    numbers = numeric(values, path, decimal=data.decimal)[data.measure].to_numpy()
    table = table.assign(value=numbers)[~np.isnan(numbers)]
    place = first_outside(table["value"].to_numpy(np.float64), data.measure)
    if place is not None:
        row = table.iloc[place]
        raise DataError(
            f"{path}: {_named(row)} has {row['value']:g}, expected {RANGES[data.measure].expected}."
        )
    twice = table.duplicated(["sample", "drug"])
    if twice.any() and data.replicates == "refuse":
        raise DataError(
            f"{path}: {_named(table[twice].iloc[0])} is there twice ({int(twice.sum())} such "
            "rows); keep one of each, or say --replicates mean."
        )
    if not twice.any():
        return table
    return table.groupby(["sample", "drug"], sort=False)["value"].mean().reset_index()


def _melted(table: pd.DataFrame, path: Path) -> pd.DataFrame:
    """Return a matrix of lines and drugs as one row for each cell."""
    twice = table.index[table.index.duplicated()]
    if len(twice):
        raise DataError(f"{path}: row {shown(twice[0])} is there twice; keep one of each.")
    numbers = numeric(table, path)
    return pd.DataFrame(
        {
            "sample": np.repeat(table.index.to_numpy(dtype=np.str_), len(table.columns)),
            "drug": np.tile(table.columns.to_numpy(dtype=np.str_), len(table)),
            "value": numbers.to_numpy().ravel(),
        }
    )


def _named(row: pd.Series) -> str:
    return f"the pair of cell line {shown(row['sample'])} and drug {shown(row['drug'])}"
