"""Loader of plain tables: ``expression.*`` and ``response.*`` in one folder."""

from functools import lru_cache
from pathlib import Path

import pandas as pd

from qkdrp.common.errors import DataError
from qkdrp.systems.response.data.cohort import Cohort
from qkdrp.systems.response.data.expression import clean_expression, clean_response, join_cohort
from qkdrp.systems.response.data.frames import SUFFIXES, find_table, read_table

IDS = ("sample", "sample_id", "sample_name")
"""What the column of sample ids may be called."""

RESPONSE_COLUMNS = ("drug", "ln_ic50", "response")
"""Columns of the response table beside its first, the sample id."""


def holds_tables(folder: Path) -> bool:
    """Tell whether a folder looks like this loader's: at least one of the two tables is there."""
    return any(find_table(folder, stem) for stem in ("expression", "response"))


def table_drugs(folder: Path) -> list[str]:
    """Return the drugs of a folder, sorted."""
    return sorted(_read_response(folder)["drug"].dropna().unique())


def load_tables(folder: Path, drug: str, decimal: str | None = None) -> Cohort:
    """Load ``expression.*`` (samples x genes) and ``response.*`` (sample,drug,ln_ic50,response).

    Values are taken as not standardised per gene.

    Args:
        folder: Holds both tables, in any of the formats of
            :data:`~qkdrp.systems.response.data.frames.SUFFIXES`.
        drug: A drug of the response table.
        decimal: As for :func:`~qkdrp.systems.response.data.numbers.numeric`.

    Raises:
        DataError: If a file or column is missing or anything in it cannot be meant.
    """
    response = _read_response(folder)
    path = _path(folder, "response")
    response = clean_response(
        response[response["drug"] == drug], path, "ln_ic50", "response", decimal
    )
    path = _path(folder, "expression")
    return join_cohort(
        _expression(path, path.stat().st_mtime_ns, decimal),
        response,
        drug=drug,
        standardised=False,
        source=f"tables in {folder}",
    )


@lru_cache(maxsize=1)
def _expression(
    path: Path,
    modified: int,  # noqa: ARG001  # part of the key
    decimal: str | None,
) -> pd.DataFrame:
    """Read a table once for all drugs of a folder."""
    return clean_expression(read_table(path, ids=IDS), path, decimal)


def _read_response(folder: Path) -> pd.DataFrame:
    path = _path(folder, "response")
    table = read_table(path, text=("drug",), ids=IDS)
    missing = [name for name in RESPONSE_COLUMNS if name not in table.columns]
    if missing:
        raise DataError(
            f"{path}: column {', '.join(missing)} is missing, "
            f"expected sample,{','.join(RESPONSE_COLUMNS)}."
        )
    return table


def _path(folder: Path, stem: str) -> Path:
    path = find_table(folder, stem)
    if path is None:
        raise DataError(
            f"{folder}: found no {stem} table, expected {stem} with one of {', '.join(SUFFIXES)}."
        )
    return path
