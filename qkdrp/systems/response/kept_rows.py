"""Test samples that a run keeps, with those of their genes that the model reads."""

from dataclasses import asdict

import numpy as np
from numpy.typing import NDArray

from qkdrp.systems.response.data.cohort import Cohort
from qkdrp.systems.response.measures import LN_IC50, Measure
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
    if cohort.kinds is not None:
        texts["kinds"] = cohort.kinds.tolist()
    if cohort.measure != LN_IC50:
        texts["measure"] = asdict(cohort.measure)
    return State(arrays, {"cohort": texts})


def cohort_of(state: State) -> Cohort:
    """Make samples again from what :func:`state_of` returned.

    Raises:
        KeyError: If the state lacks something.
        TypeError: If it has something that is none of a cohort's.
        ValueError: If arrays do not fit together.
    """
    texts = dict(state.details["cohort"])
    for name in ("samples", "genes", "kinds"):
        if name in texts:
            texts[name] = np.array(texts[name], dtype=np.str_)
    if "measure" in texts:
        texts["measure"] = Measure(**texts["measure"])
    texts |= {name: state.arrays[name] for name in _ARRAYS}
    return Cohort(**texts)
