"""Published tables of responses, features and drugs, written as the tables that runs read."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from qkdrp.common.errors import DataError
from qkdrp.common.files import write_csv
from qkdrp.common.names import listed
from qkdrp.tables.frames import read_table, refuse_duplicates
from qkdrp.tables.numbers import numeric


@dataclass(frozen=True)
class Sources:
    """Where published tables are; the first column of each holds ids.

    Args:
        responses: ln IC50, one row for each cell line and one column for each drug.
        features: One row for each cell line.
        drugs: One row for each drug.
        samples: One row for each cell line; None where tissues are not known.
    """

    responses: Path
    features: Path
    drugs: Path
    samples: Path | None = None


@dataclass(frozen=True)
class Columns:
    """What columns of published tables are called.

    Args:
        smiles: Of drugs.
        name: Name of a drug; None takes its id.
        tissue: Of cell lines.
    """

    smiles: str = "smiles"
    name: str | None = None
    tissue: str = "tissue"


@dataclass(frozen=True)
class Converted:
    """How much was written.

    Args:
        n_lines: Cell lines with a measured pair.
        n_drugs: Drugs with a measured pair.
        n_pairs: Measured pairs.
        n_features: Features of a line.
        n_without_smiles: Drugs among them without a SMILES.
    """

    n_lines: int
    n_drugs: int
    n_pairs: int
    n_features: int
    n_without_smiles: int

    def text(self) -> str:
        """Return all of it in words."""
        possible = self.n_lines * self.n_drugs
        without = f"; {self.n_without_smiles} drugs have no SMILES" if self.n_without_smiles else ""
        return (
            f"{self.n_lines} cell lines with {self.n_features} features, {self.n_drugs} drugs, "
            f"{self.n_pairs} measured pairs of {possible} possible{without}"
        )


def convert(sources: Sources, columns: Columns, output: Path) -> Converted:
    """Write ``pairs``, ``features``, ``drugs`` and ``samples`` tables into a new folder.

    Only lines and drugs with a measured pair are written.

    Args:
        sources: The published tables.
        columns: What their columns are called.
        output: A new folder, or an empty one.

    Raises:
        DataError: If a table or column is missing, a line or drug has no row, or the folder holds
            something.
    """
    if output.is_dir() and any(output.iterdir()):
        raise DataError(f"{output}: holds something already; give a new folder.")
    table = read_table(sources.responses)
    refuse_duplicates(table.index, "cell lines", sources.responses)
    responses = numeric(table, sources.responses).dropna(how="all").dropna(how="all", axis=1)
    if responses.empty:
        raise DataError(f"{sources.responses}: found no measured pair, expected some.")
    features = _rows_of(sources.features, responses.index, "cell lines")
    drugs = _rows_of(sources.drugs, responses.columns, "drugs", text=None)
    _need(drugs, [columns.smiles, *([columns.name] if columns.name else [])], sources.drugs)
    tables = {
        "pairs.csv.gz": _named(responses, "sample"),
        "features.csv.gz": _named(numeric(features, sources.features), "sample"),
        "drugs.csv": _drugs(drugs, columns),
    }
    if sources.samples is not None:
        samples = _rows_of(sources.samples, responses.index, "cell lines", text=None)
        _need(samples, [columns.tissue], sources.samples)
        tissues = samples[[columns.tissue]].rename(columns={columns.tissue: "tissue"})
        tables["samples.csv"] = _named(tissues, "sample")
    output.mkdir(parents=True, exist_ok=True)
    for name, each in tables.items():
        write_csv(output / name, each)
    return Converted(
        len(responses),
        len(responses.columns),
        int(responses.notna().to_numpy().sum()),
        len(features.columns),
        int((drugs[columns.smiles].fillna("") == "").sum()),
    )


def _rows_of(
    path: Path, ids: pd.Index, what: str, text: tuple[str, ...] | None = ()
) -> pd.DataFrame:
    """Return the rows of some ids, in their order.

    Raises:
        DataError: If one is missing or there twice.
    """
    table = read_table(path, text=text)
    refuse_duplicates(table.index, what, path)
    missing = [name for name in ids.tolist() if name not in table.index]
    if missing:
        raise DataError(
            f"{path}: {len(missing)} {what} of the responses have no row: {listed(missing)}; add "
            "them, or remove them from the responses."
        )
    return table.loc[ids]


def _need(table: pd.DataFrame, names: list[str], path: Path) -> None:
    """Refuse a table without some columns."""
    for name in names:
        if name not in table.columns:
            raise DataError(
                f"{path}: column {name} is missing; found {listed(map(str, table.columns))}: name "
                "the right one."
            )


def _drugs(table: pd.DataFrame, columns: Columns) -> pd.DataFrame:
    found = {"drug": table.index, "smiles": table[columns.smiles].to_numpy()}
    if columns.name is not None:
        found["name"] = table[columns.name].to_numpy()
    return pd.DataFrame(found)


def _named(table: pd.DataFrame, index: str) -> pd.DataFrame:
    return table.rename_axis(index=index).reset_index()
