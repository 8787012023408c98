"""Samples as tensors: genes, label and responder flags."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from qkdrp.systems.response.data.cohort import Cohort
from qkdrp.systems.response.fit_task import response_rows
from qkdrp.systems.response.new_samples.samples import Samples
from qkdrp.systems.response.preprocess import Preprocessor
from qkdrp.training.rows import Rows, as_tensor


def rows_of(preprocessor: Preprocessor, cohort: Cohort | Samples) -> Rows:
    """Return preprocessed samples as tensors; labels are NaN where there is no response."""
    if isinstance(cohort, Samples):
        return as_rows(preprocessor.genes(cohort), np.full(len(cohort), np.nan))
    return as_rows(preprocessor.genes(cohort), preprocessor.label(cohort), cohort.responder)


def as_rows(
    genes: NDArray[Any], label: NDArray[Any], responder: NDArray[np.bool_] | None = None
) -> Rows:
    """Return arrays as tensors.

    Args:
        genes: Preprocessed genes, shape (n_samples, n_genes).
        label: Normalised label, shape (n_samples,).
        responder: Shape (n_samples,); None where no AUC is asked for.
    """
    return response_rows(as_tensor(genes), as_tensor(label), responder)
