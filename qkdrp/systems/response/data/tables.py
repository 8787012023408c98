"""Loader of plain tables: ``expression.*`` and ``response.*`` in one folder."""

from collections import Counter
from functools import lru_cache
from pathlib import Path

import pandas as pd

from qkdrp.common.errors import DataError
from qkdrp.common.names import listed
from qkdrp.systems.response.config import DataConfig
from qkdrp.systems.response.data.cohort import Cohort
from qkdrp.systems.response.data.expression import (
    clean_expression,
    join_cohort,
    refuse_genes_in_rows,
)
from qkdrp.systems.response.data.response import ResponseColumns, clean_response
from qkdrp.systems.response.measures import LN_IC50
from qkdrp.tables.frames import SUFFIXES, find_table, read_table

IDS = ("sample", "sample_id", "sample_name")
"""What the column of sample ids may be called."""

DRUG, LETTER = "drug", "response"
"""Columns of the response table: the drug, and R (resistant) or S (sensitive)."""


def holds_tables(folder: Path) -> bool:
    """Tell whether a folder looks like this loader's: at least one of the two tables is there."""
    return any(find_table(folder, stem) for stem in ("expression", "response"))


def table_drugs(folder: Path) -> list[str]:
    """Return the drugs of a folder, sorted."""
    path = table_path(folder, "response")
    table = read_response(path)
    if DRUG not in table.columns:
        ResponseColumns(LN_IC50.column).check(table, path, DRUG)
    return sorted(table[DRUG].dropna().unique())


def load_tables(folder: Path, drug: str, data: DataConfig | None = None) -> Cohort:
    """Load ``expression.*`` (samples x genes) and ``response.*`` (sample,drug,ln_ic50,response).

    Values are taken as not standardised per gene.

    Args:
        folder: Holds both tables, in any of the formats of
            :data:`~qkdrp.tables.frames.SUFFIXES`.
        drug: A drug of the response table.
        data: Says which measure is taken, who is a responder and what separates fractions.

    Raises:
        DataError: If a file or column is missing or anything in it is invalid.
    """
    data = data or DataConfig()
    measure = data.measured
    columns = ResponseColumns(measure.column, LETTER, measure, data.threshold, data.decimal)
    path = table_path(folder, "response")
    table = read_response(path, measure.column)
    columns.check(table, path, DRUG)
    response = clean_response(table[table[DRUG] == drug], path, columns)
    path = table_path(folder, "expression")
    samples = frozenset(table.index)
    return join_cohort(
        _expression(path, path.stat().st_mtime_ns, samples, data.decimal),
        response,
        drug=drug,
        standardised=False,
        source=f"tables in {folder}",
        columns=columns,
    )


def table_path(folder: Path, stem: str) -> Path:
    """Return the path of a table.

    Raises:
        DataError: If there is none of that name.
    """
    path = find_table(folder, stem)
    if path is None:
        like = sorted(
            each.name for each in folder.iterdir() if each.name.casefold().startswith(stem)
        )
        advice = f"; found {listed(like)}: save it so and call it so" if like else ""
        raise DataError(
            f"{folder}: found no {stem} table, expected {stem} with one of "
            f"{', '.join(SUFFIXES)}{advice}."
        )
    return path


@lru_cache(maxsize=1)
def _expression(
    path: Path,
    modified: int,  # noqa: ARG001  # part of the key
    samples: frozenset[str],
    decimal: str | None,
) -> pd.DataFrame:
    """Read a table once for all drugs of a folder."""
    table = read_table(path, ids=IDS)
    refuse_genes_in_rows(table, samples, path)
    return clean_expression(table, path, decimal)


def read_response(path: Path, *measures: str) -> pd.DataFrame:
    """Read a response table by sample; the columns that are needed are found in any case.

    Args:
        path: The table.
        *measures: Columns of numbers that may be needed, beside drug and letter.

    Raises:
        DataError: If it cannot be read.
    """
    table = read_table(path, ids=IDS)
    wanted = {name.casefold(): name for name in (DRUG, LETTER, *(measures or (LN_IC50.column,)))}
    found = Counter(name.casefold() for name in table.columns)
    table = table.rename(
        columns={
            name: wanted[name.casefold()]
            for name in table.columns
            if name.casefold() in wanted and found[name.casefold()] == 1
        }
    )
    if DRUG in table.columns:
        table[DRUG] = table[DRUG].astype("string").str.strip()
    return table
