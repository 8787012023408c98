"""Loader of MOLI's unpacked archive (Sharifi-Noghabi et al. 2019, Zenodo record 4036592)."""

from collections.abc import Sequence
from pathlib import Path

from qkdrp.common.errors import DataError
from qkdrp.systems.response.config import DataConfig
from qkdrp.systems.response.data.cohort import Cohort
from qkdrp.systems.response.data.expression import clean_expression, join_cohort
from qkdrp.systems.response.data.response import ResponseColumns, clean_response
from qkdrp.tables.frames import read_table, refuse_duplicates

PARTNERS = ("TCGA", "PDX")
"""Cohorts with which GDSC was homogenised, the preferred copy first.

Cetuximab and Erlotinib come with PDX only, Cisplatin and Docetaxel with TCGA only, Gemcitabine
with both.
"""

VALUE_COLUMN, LETTER_COLUMN = "logIC50", "response"
"""Natural logarithm of the IC50 in micromolar, and R (resistant) or S (sensitive)."""


def holds_moli(folder: Path) -> bool:
    """Tell whether a folder looks like MOLI's archive."""
    return (folder / "response").is_dir() or (folder / "exprs_homogenized").is_dir()


def moli_drugs(folder: Path) -> list[str]:
    """Return the drugs with a GDSC response table, sorted."""
    return sorted(
        path.name.split(".")[1] for path in (folder / "response").glob("GDSC_response.*.tsv")
    )


def load_moli(folder: Path, drug: str, data: DataConfig | None = None) -> Cohort:
    """Load the GDSC cohort of one drug.

    Expression is genes (Entrez ids) x samples in the files and is transposed. It comes
    standardised and homogenised.

    Args:
        folder: Holds ``response/`` and ``exprs_homogenized/``.
        drug: A drug with a GDSC response table.
        data: Says by ``partner`` which cohort's homogenised copy is taken, one of
            :data:`PARTNERS`; the first that is there where left out.

    Raises:
        DataError: If a file or column is missing or anything in it is invalid.
    """
    data = data or DataConfig()
    columns = ResponseColumns(
        VALUE_COLUMN, LETTER_COLUMN, threshold=data.threshold, decimal=data.decimal
    )
    path = folder / "response" / f"GDSC_response.{drug}.tsv"
    table = read_table(path, ids=("sample_name",))
    columns.check(table, path)
    response = clean_response(table, path, columns)

    partner, path = _homogenised_copy(folder, drug, [data.partner] if data.partner else PARTNERS)
    genes_by_samples = read_table(path)
    refuse_duplicates(genes_by_samples.index, "genes", path)
    return join_cohort(
        clean_expression(genes_by_samples.T, path, data.decimal),
        response,
        drug=drug,
        standardised=True,
        source=f"MOLI archive in {folder}, homogenised with {partner}",
        columns=columns,
    )


def _homogenised_copy(folder: Path, drug: str, partners: Sequence[str]) -> tuple[str, Path]:
    names = {
        partner: folder
        / "exprs_homogenized"
        / f"GDSC_exprs.{drug}.eb_with.{partner}_exprs.{drug}.tsv"
        for partner in partners
    }
    for partner, path in names.items():
        if path.is_file():
            return partner, path
    raise DataError(
        f"{folder}: found no expression of {drug}, expected one of "
        f"{', '.join(path.name for path in names.values())} in exprs_homogenized."
    )
