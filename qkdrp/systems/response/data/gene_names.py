"""Names of genes: which kind they are of, and giving them others."""

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from qkdrp.common.errors import DataError
from qkdrp.common.shown import shown
from qkdrp.systems.response.data.cohort import Cohort
from qkdrp.tables.frames import read_table

SYMBOLS = "gene symbols"
"""What names are that are of no other kind."""

KINDS: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {
        "Ensembl ids": re.compile(r"ENS[A-Z]*G\d{11}(\.\d+)?"),
        "Entrez ids": re.compile(r"\d{1,9}"),
        "symbols with Entrez ids, as of DepMap,": re.compile(r"\S+ \(\d+\)"),
        "probe sets": re.compile(r"\S+_at"),
    }
)
"""Kinds of names by what messages call them, and how all their names look."""

MOST_SHARE = 0.9
"""Share of the genes from which on their names count as of one kind."""

VERSION = re.compile(r"(ENS[A-Z]*G\d{11})\.\d+")
"""An Ensembl id with a version, which maps of genes leave out."""


def kind_of_names(genes: NDArray[np.str_]) -> str:
    """Return what kind of names genes have: a key of :data:`KINDS`, or :data:`SYMBOLS`.

    Args:
        genes: Names of genes, shape (n_genes,).

    Example:
        >>> kind_of_names(np.array(["ENSG00000141510.16", "ENSG00000146648"]))
        'Ensembl ids'
    """
    names = genes.tolist()
    for kind, pattern in KINDS.items():
        if sum(bool(pattern.fullmatch(name)) for name in names) >= MOST_SHARE * len(names):
            return kind
    return SYMBOLS


def read_gene_map(path: Path) -> dict[str, str]:
    """Read a table of two columns: the name of a gene in the data, and the name to use.

    Blank names and further columns are left out.

    Raises:
        DataError: If it cannot be read, has one column only, or gives a gene two names.
    """
    table = read_table(path, text=None)
    column = table.iloc[:, 0].astype("string").str.strip()
    column = column[(column.notna() & (column != "")).to_numpy(bool)]
    names = dict[str, str]()
    for gene, name in zip(column.index, column, strict=True):
        other = names.setdefault(str(gene), str(name))
        if other != name:
            raise DataError(
                f"{path}: gives {shown(str(gene))} two names, {shown(other)} and {shown(name)}; "
                "keep one."
            )
    return names


def named_by_map(
    genes: NDArray[np.str_], values: NDArray[np.float32], path: Path
) -> tuple[NDArray[np.str_], NDArray[np.float32]]:
    """Return names and expression of genes, those that a map holds under its names for them.

    Others keep theirs. Where several genes get the same name, their mean is taken.

    Args:
        genes: Names, shape (n_genes,).
        values: Expression, shape (n_samples, n_genes).
        path: Of the map.

    Raises:
        DataError: If the map cannot be read.
    """
    names = read_gene_map(path)
    bare = [gene if gene in names else VERSION.sub(r"\1", gene) for gene in genes.tolist()]
    found = np.array([names.get(key, gene) for key, gene in zip(bare, genes.tolist(), strict=True)])
    renamed, place = np.unique(found, return_inverse=True)
    return renamed, _mean_by_column(values, place, len(renamed))


def rename_genes(cohort: Cohort, path: Path) -> Cohort:
    """Return a cohort whose genes have the names of a map; those without one are left out.

    Where several genes get the same name, their mean is taken, missing values aside.

    Args:
        cohort: The samples.
        path: Of the map.

    Raises:
        DataError: If the map has no gene of the cohort.
    """
    names = read_gene_map(path)
    genes = [gene if gene in names else VERSION.sub(r"\1", gene) for gene in cohort.genes.tolist()]
    kept = np.array([gene in names for gene in genes], dtype=bool)
    if not kept.any():
        raise DataError(
            f"{path}: holds none of the {len(genes)} genes of the data, which are "
            f"{kind_of_names(cohort.genes)} ({shown(genes[0])}); its first column has "
            f"{shown(next(iter(names), None))}."
        )
    found = np.array([names[gene] for gene in genes if gene in names])
    renamed, place = np.unique(found, return_inverse=True)
    return replace(
        cohort,
        genes=renamed,
        expression=_mean_by_column(cohort.expression[:, kept], place, len(renamed)),
        provenance=f"{cohort.provenance}, {int(kept.sum())} of {len(genes)} genes named by "
        f"{path.name}",
    )


def _mean_by_column(
    values: NDArray[np.float32], place: NDArray[np.int64], n_columns: int
) -> NDArray[np.float32]:
    """Return the mean of the columns that go to the same place, shape (n_samples, n_columns)."""
    if n_columns == len(place):  # nothing to average, and no rounding
        return values[:, np.argsort(place)]
    sums = np.zeros((n_columns, len(values)))
    counts = np.zeros((n_columns, len(values)))
    np.add.at(sums, place, np.nan_to_num(values.T))
    np.add.at(counts, place, ~np.isnan(values.T))
    with np.errstate(invalid="ignore"):
        return (sums / counts).T.astype(np.float32)
