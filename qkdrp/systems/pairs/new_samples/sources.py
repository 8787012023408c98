"""Reading new drugs, new cell lines and lists of pairs, from files or from tables in memory."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from qkdrp.common.errors import DataError
from qkdrp.common.names import closest, listed
from qkdrp.common.shown import shown
from qkdrp.systems.pairs.config import DataConfig
from qkdrp.systems.pairs.data.graph import largest_fragment, molecules_of
from qkdrp.systems.pairs.data.pair_data import Drugs, Lines
from qkdrp.systems.pairs.data.tables import DRUG_IDS, NAME, SAMPLE_IDS, SMILES
from qkdrp.systems.pairs.new_samples.settings import PairSampleSettings
from qkdrp.tables.frames import find_table, read_table, refuse_duplicates
from qkdrp.tables.numbers import numeric

IDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"drugs": DRUG_IDS, "features": SAMPLE_IDS, "pairs": SAMPLE_IDS}
)
"""What the column of ids of each table may be called, by the table's name."""

AS_TEXT: Mapping[str, tuple[str, ...] | None] = MappingProxyType(
    {"drugs": None, "features": (), "pairs": None}
)
"""Columns of each table that are no numbers; None for all."""


@dataclass(frozen=True, eq=False)
class Table:
    """A table of a user, indexed by its ids.

    Args:
        frame: The cells.
        where: It comes from, for messages.
    """

    frame: pd.DataFrame
    where: Path

    def column(self, names: tuple[str, ...]) -> pd.Series:
        """Return a column of text by one of its names, in any case.

        Raises:
            DataError: If there is none, or a cell is blank.
        """
        by_name = {str(name).casefold(): name for name in self.frame.columns}
        found = next((by_name[each] for each in names if each in by_name), None)
        if found is None:
            raise DataError(
                f"{self.where}: column {names[0]} is missing; found "
                f"{listed(map(str, self.frame.columns))}."
            )
        column = self.frame[found].astype("string").str.strip()
        blank = (column.fillna("") == "").to_numpy(bool)
        if blank.any():
            raise DataError(
                f"{self.where}: row {shown(self.frame.index[blank][0])} has no {names[0]}; add it, "
                "or remove the row."
            )
        return column


def read_tables(source: str | None, settings: PairSampleSettings) -> dict[str, Table]:
    """Return the tables that a user gives, by name.

    Args:
        source: A folder with one table at least; None where each is named.
        settings: Name single tables.

    Raises:
        DataError: If one cannot be read, or a folder holds none.
    """
    paths = settings.paths
    if source is not None:
        paths = _tables_of(Path(source)) | paths
    return {
        name: Table(read_table(path, AS_TEXT[name], IDS[name]), path)
        for name, path in paths.items()
    }


def take_tables(frames: Mapping[str, pd.DataFrame]) -> dict[str, Table]:
    """Return tables in memory by name; ids are a column called so, or the index.

    Raises:
        DataError: If a name is unknown, or a table is empty.
    """
    found = {}
    for name, frame in frames.items():
        if name not in IDS:
            raise DataError(
                f"found a table of {name}, expected new drugs as drugs=..., new cell lines as "
                "features=..., or pairs of them as pairs=..."
            )
        where = Path(f"the table {name}")
        if frame.empty:
            raise DataError(f"{where}: is empty, expected one row at least.")
        called = [each for each in frame.columns if str(each).casefold() in IDS[name]]
        table = frame.set_index(called[0]) if called else frame
        table = table.set_axis(table.index.astype(str), axis=0)
        table = table.set_axis(table.columns.astype(str), axis=1)
        refuse_duplicates(table.columns, "columns", where)
        found[name] = Table(table, where)
    return found


def drugs_of(table: Table, data: DataConfig) -> Drugs:
    """Return new drugs with their molecules.

    Args:
        table: With SMILES.
        data: The section ``data`` that a run was trained with.

    Raises:
        DataError: If a drug is there twice, or a SMILES is blank or unreadable; names the drug.
    """
    refuse_duplicates(table.frame.index, "drugs", table.where)
    ids = table.frame.index.to_numpy(dtype=np.str_)
    smiles = table.column((SMILES,)).tolist()
    if data.largest_fragment:
        smiles = [largest_fragment(text, drug) for text, drug in zip(smiles, ids, strict=True)]
    texts = np.array(smiles, dtype=np.str_)
    names = ids
    if NAME in {str(each).casefold() for each in table.frame.columns}:
        given = table.frame.rename(columns=lambda each: str(each).casefold())[NAME]
        names = given.astype("string").fillna("").str.strip().to_numpy(dtype=np.str_)
    try:
        molecules = molecules_of(texts, ids)
    except DataError as error:
        raise DataError(f"{table.where}: {error}") from error
    return Drugs(ids, np.where(names == "", ids, names), texts, molecules)


def lines_of(table: Table, wanted: NDArray[np.str_], decimal: str | None) -> Lines:
    """Return new cell lines with the features that a model reads.

    Args:
        table: With features.
        wanted: Names of the model's features.
        decimal: As for :func:`~qkdrp.tables.numbers.numeric`.

    Raises:
        DataError: If a feature is missing, a line is there twice, or a cell is no number.
    """
    frame = table.frame
    missing = [name for name in wanted.tolist() if name not in frame.columns]
    if missing:
        like = closest(missing[0], map(str, frame.columns))
        hint = f" (found {shown(like)})" if like else ""
        raise DataError(
            f"{table.where}: {len(missing)} of the model's {len(wanted)} features are missing: "
            f"{listed(map(shown, missing))}{hint}; add the columns, blank where unknown."
        )
    refuse_duplicates(frame.index, "samples", table.where)
    values = numeric(frame[wanted.tolist()], table.where, np.float32, decimal)
    empty = values.isna().all(axis=1)
    if empty.any():
        raise DataError(
            f"{table.where}: cell line {shown(values.index[empty][0])} has no value; remove it."
        )
    return Lines(values.index.to_numpy(dtype=np.str_), wanted, values.to_numpy(dtype=np.float32))


def extra_columns(table: Table, wanted: NDArray[np.str_]) -> list[str]:
    """Return the columns of a table of features that a model does not read."""
    known = set(wanted.tolist())
    return [str(name) for name in table.frame.columns if str(name) not in known]


def named_pairs(
    table: Table, lines: NDArray[np.str_], drugs: NDArray[np.str_]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the places of lines and drugs of pairs that a table names.

    Args:
        table: With a column of drugs.
        lines: Ids of all lines.
        drugs: Ids of all drugs.

    Raises:
        DataError: If a line or drug is unknown, or a pair is there twice; names it.
    """
    wanted = table.column(DRUG_IDS)
    pairs = pd.DataFrame({"line": table.frame.index, "drug": wanted.to_numpy(dtype=str)})
    twice = pairs.duplicated()
    if twice.any():
        line, drug = pairs[twice].iloc[0]
        raise DataError(
            f"{table.where}: the pair of cell line {shown(line)} and drug {shown(drug)} is there "
            "twice; keep one of each."
        )
    return (
        _places(pairs["line"], lines, "cell line", "--features", table.where),
        _places(pairs["drug"], drugs, "drug", "--drugs", table.where),
    )


def _places(
    asked: pd.Series, known: NDArray[np.str_], what: str, option: str, where: Path
) -> NDArray[np.int64]:
    places = pd.Index(known).get_indexer(pd.Index(asked))
    if (places < 0).any():
        name = str(asked[places < 0].iloc[0])
        like = closest(name, known.tolist())
        hint = f"; did you mean {like!r}?" if like else f"; add it to the table of {option}."
        raise DataError(
            f"{where}: {what} {shown(name)} is neither in {option} nor among those of the run{hint}"
        )
    return places.astype(np.int64)


def _tables_of(folder: Path) -> dict[str, Path]:
    """Return the tables of a folder by name."""
    if not folder.is_dir():
        raise DataError(
            f"{folder}: expected a folder with a table of drugs, features or pairs; give single "
            "tables as --drugs, --features and --pairs."
        )
    found = {name: find_table(folder, name) for name in IDS}
    paths = {name: path for name, path in found.items() if path is not None}
    if not paths:
        raise DataError(f"{folder}: found no table of {' or '.join(IDS)}.")
    return paths
