"""Turning the cells of a table into numbers, without guessing what a comma means."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
from pandas.api.types import is_bool_dtype, is_numeric_dtype

from qkdrp.common.errors import DataError
from qkdrp.common.shown import shown

DECIMALS = ("point", "comma")
"""What may separate a number's fraction: ``point`` (1,234.5) or ``comma`` (1234,5)."""

GROUPED = r"[+-]?[1-9]\d{0,2}(?:,\d{3})+"
"""A number whose commas may separate thousands."""


def numeric(
    table: pd.DataFrame,
    path: Path,
    dtype: type[np.floating] = np.float64,
    decimal: str | None = None,
) -> pd.DataFrame:
    """Return a table of numbers, NaN where a cell is blank.

    Args:
        table: The cells.
        path: Where they come from, for messages.
        dtype: The type of the result.
        decimal: One of :data:`DECIMALS`. Where left out, commas are decimal marks if no cell of
            the table has a decimal point and some comma cannot separate thousands.

    Raises:
        DataError: If a cell is neither blank nor a finite number, or a comma may mean either;
            names its row and column.
    """
    if decimal not in (None, *DECIMALS):
        raise DataError(f"decimal = {decimal!r}: choose one of {', '.join(DECIMALS)}.")
    texts = {
        name: table[name].astype("string").str.strip()
        for name, kind in zip(table.columns, table.dtypes, strict=True)
        if is_bool_dtype(kind) or not is_numeric_dtype(kind)
    }
    if decimal == "comma":
        _refuse_points(table.drop(columns=list(texts)), path)
    if texts:
        decimal = decimal or _find_decimal(table, texts, path)
        read = {name: _to_numbers(column, path, decimal) for name, column in texts.items()}
        table = pd.concat(
            [read[name] if name in read else table[name] for name in table.columns], axis=1
        )
    with np.errstate(over="ignore"):
        values = table.to_numpy(dtype)
    infinite = np.isinf(values)
    if infinite.any():
        row, column = np.argwhere(infinite)[0]
        raise DataError(
            f"{path}: row {shown(table.index[row])}, column {shown(table.columns[column])} is "
            "infinite or too large, expected a finite number or a blank."
        )
    return pd.DataFrame(values, index=table.index, columns=table.columns)


def _find_decimal(table: pd.DataFrame, texts: dict[str, pd.Series], path: Path) -> str:
    """Return what separates fractions in a table.

    Raises:
        DataError: If there are commas that may mean either.
    """
    commas = {name: column[column.str.contains(",", regex=False).fillna(value=False)]
              for name, column in texts.items()}  # fmt: skip
    commas = {name: cells for name, cells in commas.items() if len(cells)}
    if not commas:
        return "point"
    grouped = {name: cells.str.fullmatch(GROUPED) for name, cells in commas.items()}
    if not _has_points(table, texts) and not all(each.all() for each in grouped.values()):
        return "comma"
    for name, cells in commas.items():
        if grouped[name].any():
            row = cells.index[grouped[name].to_numpy(bool)][0]
            raise DataError(
                f"{path}: row {shown(row)}, column {shown(name)} holds {shown(cells[row])}, whose "
                "comma may separate thousands or a fraction: say --decimal point or --decimal "
                "comma."
            )
    return "point"


def _has_points(table: pd.DataFrame, texts: dict[str, pd.Series]) -> bool:
    """Tell whether some number of a table has a decimal point."""
    if any(column.str.contains(".", regex=False).any() for column in texts.values()):
        return True
    read = table.drop(columns=list(texts))
    return bool((read.to_numpy(dtype=float, na_value=0.0) % 1 != 0).any()) if read.size else False


def _refuse_points(read: pd.DataFrame, path: Path) -> None:
    """Raise where numbers were read with a decimal point although commas are decimal marks."""
    fractions = np.argwhere(read.to_numpy(dtype=float, na_value=0.0) % 1 != 0)
    if len(fractions):
        row, column = fractions[0]
        raise DataError(
            f"{path}: row {shown(read.index[row])}, column {shown(read.columns[column])} holds "
            f"{shown(read.iloc[row, column])}, a decimal point, where --decimal comma was given."
        )


def _to_numbers(column: pd.Series, path: Path, decimal: str) -> pd.Series:
    if decimal == "comma":
        plain = column.str.replace(".", "", regex=False) if _groups_by_point(column) else column
        plain = plain.str.replace(",", ".", regex=False)
    else:
        plain = column.str.replace(rf"^({GROUPED})(\.\d*)?$", _without_commas, regex=True)
    numbers = pd.to_numeric(plain, errors="coerce").astype(float)
    wrong = numbers.isna() & column.notna() & (column != "")
    if wrong.any():
        row = column.index[wrong.to_numpy(bool)][0]
        cell = column[wrong.to_numpy(bool)].iloc[0]
        raise DataError(
            f"{path}: row {shown(row)}, column {shown(column.name)} holds {shown(cell)}, expected "
            "a number or a blank."
        )
    return numbers


def _groups_by_point(column: pd.Series) -> bool:
    """Tell whether points separate thousands in a column with decimal commas."""
    pattern = r"[+-]?[1-9]\d{0,2}(?:\.\d{3})+(?:,\d*)?"
    pointed = column[column.str.contains(".", regex=False).fillna(value=False)]
    return bool(len(pointed)) and bool(pointed.str.fullmatch(pattern).all())


def _without_commas(match: re.Match[str]) -> str:
    return match.group(0).replace(",", "")
