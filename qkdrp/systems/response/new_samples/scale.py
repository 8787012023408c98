"""Whether new samples are on another scale altogether, such as counts instead of logarithms."""

import numpy as np
from numpy.typing import NDArray

from qkdrp.common.errors import DataError
from qkdrp.systems.response.new_samples.reference import GeneReference

TIMES = 4.0
"""Times the largest training value that no logarithm of expression reaches on another platform."""

LARGEST_LOGARITHM = 30.0
"""No logarithm of expression reaches it, to whatever base of 2 or more: 2^30 reads of one gene."""

SPREADS = 5.0
"""Training spreads above the mean that stand for the largest value where it was not kept."""


def refuse_other_scale(
    values: NDArray[np.float64], reference: GeneReference, genes: NDArray[np.str_], where: str
) -> None:
    """Raise where values are far too large for the scale that a model was trained on.

    No alignment mends that: a logarithm is no shift and no factor.

    Args:
        values: Shape (n_samples, n_genes), NaN where missing.
        reference: Of the same genes.
        genes: Their names.
        where: The values come from.

    Raises:
        DataError: Names the largest value and what was expected.
    """
    if reference.quantiles is None:
        top = float((np.abs(reference.mean) + SPREADS * reference.sd).max())
    else:
        top = float(np.abs(reference.quantiles).max())
    largest = float(np.nanmax(values))
    if largest <= max(TIMES * top, LARGEST_LOGARITHM):
        return
    gene = genes[int(np.nanargmax(np.where(np.isnan(values), -np.inf, values).max(axis=0)))]
    whole = bool((values[~np.isnan(values)] % 1 == 0).all())
    kind = "counts" if whole else "values that are no logarithms"
    raise DataError(
        f"{where}: found {largest:g} (gene {str(gene)!r}), which looks like {kind}; the model was "
        f"trained on values up to {top:.3g}: take logarithms as for the training data, such as "
        "log2(TPM + 1)."
    )
