"""Reading tables that people made, and refusing what cannot be meant."""

import csv
import gzip
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TextIO, cast

import numpy as np
import pandas as pd
from pandas.api.types import is_bool_dtype, is_numeric_dtype

from qkdrp.common.errors import DataError

SUFFIXES = (".csv", ".csv.gz", ".tsv", ".tsv.gz", ".parquet")
"""File name endings of tables."""


def find_table(folder: Path, stem: str) -> Path | None:
    """Return the table called ``stem`` in a folder, whatever its format, or None.

    Raises:
        DataError: If there are several.
    """
    found = [path for suffix in SUFFIXES if (path := folder / f"{stem}{suffix}").is_file()]
    if len(found) > 1:
        raise DataError(
            f"{folder}: found {' and '.join(path.name for path in found)}, expected one {stem} "
            "table; remove the others."
        )
    return found[0] if found else None


def read_table(path: Path, text: Sequence[str] = ()) -> pd.DataFrame:
    """Read a table; its first column becomes the index, as text.

    A header that is one field shorter than its rows (R's ``write.table``) is understood.

    Args:
        path: A file with one of :data:`SUFFIXES`.
        text: Columns whose values are names even where they look like numbers.

    Raises:
        DataError: If the file cannot be read, is empty, repeats a column name or leaves a name
            blank.
    """
    try:
        table = _read_parquet(path) if path.suffix == ".parquet" else _read_text(path, text)
    except DataError:
        raise
    except (OSError, EOFError, ValueError, csv.Error, zlib.error) as error:
        reason = str(error).splitlines()[0]
        raise DataError(f"{path}: cannot be read as a table ({reason}).") from error
    if len(table) and not len(table.columns):
        raise DataError(
            f"{path}: found one column only; separate columns by commas (csv) or tabs (tsv)."
        )
    if table.empty:
        raise DataError(f"{path}: the table is empty, expected a header and rows.")
    unnamed = table.index.isna() | (table.index.astype(str).str.strip() == "")
    if unnamed.any():
        raise DataError(f"{path}: row {unnamed.argmax() + 1} has no name in the first column.")
    table.index = table.index.astype(str).str.strip()
    for name in table.columns.intersection(list(text)):
        table[name] = table[name].astype("string").str.strip()
    return table


def numeric(table: pd.DataFrame, path: Path, dtype: type[np.floating] = np.float64) -> pd.DataFrame:
    """Return a table of numbers, NaN where a cell is blank.

    Args:
        table: The cells; decimal commas are understood in columns without decimal points.
        path: Where they come from, for messages.
        dtype: The type of the result.

    Raises:
        DataError: If a cell is neither blank nor a finite number; names its row and column.
    """
    texts = [
        name
        for name, kind in zip(table.columns, table.dtypes, strict=True)
        if is_bool_dtype(kind) or not is_numeric_dtype(kind)
    ]
    if texts:
        table = table.copy()
        for name in texts:
            column = table[name].astype("string").str.strip()
            if not column.str.contains(".", regex=False).any():
                column = column.str.replace(",", ".", regex=False)
            numbers = pd.to_numeric(column, errors="coerce")
            wrong = numbers.isna() & column.notna() & (column != "")
            if wrong.any():
                row = table.index[wrong.to_numpy()][0]
                raise DataError(
                    f"{path}: row {row!r}, column {name!r} holds {table.loc[row, name]!r}, "
                    "expected a number or a blank."
                )
            table[name] = numbers.astype(float)
    with np.errstate(over="ignore"):
        table = table.astype(dtype)
    infinite = np.argwhere(np.isinf(table.to_numpy()))
    if len(infinite):
        row, column_index = infinite[0]
        raise DataError(
            f"{path}: row {table.index[row]!r}, column {table.columns[column_index]!r} is "
            "infinite or too large, expected a finite number or a blank."
        )
    return table


def refuse_duplicates(names: Iterable[str], what: str, path: Path) -> None:
    """Raise a :class:`DataError` that lists the names that occur more than once."""
    index = pd.Index(list(names))
    repeated = index[index.duplicated()].unique().tolist()
    if repeated:
        shown = ", ".join(map(str, repeated[:5])) + (", ..." if len(repeated) > 5 else "")
        raise DataError(f"{path}: duplicate {what} {shown}; keep one of each.")


def _read_parquet(path: Path) -> pd.DataFrame:
    try:
        table = pd.read_parquet(path)
    except ImportError as error:
        raise DataError(
            f"{path}: reading parquet needs the extra: pip install 'qkdrp[parquet]'."
        ) from error
    refuse_duplicates(table.columns, "columns", path)
    if isinstance(table.index, pd.RangeIndex):
        table = table.set_index(table.columns[0])
    return table


def _read_text(path: Path, text: Sequence[str]) -> pd.DataFrame:
    separator = "\t" if ".tsv" in path.suffixes else ","
    with _open_text(path) as file:
        lines = csv.reader(file, delimiter=separator)
        header, first = next(lines, []), next(lines, [])
    if first and len(first) not in (len(header), len(header) + 1):
        raise DataError(
            f"{path}: the first row has {len(first)} fields, the header {len(header)}: "
            "give every column a name."
        )
    names = [name.strip() for name in (header if len(header) < len(first) else header[1:])]
    if "" in names:
        raise DataError(f"{path}: column {names.index('') + 2} has no name, or the header ends so.")
    refuse_duplicates(names, "columns", path)
    _refuse_short_rows(path, separator, len(names) + 1)
    return pd.read_csv(
        path,
        sep=separator,
        header=0,
        names=["", *names],
        index_col=0,
        dtype=dict.fromkeys(["", *text], str),
        encoding="utf-8-sig",
    )


def _open_text(path: Path) -> TextIO:
    opener = gzip.open if path.suffix == ".gz" else open
    return cast("TextIO", opener(path, "rt", newline="", encoding="utf-8-sig"))


def _refuse_short_rows(path: Path, separator: str, width: int) -> None:
    """Raise where a row ends early; pandas would fill it up with missing values."""
    with _open_text(path) as file:
        next(file, None)
        for number, line in enumerate(file, start=1):
            found = line.count(separator) + 1
            if found < width and line.strip() and '"' not in line:
                raise DataError(
                    f"{path}: row {number} has {found} fields, expected {width}; "
                    "is the file complete?"
                )
