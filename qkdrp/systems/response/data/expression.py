"""Putting an expression table and a response table together into a cohort."""

import re
from collections.abc import Collection
from pathlib import Path

import numpy as np
import pandas as pd

from qkdrp.common.errors import DataError
from qkdrp.common.shown import shown
from qkdrp.systems.response.data.cohort import Cohort
from qkdrp.systems.response.data.response import ResponseColumns
from qkdrp.tables.frames import refuse_duplicates
from qkdrp.tables.numbers import numeric

WITHOUT_PARTNER = 0.2
"""Share of responses without expression from which on the user is asked to look at the ids."""

LARGEST_LOGARITHM = 100.0
"""Largest expression on a log scale that can be meant; counts and TPM go far beyond."""


def clean_expression(table: pd.DataFrame, path: Path, decimal: str | None = None) -> pd.DataFrame:
    """Return an expression table (samples x genes) as float32, checked.

    Args:
        table: The cells.
        path: Where the table comes from, for messages.
        decimal: As for :func:`~qkdrp.tables.numbers.numeric`.

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
            raise DataError(f"{path}: {what} {shown(name)} has no value at all; remove it.")
    return table


def refuse_genes_in_rows(table: pd.DataFrame, samples: Collection[str], path: Path) -> None:
    """Refuse an expression table whose columns are the samples.

    Args:
        table: The cells.
        samples: Ids that have a response.
        path: Where the table comes from, for messages.

    Raises:
        DataError: If more samples are columns than rows.
    """
    known = list(samples)
    columns = table.columns[table.columns.isin(known)]
    if len(columns) > table.index.isin(known).sum():
        raise DataError(
            f"{path}: has genes in rows ({shown(str(table.index[0]))}) and samples in columns "
            f"({shown(columns[0])}), expected samples in rows: transpose the table, in pandas by "
            "read_csv(FILE, index_col=0).T.rename_axis('sample').to_csv(FILE)."
        )


def join_cohort(
    expression: pd.DataFrame,
    response: pd.DataFrame,
    *,
    drug: str,
    standardised: bool,
    source: str,
    columns: ResponseColumns,
) -> Cohort:
    """Join expression and response on the sample ids that they share.

    Args:
        expression: Samples x genes, as :func:`clean_expression` returns it.
        response: As :func:`~qkdrp.systems.response.data.response.clean_response` returns it.
        drug: Name of the drug.
        standardised: Whether genes come standardised.
        source: Where both come from.
        columns: What the response holds.

    Raises:
        DataError: If they share none.
    """
    shared = response.index[response.index.isin(expression.index)]
    if shared.empty:
        raise DataError(
            f"{source}: expression and response of {drug} share no sample id; expression has "
            f"{shown(str(expression.index[0]))}, response has {shown(str(response.index[0]))}: use "
            f"the same ids{_spelling(expression.index, response.index)}."
        )
    provenance = (
        f"{source}: {len(shared)} of {len(expression)} samples with expression and "
        f"{len(response)} with a response to {drug}"
    )
    if columns.threshold is not None:
        side = "<=" if columns.measure.direction == "lower" else ">="
        provenance += f", responders: {columns.value} {side} {columns.threshold:g}"
    return Cohort(
        drug=drug,
        samples=shared.to_numpy(dtype=np.str_),
        genes=expression.columns.to_numpy(dtype=np.str_),
        expression=expression.loc[shared].to_numpy(dtype=np.float32),
        ln_ic50=response.loc[shared, "ln_ic50"].to_numpy(dtype=np.float64),
        responder=response.loc[shared, "responder"].to_numpy(dtype=np.bool_),
        standardised=standardised,
        synthetic=False,
        provenance=provenance,
        measure=columns.measure,
        notes=(
            *_without_partner(expression.index, response.index, drug),
            *_not_logarithms(expression, standardised),
        ),
    )


def _without_partner(expression: pd.Index, response: pd.Index, drug: str) -> tuple[str, ...]:
    """Return a note where many ids of either table are not in the other one."""
    alone = response.difference(expression, sort=False)
    others = expression.difference(response, sort=False)
    if not len(others) or len(alone) < WITHOUT_PARTNER * len(response):
        return ()
    return (
        f"{len(alone)} of {len(response)} samples with a response to {drug} have no expression, "
        f"{shown(alone[0])} for one, and {len(others)} of {len(expression)} with expression have "
        f"no response, {shown(others[0])} for one: are these the same samples, spelled "
        f"differently?{_spelling(others, alone)}",
    )


def _spelling(expression: pd.Index, response: pd.Index) -> str:
    """Return two ids that differ in spelling only, in words; nothing where there are none."""
    plain = {_plain(name): name for name in response}
    for name in expression:
        if (other := plain.get(_plain(name))) is not None:
            return f"; {shown(name)} and {shown(other)} look like one sample"
    return ""


def _plain(name: str) -> str:
    """Return an id without what is often spelled in two ways: case, marks, a decimal of 0."""
    return re.sub(r"\.0$|[\s_.-]", "", name).casefold()


def _not_logarithms(expression: pd.DataFrame, standardised: bool) -> tuple[str, ...]:
    """Return a note where expression is hardly on a log scale."""
    largest = 0.0 if standardised else float(np.nanmax(expression.to_numpy()))
    if largest <= LARGEST_LOGARITHM:
        return ()
    return (
        f"expression reaches {largest:g}, expected a log scale such as log2(TPM + 1) or RMA: take "
        "logarithms, or check the units",
    )
