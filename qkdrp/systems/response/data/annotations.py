"""What else is told of samples and genes: groups, kinds, the user's own split, names of genes."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from qkdrp.common.errors import DataError
from qkdrp.common.names import listed
from qkdrp.common.shown import shown, shown_cell
from qkdrp.systems.response.config import DataConfig
from qkdrp.systems.response.data.cohort import Cohort
from qkdrp.systems.response.data.gene_names import rename_genes
from qkdrp.systems.response.data.tables import IDS
from qkdrp.tables.frames import SUFFIXES, find_table, read_table, refuse_duplicates
from qkdrp.training.split import PARTS

SAMPLES = "samples"
"""Name of the table that describes samples, without its ending."""

PART = "part"
"""Column of a split file that names the part."""


def annotated(cohort: Cohort, folder: Path, data: DataConfig) -> Cohort:
    """Return a cohort with all that settings ask to be told of its samples and genes.

    Args:
        cohort: The samples.
        folder: Where the table of samples is.
        data: The settings.

    Raises:
        DataError: If a table or column is missing, or does not name every sample.
    """
    if data.gene_map is not None:
        cohort = rename_genes(cohort, Path(data.gene_map))
    for name, column in (("groups", data.group_by), ("kinds", data.residual_by)):
        if column is not None:
            values = sample_column(cohort.samples, folder, column, cohort.drug)
            told = f"{cohort.provenance}, {len(np.unique(values))} {name} by {column}"
            changes: dict[str, Any] = {"provenance": told, name: values}
            cohort = replace(cohort, **changes)
    return cohort if data.split is None else _with_parts(cohort, Path(data.split))


def samples_table(folder: Path, *text: str) -> pd.DataFrame | None:
    """Return the table that describes samples, by sample; None where there is none.

    Args:
        folder: Where it is.
        *text: Columns that hold names even where they look like numbers.

    Raises:
        DataError: If it cannot be read, or names a sample twice.
    """
    path = find_table(folder, SAMPLES)
    if path is None:
        return None
    table = read_table(path, text=text, ids=IDS)
    refuse_duplicates(table.index, "samples", path)
    return table


def sample_column(
    samples: NDArray[np.str_], folder: Path, column: str, what: str
) -> NDArray[np.str_]:
    """Return a column of the table of samples, in the order of some samples.

    Args:
        samples: Their ids.
        folder: Where the table is.
        column: Of the table.
        what: Samples of what they are, for messages.

    Raises:
        DataError: If it is missing, or blank for a sample.
    """
    path = find_table(folder, SAMPLES)
    table = samples_table(folder, column)
    if path is None or table is None:
        raise DataError(
            f"{folder}: found no {SAMPLES} table with the column {shown(column)}, expected "
            f"{SAMPLES} with one of {', '.join(SUFFIXES)}: sample,{column}."
        )
    return column_of(table, samples, column, path, what)


def column_of(
    table: pd.DataFrame, samples: NDArray[np.str_], column: str, path: Path, what: str
) -> NDArray[np.str_]:
    """Return a column of a table that describes samples, in the order of some samples.

    Args:
        table: Indexed by sample.
        samples: Their ids.
        column: Of the table.
        path: Of the table, for messages.
        what: Samples of what they are, for messages.

    Raises:
        DataError: If it is missing, or blank for a sample.
    """
    if column not in table.columns:
        raise DataError(
            f"{path}: column {column} is missing; found {listed(table.columns.tolist())}."
        )
    values = table[column].reindex(samples.tolist()).astype("string")
    blank = (values.isna() | (values == "")).to_numpy(bool)
    if blank.any():
        raise DataError(
            f"{path}: {int(blank.sum())} of {len(samples)} samples of {what} have no "
            f"{column}, {shown(samples[blank][0])} for one: fill it in, or take these "
            "samples out of the response table."
        )
    return values.to_numpy(dtype=np.str_)


def _with_parts(cohort: Cohort, path: Path) -> Cohort:
    """Return those samples of a cohort that a split file names, each with its part.

    Raises:
        DataError: If the file has no column of parts, an unknown part, or no sample of the cohort.
    """
    table = read_table(path, text=(PART,), ids=IDS)
    if PART not in table.columns:
        raise DataError(
            f"{path}: column {PART} is missing, expected sample,{PART}; found "
            f"{listed([str(table.index.name), *table.columns])}."
        )
    refuse_duplicates(table.index, "samples", path)
    named = table[PART].astype("string").str.casefold().fillna("")
    wrong = ~named.isin(PARTS).to_numpy(bool)
    if wrong.any():
        row = table.index[wrong][0]
        raise DataError(
            f"{path}: row {shown(row)}, column {PART!r} holds {shown_cell(table[PART][row])}, "
            f"expected one of {', '.join(PARTS)}."
        )
    there = cohort.samples[np.isin(cohort.samples, named.index.to_numpy(dtype=np.str_))]
    if not len(there):
        raise DataError(
            f"{path}: names none of the {len(cohort)} samples of {cohort.drug}; it has "
            f"{shown(str(table.index[0]))}, the data have {shown(cohort.samples[0])}: use the same "
            "ids."
        )
    chosen = cohort.select(there)
    left = len(cohort) - len(chosen)
    provenance = f"{cohort.provenance}, split by {path.name}"
    if left:
        provenance += f", which leaves {left} out"
    parts = named.reindex(there.tolist()).to_numpy(dtype=np.str_)
    return replace(chosen, parts=parts, provenance=provenance)
