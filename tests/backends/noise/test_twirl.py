import numpy as np
import pytest
from qiskit.quantum_info import Kraus, Operator, Pauli, SuperOp, random_quantum_channel
from qiskit_aer.noise import QuantumError, depolarizing_error, pauli_error, thermal_relaxation_error

from qkdrp.backends.noise.twirl import LETTERS, pauli_probabilities, twirl


def test_pauli_errors_twirl_to_themselves() -> None:
    error = pauli_error([("XY", 0.1), ("ZI", 0.05), ("II", 0.85)])  # qubit 0 is the last letter
    found = pauli_probabilities(error)
    assert found[LETTERS.index("Y"), LETTERS.index("X")] == pytest.approx(0.1)
    assert found[LETTERS.index("I"), LETTERS.index("Z")] == pytest.approx(0.05)
    assert found[0, 0] == pytest.approx(0.85)
    assert SuperOp(twirl(error)) == SuperOp(error)


def test_depolarizing_errors_are_spread_evenly() -> None:
    found = pauli_probabilities(depolarizing_error(0.3, 2))
    assert found[0, 0] == pytest.approx(1 - 0.3 * 15 / 16)
    np.testing.assert_allclose(found.ravel()[1:], 0.3 / 16)


def test_relaxation_twirls_to_its_closed_form() -> None:
    t1, t2, time = 100.0, 80.0, 5.0
    found = pauli_probabilities(thermal_relaxation_error(t1, t2, time))
    flip = (1 - np.exp(-time / t1)) / 4
    phase = (1 - np.exp(-time / t2)) / 2 - flip
    np.testing.assert_allclose(found, [1 - 2 * flip - phase, flip, phase, flip], atol=1e-12)


@pytest.mark.parametrize("n_qubits", [1, 2])
def test_a_twirl_is_the_average_over_paulis(n_qubits: int) -> None:
    dimension = 2**n_qubits
    channel = random_quantum_channel(dimension, dimension, seed=5)
    labels = ["I", "X", "Y", "Z"]
    if n_qubits == 2:
        labels = [a + b for a in labels for b in labels]
    conjugated = [
        SuperOp(Operator(Pauli(label))) @ SuperOp(channel) @ SuperOp(Operator(Pauli(label)))
        for label in labels
    ]
    expected = sum(each.data for each in conjugated) / len(labels)
    error = QuantumError(Kraus(channel))
    np.testing.assert_allclose(SuperOp(twirl(error)).data, expected, atol=1e-10)
