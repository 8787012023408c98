"""Test samples that a run keeps, with those of their genes that the model reads."""

import numpy as np
from numpy.typing import NDArray

from qkdrp.systems.response.data.cohort import Cohort
from qkdrp.training.stored_state import State

_ARRAYS = ("expression", "ln_ic50", "responder")
_TEXTS = ("drug", "standardised", "synthetic", "provenance")


def state_of(cohort: Cohort, genes: NDArray[np.str_]) -> State:
    """Return samples as they were measured, but for genes that the model does not read.

    Args:
        cohort: The samples.
        genes: Names of genes of the cohort, shape (n_kept,).
    """
    position = {gene: index for index, gene in enumerate(cohort.genes.tolist())}
    columns = [position[gene] for gene in genes.tolist()]
    arrays = {name: getattr(cohort, name) for name in _ARRAYS}
    arrays["expression"] = cohort.expression[:, columns]
    texts = {name: getattr(cohort, name) for name in _TEXTS}
    texts |= {"samples": cohort.samples.tolist(), "genes": genes.tolist()}
    return State(arrays, {"cohort": texts})


def cohort_of(state: State) -> Cohort:
    """Make samples again from what :func:`state_of` returned.

    Raises:
        KeyError: If the state lacks something.
        TypeError: If it has something that is none of a cohort's.
        ValueError: If arrays do not fit together.
    """
    texts = dict(state.details["cohort"])
    for name in ("samples", "genes"):
        texts[name] = np.array(texts[name], dtype=np.str_)
    return Cohort(**{name: state.arrays[name] for name in _ARRAYS}, **texts)
