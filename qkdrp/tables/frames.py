"""Tables of users: reading them, and refusing those that are ambiguous or damaged."""

import csv
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from qkdrp.common.errors import DataError
from qkdrp.common.shown import shown
from qkdrp.tables.text_tables import find_layout, parse, read_content

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


def read_table(
    path: Path, text: Sequence[str] | None = (), ids: Sequence[str] = ()
) -> pd.DataFrame:
    """Read a table; the column of row names becomes the index, as text.

    That is the column called by one of ``ids`` (in any case), wherever it stands; otherwise the
    first. A header that is one field shorter than its rows (R's ``write.table``) is understood. An
    unnamed first column that merely counts rows, as pandas writes its index, is never taken for
    names.

    Args:
        path: A file with one of :data:`SUFFIXES`.
        text: Columns whose values are names even where they look like numbers; None for all.
        ids: What the column of row names may be called.

    Raises:
        DataError: If the file cannot be read, is empty, repeats a column name, leaves a name
            blank, or does not tell which column holds the row names.
    """
    try:
        read = _read_parquet if path.suffix == ".parquet" else _read_text
        table = read(path, text, ids)
    except DataError:
        raise
    except FileNotFoundError as error:
        raise DataError(f"{path}: no such file; give the path of a table.") from error
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path}: cannot be read as a table (byte {error.start} is no UTF-8); save it in UTF-8."
        ) from error
    except (OSError, EOFError, ValueError, csv.Error, zlib.error) as error:
        reason = str(error).splitlines()[0]
        raise DataError(f"{path}: cannot be read as a table ({reason}).") from error
    if len(table) and not len(table.columns):
        raise DataError(
            f"{path}: found one column only; separate columns by commas, semicolons or tabs."
        )
    if table.empty:
        raise DataError(f"{path}: the table is empty, expected a header and rows.")
    table.index = _row_names(table.index, path)
    for name in table.columns if text is None else table.columns.intersection(list(text)):
        table[name] = table[name].astype("string").str.strip()
    return table


def _row_names(index: pd.Index, path: Path) -> pd.Index:
    """Return row names as text without blanks around them.

    Raises:
        DataError: If one is blank or has a line break inside.
    """
    names = index.astype(str).str.strip()
    unnamed = index.isna() | (names == "")
    if unnamed.any():
        raise DataError(
            f"{path}: row {unnamed.argmax() + 1} has no name in the column of row names."
        )
    broken = names.str.contains(r"[\r\n]")
    if broken.any():
        raise DataError(
            f"{path}: the name of row {broken.argmax() + 1}, {shown(names[broken][0])}, has a line "
            "break inside; remove it."
        )
    return names


def refuse_duplicates(names: Iterable[str], what: str, path: Path) -> None:
    """Raise a :class:`DataError` that lists the names that occur more than once."""
    index = pd.Index(list(names))
    repeated = index[index.duplicated()].unique().tolist()
    if repeated:
        shown = ", ".join(map(str, repeated[:5])) + (", ..." if len(repeated) > 5 else "")
        raise DataError(f"{path}: duplicate {what} {shown}; keep one of each.")


def find_row_names(columns: Sequence[str], ids: Sequence[str], path: Path) -> int:
    """Return which column holds the row names.

    Args:
        columns: All names of the header; the first is blank where the column has none.
        ids: What the column may be called, in any case.
        path: Of the table, for messages.

    Raises:
        DataError: If several columns are called so.
    """
    known = {name.casefold() for name in ids}
    found = [place for place, name in enumerate(columns) if name.strip().casefold() in known]
    if len(found) > 1:
        names = " and ".join(columns[place] for place in found)
        raise DataError(
            f"{path}: found the columns {names}, expected one with the row names: remove "
            "the others."
        )
    return found[0] if found else 0


def _take_row_names(table: pd.DataFrame, place: int, path: Path) -> pd.DataFrame:
    """Make a column the index; drop or refuse an unnamed first column that is not it.

    Raises:
        DataError: If the row names are missing or ambiguous.
    """
    names = table.columns[place]
    first = table.columns[0]
    if first:
        return table.set_index(names)
    numbers = _whole_numbers(table[first])
    if place == 0:
        if len(numbers) and numbers[0] <= 1 and (np.diff(numbers) == 1).all():
            raise DataError(
                f"{path}: the first column has no name and counts rows, so the row names are "
                "missing; add a column 'sample', or call the first one so."
            )
        return table.set_index(first)
    if len(table) and not len(numbers):
        raise DataError(
            f"{path}: found an unnamed first column and a column {names!r}: keep the one with the "
            "row names."
        )
    return table.drop(columns=first).set_index(names)


def _whole_numbers(column: pd.Series) -> NDArray[np.int64]:
    """Return a column of whole numbers such as a count of rows; nothing if it is none."""
    cells = column.astype("string").str.strip()
    if not cells.str.fullmatch(r"\d{1,9}").fillna(value=False).all():
        return np.empty(0, dtype=np.int64)
    return cells.to_numpy(dtype=np.int64)


def _read_parquet(path: Path, text: Sequence[str] | None, ids: Sequence[str]) -> pd.DataFrame:  # noqa: ARG001  # parquet has types
    try:
        table = pd.read_parquet(path)
    except ImportError as error:
        raise DataError(
            f"{path}: reading parquet needs the extra: pip install 'qkdrp[parquet]'."
        ) from error
    refuse_duplicates(table.columns, "columns", path)
    if not isinstance(table.index, pd.RangeIndex):
        table = table.reset_index(names=table.index.name or "")
    table.columns = table.columns.astype(str)
    return _take_row_names(table, find_row_names(list(table.columns), ids, path), path)


def _read_text(path: Path, text: Sequence[str] | None, ids: Sequence[str]) -> pd.DataFrame:
    content = read_content(path)
    layout = find_layout(content, path)
    if layout is None:
        return pd.DataFrame()
    refuse_duplicates(layout.names, "columns", path)
    place = find_row_names(layout.names, ids, path)
    names = layout.names if text is None else (layout.names[place], *text)
    table = parse(content, layout, names, path)
    return _take_row_names(table, place, path)
