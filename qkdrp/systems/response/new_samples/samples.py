"""Samples with gene expression and no response, and how they are read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from qkdrp.common.errors import DataError
from qkdrp.common.names import listed
from qkdrp.systems.response.config import DataConfig
from qkdrp.systems.response.data.annotations import column_of
from qkdrp.systems.response.data.synthetic import synthetic_cohort
from qkdrp.systems.response.data.tables import IDS
from qkdrp.tables.frames import SUFFIXES, find_table, read_table, refuse_duplicates
from qkdrp.tables.numbers import numeric
from qkdrp.training.new_samples import SAMPLES
from qkdrp.training.run_config import SYNTHETIC

ANNOTATIONS = "annotations"
"""Name of a table in memory that describes samples."""


@dataclass(frozen=True, eq=False)
class Samples:
    """Gene expression of samples; a data set whose rows have no label.

    Args:
        samples: Sample ids, shape (n_samples,).
        genes: Gene names, shape (n_genes,).
        expression: Shape (n_samples, n_genes), float32; NaN where missing.
        provenance: Where the numbers come from, in one line.
        synthetic: Whether the numbers are made up.
        folder: Where a table that describes the samples may be; None where there can be none.
        kinds: Kind of each sample, shape (n_samples,), for runs that leave the means of kinds out.
    """

    samples: NDArray[np.str_]
    genes: NDArray[np.str_]
    expression: NDArray[np.float32]
    provenance: str
    synthetic: bool = False
    folder: Path | None = None
    kinds: NDArray[np.str_] | None = None

    @property
    def ids(self) -> NDArray[np.str_]:
        """Sample ids, by the name that all data sets have for theirs."""
        return self.samples

    def __len__(self) -> int:
        """Return the number of samples."""
        return len(self.samples)

    def select(self, samples: Sequence[str] | NDArray[np.str_]) -> Self:
        """Return the given samples, in their order.

        Raises:
            DataError: If one is not there.
        """
        rows = pd.Index(self.samples).get_indexer(pd.Index(samples))
        if (rows < 0).any():
            raise DataError(f"{self.provenance}: a sample that was asked for is not there.")
        kinds = None if self.kinds is None else self.kinds[rows]
        expression = self.expression[rows]
        return replace(self, samples=self.samples[rows], expression=expression, kinds=kinds)

    def digest(self) -> str:
        """Return a SHA-256 of numbers and names."""
        content = sha256()
        for array in (self.samples, self.genes, self.expression):
            content.update(np.ascontiguousarray(array).tobytes())
        return content.hexdigest()


def load_samples(source: str, decimal: str | None = None) -> Samples:
    """Load expression from a folder with an ``expression.*`` table, or from one table.

    Args:
        source: ``"synthetic"``, a folder or a file: samples in rows, genes in columns.
        decimal: As for :func:`~qkdrp.tables.numbers.numeric`.

    Raises:
        DataError: If the table is missing, or anything in it cannot be meant.
    """
    if source == SYNTHETIC:
        made = synthetic_cohort()
        return Samples(made.samples, made.genes, made.expression, made.provenance, synthetic=True)
    path = _table_of(Path(source))
    samples = _samples(read_table(path, ids=IDS), path, decimal)
    return replace(samples, folder=path.parent)


def samples_of_frames(frames: Mapping[str, pd.DataFrame], data: DataConfig) -> Samples:
    """Take expression from a table in memory, samples in rows; ids are its index or ``sample``.

    Args:
        frames: Expression as :data:`~qkdrp.training.new_samples.SAMPLES`; what describes the
            samples as :data:`ANNOTATIONS`, for runs that leave the means of kinds out.
        data: The section ``data`` that a run was trained with.

    Raises:
        DataError: If a table is missing or unknown, or anything in it is invalid.
    """
    unknown = [name for name in frames if name not in {SAMPLES, ANNOTATIONS}]
    if unknown or SAMPLES not in frames:
        raise DataError(
            f"found {'tables of ' + listed(unknown) if unknown else 'no table of samples'}, "
            f"expected one of expression and, at most, {ANNOTATIONS}=..."
        )
    where = Path("the table of samples")
    table = _by_sample(frames[SAMPLES], where)
    refuse_duplicates(table.columns, "genes", where)
    samples = _samples(table, where, None)
    if data.residual_by is None:
        return samples
    if ANNOTATIONS not in frames:
        raise DataError(
            f"{where}: the run learned what is left without the mean of each {data.residual_by}: "
            f"give {ANNOTATIONS}=..., a table with sample,{data.residual_by}."
        )
    path = Path(f"the table {ANNOTATIONS}")
    told = _by_sample(frames[ANNOTATIONS], path)
    refuse_duplicates(told.index, "samples", path)
    kinds = column_of(told, samples.samples, data.residual_by, path, "the new data")
    return replace(samples, kinds=kinds)


def _by_sample(frame: pd.DataFrame, where: Path) -> pd.DataFrame:
    """Return a table in memory by sample, all names as text."""
    if frame.empty:
        raise DataError(f"{where}: is empty, expected one row for each sample.")
    found = [name for name in frame.columns if str(name).casefold() in IDS]
    table = frame.set_index(found[0]) if len(found) == 1 else frame
    return table.set_axis(table.index.astype(str), axis=0).set_axis(
        table.columns.astype(str), axis=1
    )


def _table_of(source: Path) -> Path:
    """Return the table that a source means.

    Raises:
        DataError: If there is none.
    """
    if source.is_dir():
        path = find_table(source, "expression")
        if path is None:
            raise DataError(
                f"{source}: found no expression table, expected expression with one of "
                f"{', '.join(SUFFIXES)}; or give the file itself."
            )
        return path
    if not source.is_file():
        raise DataError(f"{source}: no such file or folder; give --data a table of expression.")
    if not source.name.endswith(SUFFIXES):
        raise DataError(f"{source}: expected a table with one of {', '.join(SUFFIXES)}.")
    return source


def _samples(table: pd.DataFrame, path: Path, decimal: str | None) -> Samples:
    """Check a table; a gene without any value counts as one that is not there."""
    refuse_duplicates(table.index, "samples", path)
    table = numeric(table, path, np.float32, decimal)
    empty = table.isna().all(axis=1)
    if empty.any():
        raise DataError(f"{path}: sample {table.index[empty][0]!r} has no value; remove it.")
    table = table.loc[:, table.notna().any(axis=0)]
    return Samples(
        samples=table.index.to_numpy(dtype=np.str_),
        genes=table.columns.to_numpy(dtype=np.str_),
        expression=table.to_numpy(dtype=np.float32),
        provenance=f"{path}: {table.shape[0]} samples, {table.shape[1]} genes",
    )
