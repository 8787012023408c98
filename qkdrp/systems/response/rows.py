"""Samples as tensors: genes, label and responder flags."""

from qkdrp.systems.response.data.cohort import Cohort
from qkdrp.systems.response.fit_task import response_rows
from qkdrp.systems.response.preprocess import Preprocessor
from qkdrp.training.rows import Rows, as_tensor


def rows_of(preprocessor: Preprocessor, cohort: Cohort) -> Rows:
    """Return preprocessed samples as tensors."""
    genes, label = as_tensor(preprocessor.genes(cohort)), as_tensor(preprocessor.label(cohort))
    return response_rows(genes, label, cohort.responder)
