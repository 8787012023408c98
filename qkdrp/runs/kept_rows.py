"""The rows that evaluating a run needs, kept with it: ``test_rows.safetensors``, no pickles."""

import json
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from qkdrp.common.errors import RunError
from qkdrp.common.files import write_bytes
from qkdrp.systems.response.data import Cohort

ROWS = "test_rows.safetensors"
"""Name of the file in a run folder."""

_ARRAYS = ("expression", "ln_ic50", "responder")
_TEXTS = ("drug", "standardised", "synthetic", "provenance")


def keep_rows(path: Path, cohort: Cohort, genes: np.ndarray) -> None:
    """Write a cohort with those of its genes that the model reads, as they were measured.

    Args:
        path: The file.
        cohort: The rows.
        genes: Names of genes of the cohort, shape (n_kept,).
    """
    position = {gene: index for index, gene in enumerate(cohort.genes.tolist())}
    columns = [position[gene] for gene in genes.tolist()]
    arrays = {name: getattr(cohort, name) for name in _ARRAYS}
    arrays["expression"] = cohort.expression[:, columns]
    arrays = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    texts = {name: getattr(cohort, name) for name in _TEXTS}
    texts |= {"samples": cohort.samples.tolist(), "genes": genes.tolist()}
    write_bytes(path, save(arrays, {"cohort": json.dumps(texts)}))


def read_rows(path: Path) -> Cohort:
    """Read what :func:`keep_rows` wrote.

    Raises:
        RunError: If the file is missing, damaged or not one of ours.
    """
    try:
        with safe_open(path, framework="np") as file:
            arrays = {name: file.get_tensor(name) for name in _ARRAYS}
            texts = json.loads(file.metadata()["cohort"])
        for name in ("samples", "genes"):
            texts[name] = np.array(texts[name], dtype=np.str_)
        return Cohort(**arrays, **texts)
    except (OSError, KeyError, TypeError, ValueError, SafetensorError) as error:
        raise RunError(
            f"{path}: cannot be read as rows of a run; copy the run once more, or give --data."
        ) from error
