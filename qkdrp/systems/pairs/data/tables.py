"""Loader of three tables in a folder: ``pairs.*``, ``features.*`` and ``drugs.*``."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from qkdrp.common.errors import DataError
from qkdrp.common.names import listed
from qkdrp.common.shown import shown
from qkdrp.systems.pairs.config import DataConfig
from qkdrp.systems.pairs.data.graph import largest_fragment, molecules_of
from qkdrp.systems.pairs.data.measured import long_form, measured_pairs
from qkdrp.systems.pairs.data.pair_data import Drugs, Lines, PairData
from qkdrp.tables.frames import SUFFIXES, find_table, read_table, refuse_duplicates
from qkdrp.tables.numbers import numeric

SAMPLE_IDS = ("sample", "sample_id", "sample_name", "cell_line", "cell_line_id")
DRUG_IDS = ("drug", "drug_id")
"""What the columns of ids may be called."""

SMILES, NAME, TISSUE = "smiles", "name", "tissue"
"""Columns of the tables of drugs and samples."""

PAIRS, FEATURES, DRUGS, SAMPLES = "pairs", "features", "drugs", "samples"
"""Names of the tables; the last one may be missing."""


@dataclass(frozen=True)
class LeftOut:
    """Measured pairs that cannot be used, by reason.

    Each argument holds the culprit of every such pair: a cell line, or a drug.

    Args:
        no_line: Without features of the cell line.
        no_drug: Without a row of the drug.
        no_smiles: With a drug whose SMILES is blank.
    """

    no_line: Sequence[str]
    no_drug: Sequence[str]
    no_smiles: Sequence[str]

    def __len__(self) -> int:
        """Return the number of pairs."""
        return len(self.no_line) + len(self.no_drug) + len(self.no_smiles)

    def text(self, n_pairs: int) -> str:
        """Return how many pairs are left out, why and of whom; nothing where none is."""
        reasons = (
            (self.no_line, f"of a cell line without a row in {FEATURES}"),
            (self.no_drug, f"of a drug without a row in {DRUGS}"),
            (self.no_smiles, "of a drug without a SMILES"),
        )
        told = [
            f"{len(culprits)} {why} ({listed(dict.fromkeys(culprits))})"
            for culprits, why in reasons
            if culprits
        ]
        return f"{n_pairs} measured pairs, left out: {', '.join(told)}" if told else ""


def load_tables(folder: Path, data: DataConfig) -> PairData:
    """Load the three tables of a folder, and ``samples.*`` for tissues where it is there.

    Args:
        folder: Holds the tables.
        data: Says which measure is taken, and what is done with pairs that cannot be used.

    Raises:
        DataError: If a table or column is missing, or anything in it is invalid.
    """
    pairs = _read_pairs(table_path(folder, PAIRS), data)
    features = _read_features(table_path(folder, FEATURES), data.decimal)
    drugs = _read_drugs(table_path(folder, DRUGS))
    pairs, left_out = _usable(pairs, features, drugs)
    note = left_out.text(len(pairs) + len(left_out))
    if note and data.strict:
        raise DataError(f"{folder}: {note}; add the rows, or do not give --strict.")
    if pairs.empty:
        raise DataError(f"{folder}: no pair has both features and a SMILES. {note}")
    return _joined(folder, data, pairs, features, drugs, (note,) if note else ())


def table_path(folder: Path, stem: str) -> Path:
    """Return the path of a table.

    Raises:
        DataError: If there is none of that name.
    """
    path = find_table(folder, stem)
    if path is None:
        inside = listed(sorted(each.name for each in folder.iterdir())) or "nothing"
        raise DataError(
            f"{folder}: found no {stem} table, expected {stem} with one of "
            f"{', '.join(SUFFIXES)}; found {inside}."
        )
    return path


def _read_pairs(path: Path, data: DataConfig) -> pd.DataFrame:
    """Return ``sample``, ``drug`` and ``value`` of measured pairs."""
    table = read_table(path, text=(*DRUG_IDS, *(each.upper() for each in DRUG_IDS)), ids=SAMPLE_IDS)
    table = long_form(table, path, data.measure, DRUG_IDS)
    return measured_pairs(table, path, data)


def _read_features(path: Path, decimal: str | None) -> pd.DataFrame:
    table = read_table(path, ids=SAMPLE_IDS)
    refuse_duplicates(table.index, "samples", path)
    return numeric(table, path, np.float32, decimal)


def _read_drugs(path: Path) -> pd.DataFrame:
    table = read_table(path, text=None, ids=DRUG_IDS)
    table = table.rename(columns={name: name.casefold() for name in table.columns})
    if SMILES not in table.columns:
        raise DataError(
            f"{path}: column {SMILES} is missing, expected one row for each drug with "
            f"drug,{SMILES}; found {listed(table.columns)}."
        )
    refuse_duplicates(table.index, "drugs", path)
    return table


def _usable(
    pairs: pd.DataFrame, features: pd.DataFrame, drugs: pd.DataFrame
) -> tuple[pd.DataFrame, LeftOut]:
    """Return the pairs that have features and a SMILES, and how many have not."""
    no_line = ~pairs["sample"].isin(features.index)
    no_drug = ~no_line & ~pairs["drug"].isin(drugs.index)
    blank = drugs.index[drugs[SMILES].fillna("") == ""]
    no_smiles = ~no_line & pairs["drug"].isin(blank)
    left_out = LeftOut(
        pairs["sample"][no_line].tolist(),
        pairs["drug"][no_drug].tolist(),
        pairs["drug"][no_smiles].tolist(),
    )
    return pairs[~(no_line | no_drug | no_smiles)], left_out


def _joined(
    folder: Path,
    data: DataConfig,
    pairs: pd.DataFrame,
    features: pd.DataFrame,
    drugs: pd.DataFrame,
    notes: tuple[str, ...],
) -> PairData:
    """Return pairs with their lines and drugs, in the order of the tables."""
    features = features[features.index.isin(pairs["sample"])]
    drugs = drugs[drugs.index.isin(pairs["drug"])]
    ids = drugs.index.to_numpy(dtype=np.str_)
    smiles = drugs[SMILES].to_numpy(dtype=np.str_)
    salts = int(sum("." in each for each in smiles.tolist()))
    try:
        if data.largest_fragment:
            smiles = _unsalted(smiles, ids)
        molecules = molecules_of(smiles, ids)
    except DataError as error:
        raise DataError(f"{table_path(folder, DRUGS)}: {error}") from error
    if salts:
        kept = "reduced to their largest fragment" if data.largest_fragment else "kept as they are"
        notes = (*notes, f"{salts} drugs are salts of several fragments, {kept}")
    names = drugs[NAME].fillna("").to_numpy(dtype=np.str_) if NAME in drugs.columns else ids
    return PairData(
        lines=Lines(
            features.index.to_numpy(dtype=np.str_),
            features.columns.to_numpy(dtype=np.str_),
            features.to_numpy(dtype=np.float32),
            _tissues(folder, features.index),
        ),
        drugs=Drugs(ids, np.where(names == "", ids, names), smiles, molecules),
        line=features.index.get_indexer(pd.Index(pairs["sample"])).astype(np.int64),
        drug=drugs.index.get_indexer(pd.Index(pairs["drug"])).astype(np.int64),
        value=pairs["value"].to_numpy(dtype=np.float64),
        synthetic=False,
        provenance=f"tables in {folder}",
        measure=data.measure,
        notes=notes,
    )


def _unsalted(smiles: NDArray[np.str_], ids: NDArray[np.str_]) -> NDArray[np.str_]:
    """Return SMILES with salts reduced to their largest fragment."""
    pairs = zip(smiles.tolist(), ids.tolist(), strict=True)
    found = [largest_fragment(text, drug) if "." in text else text for text, drug in pairs]
    return np.array(found, dtype=np.str_)


def _tissues(folder: Path, lines: pd.Index) -> NDArray[np.str_] | None:
    """Return the tissue of each line, blank where unknown; None where no table tells."""
    path = find_table(folder, SAMPLES)
    if path is None:
        return None
    table = read_table(path, text=None, ids=SAMPLE_IDS)
    if TISSUE not in table.columns:
        raise DataError(
            f"{path}: column {shown(TISSUE)} is missing; found {listed(table.columns)}. Add it, or "
            "remove the table."
        )
    refuse_duplicates(table.index, "samples", path)
    return table[TISSUE].reindex(lines).fillna("").to_numpy(dtype=np.str_)
