"""MOLI's partner cohorts, of xenografts and patients, as external cohorts: a folder for each."""

from pathlib import Path

import pandas as pd

from qkdrp.common.errors import DataError
from qkdrp.common.files import atomic, write_csv
from qkdrp.systems.response.data.moli import PARTNERS
from qkdrp.tables.frames import read_table
from qkdrp.tables.numbers import numeric

FOLDER = "partners"
"""Where they go, inside the folder of the archive."""

BARCODE = 12
"""Characters of a TCGA barcode that name the patient."""

TUMOUR = "0"
"""First digit of the sample type in a TCGA barcode: 01 to 09 are tumours, 10 and more are not."""


def write_partners(folder: Path, drug: str) -> list[Path]:
    """Write the partner cohorts of a drug that the archive has, as ``validate`` reads them.

    Args:
        folder: The unpacked archive.
        drug: A drug of it.

    Returns:
        Their folders, with ``expression.csv.gz`` and ``response.csv``.

    Raises:
        DataError: If a table cannot be read, or expression and response share no sample.
    """
    found = []
    for partner in PARTNERS:
        response = folder / "response" / f"{partner}_response.{drug}.tsv"
        expression = (
            folder / "exprs_homogenized" / f"{partner}_exprs.{drug}.eb_with.GDSC_exprs.{drug}.tsv"
        )
        if response.is_file() and expression.is_file():
            found.append(_write(folder / FOLDER / f"{partner}-{drug}", drug, response, expression))
    return found


def _write(target: Path, drug: str, response: Path, expression: Path) -> Path:
    """Write one cohort."""
    letters = read_table(response, text=("response",), ids=("sample_name", "bcr_patient_barcode"))
    if "response" not in letters.columns:
        raise DataError(f"{response}: column response is missing, expected R or S of each sample.")
    values = numeric(read_table(expression).T, expression)
    values = values[[_is_tumour(name) for name in values.index]]
    values.index = pd.Index([_short(name) for name in values.index], name="sample")
    values = values[~values.index.duplicated()]
    rows = letters[letters.index.isin(values.index) & letters["response"].notna()]
    rows = rows[~rows.index.duplicated()]
    if rows.empty:
        raise DataError(
            f"{response}: shares no sample with {expression.name}; it has "
            f"{str(letters.index[0])!r}, the expression {str(values.index[0])!r}."
        )
    table = pd.DataFrame(
        {"sample": rows.index, "drug": drug, "response": rows["response"].to_numpy()}
    )
    target.mkdir(parents=True, exist_ok=True)
    with atomic(target / "expression.csv.gz") as temporary:
        values.loc[rows.index].rename_axis("sample").to_csv(temporary, compression="gzip")
    write_csv(target / "response.csv", table)
    return target


def _short(name: str) -> str:
    """Return the patient of a TCGA barcode; other names as they are, dashes for R's dots."""
    name = str(name)
    if name.startswith(("TCGA", "X.")):
        name = name.replace(".", "-")
    return name[:BARCODE] if name.startswith("TCGA-") else name


def _is_tumour(name: str) -> bool:
    """Tell whether a sample is of a tumour, as far as a barcode says."""
    name = str(name)
    kind = name[BARCODE + 1 : BARCODE + 2] if name.startswith("TCGA") else ""
    return kind in {"", TUMOUR}
