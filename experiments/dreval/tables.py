"""A folder of plain tables in the layout that drevalpy reads, so that it needs no download."""

from pathlib import Path

import numpy as np
import pandas as pd

from qkdrp.common.errors import DataError
from qkdrp.common.files import write_csv
from qkdrp.experiments.dreval.settings import GENE_LIST
from qkdrp.systems.response.config import DataConfig
from qkdrp.systems.response.data.cohort import Cohort
from qkdrp.systems.response.data.load import list_drugs, load_data

CELL_LINE, DRUG = "cell_line_name", "pubchem_id"
"""drevalpy's columns of ids; any text serves as the id of a drug."""

MEASURE = "LN_IC50"
"""drevalpy's name of the natural logarithm of the IC50 in micromolar."""

GENE_LISTS = (GENE_LIST, "landmark_genes", "landmark_genes_reduced")
"""Lists of genes that models of drevalpy ask for; here each holds all genes of the folder."""


def write_drevalpy_data(source: str, folder: Path, name: str) -> Path:
    """Write all drugs of a data folder for drevalpy and return the table of responses.

    Missing expression values become the mean over all rows, since drevalpy's own models take no
    blanks: a little of the test rows is in them, the same for all models.

    Args:
        source: A data folder of the system ``response``.
        folder: Where drevalpy looks for data sets; made if missing.
        name: What the data set is called.

    Raises:
        DataError: If the folder cannot be read, or its drugs do not share their genes.
    """
    cohorts = [load_data(DataConfig.make(source=source, drug=drug)) for drug in list_drugs(source)]
    genes = cohorts[0].genes
    if not all(np.array_equal(cohort.genes, genes) for cohort in cohorts):
        raise DataError(f"{source}: drugs have other genes each, expected the same for all.")
    place, lists = folder / name, folder / "meta" / "gene_lists"
    for each in (place, lists):
        each.mkdir(parents=True, exist_ok=True)
    lines = pd.concat([_expression(cohort) for cohort in cohorts]).drop_duplicates(CELL_LINE)
    write_csv(place / "gene_expression.csv", lines)
    write_csv(place / "cell_line_names.csv", _line_names(lines[CELL_LINE]))
    drugs = pd.DataFrame({DRUG: [cohort.drug for cohort in cohorts]})
    write_csv(place / "drug_names.csv", drugs.assign(drug_name=drugs[DRUG]))
    for genes_of in GENE_LISTS:
        write_csv(lists / f"{genes_of}.csv", pd.DataFrame({"Symbol": genes}))
    response = place / f"{name}.csv"
    write_csv(response, pd.concat([_response(cohort) for cohort in cohorts]))
    return response


def _line_names(lines: "pd.Series[str]") -> pd.DataFrame:
    """Return the table of cell lines, without tissues, which a data folder does not tell.

    drevalpy drops rows that differ in their ids alone, so each gets a second id, as in drevalpy's
    own data sets. A column of tissues would make it take ids of digits for numbers.
    """
    return pd.DataFrame({CELL_LINE: lines, "cellosaurus_id": lines})


def _expression(cohort: Cohort) -> pd.DataFrame:
    values = pd.DataFrame(cohort.expression, columns=cohort.genes)
    values = values.fillna(values.mean())
    values.insert(0, CELL_LINE, cohort.samples)
    return values


def _response(cohort: Cohort) -> pd.DataFrame:
    return pd.DataFrame(
        {
            CELL_LINE: cohort.samples,
            DRUG: cohort.drug,
            MEASURE: cohort.ln_ic50,
        }
    )
