"""Putting together the pairs that are predicted: what a user gives, and what a run keeps."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from qkdrp.common.errors import DataError
from qkdrp.common.names import listed
from qkdrp.common.shown import shown
from qkdrp.systems.pairs.config import DataConfig
from qkdrp.systems.pairs.data.molecules import Molecules
from qkdrp.systems.pairs.data.pair_data import Drugs, Lines
from qkdrp.systems.pairs.new_pairs import NewPairs
from qkdrp.systems.pairs.new_samples.known import Known
from qkdrp.systems.pairs.new_samples.similarity import canonical
from qkdrp.systems.pairs.new_samples.sources import (
    Table,
    drugs_of,
    extra_columns,
    lines_of,
    named_pairs,
)
from qkdrp.tables.numbers import numeric

Places = NDArray[np.int64]


def new_pairs(
    tables: Mapping[str, Table], data: DataConfig, known: Known | None, decimal: str | None
) -> NewPairs:
    """Return the pairs that are predicted.

    Given lines stand with given drugs; where one of them is left out, the run's own take its place.
    A list of pairs may name lines and drugs of both.

    Args:
        tables: What the user gives, by name.
        data: The section ``data`` that a run was trained with.
        known: What the run keeps of its data; None where it keeps nothing.
        decimal: What separates fractions in text tables.

    Raises:
        DataError: If a table is invalid, or something is neither given nor kept.
    """
    drugs = drugs_of(tables["drugs"], data) if "drugs" in tables else None
    lines, extra = _lines(tables.get("features"), known, decimal)
    if known is None and (drugs is None or lines is None):
        missing = "drugs" if drugs is None else "features"
        raise DataError(
            f"no {missing} given, and the run keeps nothing of its data: give --{missing}, or "
            "--train-data with the data that it was trained on."
        )
    if known is not None:
        _refuse_namesakes(drugs, lines, known)
    both = _given(drugs, lines, known)
    told = (
        "the run's own lines" if lines is None else _told(tables["features"], len(lines), "lines"),
        "the run's own drugs" if drugs is None else _told(tables["drugs"], len(drugs), "drugs"),
    )
    provenance = ", ".join(told) + extra
    synthetic = known is not None and known.pairs.synthetic and (lines is None or drugs is None)
    if "pairs" not in tables:
        line, drug = np.divmod(np.arange(len(both[0]) * len(both[1])), len(both[1]))
        return NewPairs(*both, line, drug, provenance, synthetic)
    all_lines, all_drugs = _with_known(*both, known)
    places = named_pairs(tables["pairs"], all_lines.ids, all_drugs.ids)
    return NewPairs(all_lines, all_drugs, *places, provenance, synthetic).compact()


def _given(drugs: Drugs | None, lines: Lines | None, known: Known | None) -> tuple[Lines, Drugs]:
    """Return given lines and drugs, the run's own where they are left out."""
    if known is not None:
        lines = known.pairs.lines if lines is None else lines
        drugs = known.pairs.drugs if drugs is None else drugs
    assert lines is not None
    assert drugs is not None
    return lines, drugs


def _lines(
    table: Table | None, known: Known | None, decimal: str | None
) -> tuple[Lines | None, str]:
    """Return given lines, and in words which columns are not read."""
    if table is None:
        return None, ""
    if known is None:
        values = numeric(table.frame, table.where, np.float32, decimal)
        names = values.columns.to_numpy(dtype=np.str_)
        return lines_of(table, names, decimal), ""
    wanted = known.pairs.lines.features
    extra = extra_columns(table, wanted)
    words = f"; {len(extra)} columns that the model does not read: {listed(extra)}"
    return lines_of(table, wanted, decimal), words if extra else ""


def _refuse_namesakes(drugs: Drugs | None, lines: Lines | None, known: Known) -> None:
    """Refuse a drug with another molecule, or a line with other features, than the run's own."""
    if drugs is not None:
        own = known.pairs.drugs
        _, here, there = np.intersect1d(drugs.ids, own.ids, return_indices=True)
        differs = canonical(drugs.smiles[here]) != canonical(own.smiles[there])
        _refuse(drugs.ids[here][differs], "drug", "another molecule")
    if lines is not None:
        same = known.pairs.lines
        _, here, there = np.intersect1d(lines.ids, same.ids, return_indices=True)
        a, b = lines.matrix[here], same.matrix[there]
        differs = ~np.isclose(a, b, rtol=1e-5, atol=1e-6, equal_nan=True).all(axis=1)
        _refuse(lines.ids[here][differs], "cell line", "other features")


def _refuse(names: NDArray[np.str_], what: str, other: str) -> None:
    if len(names):
        raise DataError(
            f"{what} {shown(names[0])} is in the run's data with {other}; give it another id."
        )


def _with_known(lines: Lines, drugs: Drugs, known: Known | None) -> tuple[Lines, Drugs]:
    """Return lines and drugs, and those of the run that are not among them."""
    if known is None:
        return lines, drugs
    own_lines, own_drugs = known.pairs.lines, known.pairs.drugs
    more = own_lines.select(np.flatnonzero(~np.isin(own_lines.ids, lines.ids)))
    others = own_drugs.select(np.flatnonzero(~np.isin(own_drugs.ids, drugs.ids)))
    return (
        Lines(
            np.concatenate([lines.ids, more.ids]),
            lines.features,
            np.concatenate([lines.matrix, more.matrix]),
        ),
        Drugs(
            np.concatenate([drugs.ids, others.ids]),
            np.concatenate([drugs.names, others.names]),
            np.concatenate([drugs.smiles, others.smiles]),
            Molecules.together([drugs.molecules, others.molecules]),
        ),
    )


def _told(table: Table, count: int, what: str) -> str:
    return f"{table.where}: {count} {what}"
