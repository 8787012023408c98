"""Readout: assignment errors, Z strings and shots, all on distributions of bit strings.

Aer's estimator saves expectation values instead of measuring and so leaves readout errors out
(Qiskit/qiskit-aer#1861). Here they act on the distribution of bit strings that would be read.
"""

from collections.abc import Iterator, Sequence
from itertools import compress, product

import numpy as np
from numpy.typing import NDArray
from qiskit.quantum_info import SparsePauliOp

from qkdrp.backends.zstrings import check_z_strings

Reals = NDArray[np.float64]


def assign(probabilities: Reals, assignment: Reals) -> Reals:
    """Return the distribution of what is read.

    Args:
        probabilities: Of the true bit strings, shape (..., 2^n_qubits), qubit 0 lowest.
        assignment: Probability to read the row where the column is true, (n_qubits, 2, 2).

    Returns:
        Same shape.
    """
    shape, n_qubits = probabilities.shape, len(assignment)
    found = probabilities.reshape(-1, *(2,) * n_qubits)
    for qubit, matrix in enumerate(assignment):
        axis = n_qubits - qubit
        found = np.moveaxis(np.tensordot(matrix, found, axes=(1, axis)), 0, axis)
    return found.reshape(shape)


def read_out(observable: SparsePauliOp, assignment: Reals) -> SparsePauliOp:
    """Return the observable whose true mean is the mean of what is read.

    With p01 = P(read 1 | 0) and p10 = P(read 0 | 1), a Z that is read is on average
    ``(1 - p01 - p10) Z + (p10 - p01)``; strings are products of that.

    Args:
        observable: Z strings.
        assignment: Shape (n_qubits, 2, 2).

    Raises:
        BackendError: If it has X or Y.
    """
    check_z_strings(observable)
    slope = assignment[:, 0, 0] - assignment[:, 0, 1]
    offset = assignment[:, 0, 0] + assignment[:, 0, 1] - 1
    found: dict[tuple[int, ...], float] = {}
    for _, qubits, coefficient in observable.to_sparse_list():
        for dropped in _subsets([q for q in qubits if offset[q] != 0.0]):
            string = tuple(sorted(set(qubits) - dropped))
            factor = np.prod([offset[q] if q in dropped else slope[q] for q in qubits])
            found[string] = found.get(string, 0.0) + float(coefficient.real * factor)
    terms = [("Z" * len(string), list(string), value) for string, value in found.items()]
    return SparsePauliOp.from_sparse_list(terms, num_qubits=observable.num_qubits)


def _subsets(qubits: Sequence[int]) -> Iterator[set[int]]:
    """Yield all subsets of some qubits, the empty one first."""
    for chosen in product((False, True), repeat=len(qubits)):
        yield set(compress(qubits, chosen))


def draw(probabilities: Reals, shots: int, rng: np.random.Generator) -> Reals:
    """Return the shares of bit strings among real shots, each distribution drawn for itself.

    Args:
        probabilities: Shape (..., n_strings).
        shots: Number of shots for each distribution.
        rng: Where all shots of a backend come from.
    """
    # Rounding leaves sums off 1 and entries below 0 by some 1e-16, which multinomial refuses.
    clean = np.clip(probabilities, 0.0, None)
    clean /= clean.sum(axis=-1, keepdims=True)
    return np.asarray(rng.multinomial(shots, clean) / shots)


def mean_and_spread(shares: Reals, worth: Sequence[Reals], shots: int) -> tuple[Reals, Reals]:
    """Return means and standard errors of observables, each of shape (n_points, n_observables).

    Args:
        shares: Shares or probabilities of bit strings, shape (n_points, n_strings).
        worth: :func:`eigenvalues` of each observable.
        shots: Number of shots; 0 for infinitely many.
    """
    table = np.stack(worth, axis=1)
    means = shares @ table
    if shots == 0:
        return means, np.zeros_like(means)
    variances = np.clip(shares @ table**2 - means**2, 0.0, None)
    return means, np.sqrt(variances / shots)
