"""Ranks of drugs for each cell line and of lines for each drug, unmeasured pairs first."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from qkdrp.systems.pairs.new_samples.table import HIGH, LOW, MEASURED, measure_of

DRUG_RANK, LINE_RANK = "drug_rank", "line_rank"
"""Place of the drug among those of the line, and of the line among those of the drug; 1 is the most
sensitive pair."""

BEYOND = "_beyond_drug"
"""Ending of the measure less the mean of the drug's predictions."""

BEST = 5
"""Places that a command prints and a page shows of each line and each drug."""


def ranked(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table of predictions with ranks, sorted by line and rank of the drug.

    Pairs that were measured come after those that were not, since their value is known.

    Args:
        table: Of :func:`~.table.prediction_table`.
    """
    measure = measure_of(table)
    value = table[measure].to_numpy(float)
    known = table.get(f"{MEASURED}{measure}")
    there = np.zeros(len(table), dtype=bool) if known is None else known.notna().to_numpy()
    found = table.assign(
        **{
            DRUG_RANK: _ranks(table["sample"], there, value),
            LINE_RANK: _ranks(table["drug"], there, value),
            f"{measure}{BEYOND}": value - table.groupby("drug")[measure].transform("mean"),
        }
    )
    line = pd.factorize(found["sample"])[0]
    order = np.lexsort((found[DRUG_RANK], line))
    return found.iloc[order].reset_index(drop=True)


def best(table: pd.DataFrame, of: str) -> pd.DataFrame:
    """Return the first places of each line, or of each drug.

    Args:
        table: Of :func:`ranked`.
        of: :data:`DRUG_RANK` for the best drugs of each line, :data:`LINE_RANK` for the best lines
            of each drug.
    """
    measure = measure_of(table)
    group, other = ("sample", "drug") if of == DRUG_RANK else ("drug", "sample")
    number = pd.factorize(table[group])[0]
    first = table.iloc[np.lexsort((table[of], number))]
    first = first[first[of] <= BEST]
    names = [group, of, other, "name", measure, f"{measure}{LOW}", f"{measure}{HIGH}",
             f"{measure}{BEYOND}", f"{MEASURED}{measure}", "new", "outside"]  # fmt: skip
    return first[[name for name in names if name in first.columns]].reset_index(drop=True)


def _ranks(groups: pd.Series, there: NDArray[np.bool_], value: Any) -> NDArray[np.int64]:  # noqa: ANN401  # of floats
    """Return the place of each row within its group, from 1."""
    group = pd.factorize(groups)[0]
    order = np.lexsort((value, there, group))
    sorted_group = group[order]
    found = np.empty(len(group), dtype=np.int64)
    found[order] = np.arange(len(group)) - np.searchsorted(sorted_group, sorted_group) + 1
    return found
