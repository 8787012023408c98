"""The numbers that Ito et al. 2025 printed: single test AUCs, tables 1 to 3."""

import math
from functools import cache
from importlib.resources import files

import pandas as pd


@cache
def published(table: str) -> pd.DataFrame:
    """Return a table as one row per number: ``drug``, ``model``, ``a``, ``r``, ``auc``.

    ``a`` and ``r`` (radians) are missing where the model has none.

    Args:
        table: ``"table1"`` (models), ``"table2"`` (a) or ``"table3"`` (r).
    """
    with files("qkdrp.experiments.ito").joinpath("published.csv").open() as file:
        frame = pd.read_csv(file)
    frame["r"] = frame.pop("r_over_pi") * math.pi
    return frame[frame["table"] == table].drop(columns="table").reset_index(drop=True)


def with_published(rows: pd.DataFrame, table: str | None) -> pd.Series:
    """Return the published AUC of each row of a summary; missing where there is none.

    Args:
        rows: With ``drug``, ``model``, ``a`` and ``r``.
        table: A table of the paper, or None for none.
    """
    if table is None:
        return pd.Series(math.nan, index=rows.index)
    known = published(table)
    keys = {_key(row): row.auc for row in known.itertuples()}
    return pd.Series([keys.get(_key(row), math.nan) for row in rows.itertuples()], index=rows.index)


def _key(row: object) -> tuple[object, ...]:
    numbers = (getattr(row, name) for name in ("a", "r"))
    return row.drug, row.model, *(None if pd.isna(x) else round(x, 9) for x in numbers)  # type: ignore[attr-defined]  # a row
