from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import ParameterVector
from qiskit.primitives import BaseEstimatorV2, StatevectorEstimator
from qiskit.quantum_info import SparsePauliOp

from qkdrp.backends import Usage, get_backend
from qkdrp.backends.statevector import Statevector
from qkdrp.common.errors import UnsupportedGateError

OBSERVABLES = [SparsePauliOp(["ZZ", "XI"], [0.3, 0.7]), SparsePauliOp("ZI"), "YX", {"IZ": -2.0}]


def build_circuit() -> QuantumCircuit:
    angle = ParameterVector("x", 2)
    circuit = QuantumCircuit(2)
    circuit.ry(angle[0], 0)
    circuit.h(1)
    circuit.cx(0, 1)
    circuit.rzz(angle[1], 0, 1)
    circuit.rx(angle[1] / 2 + 0.1, 1)
    return circuit


CIRCUIT = build_circuit()

MakePubs = Callable[[np.random.Generator], list[tuple[Any, ...]]]

PUBS: dict[str, MakePubs] = {
    "scalar": lambda rng: [(CIRCUIT, "ZZ", rng.random(2))],
    "one point": lambda rng: [(CIRCUIT, OBSERVABLES, rng.random(2))],
    "one observable": lambda rng: [(CIRCUIT, OBSERVABLES[0], rng.random((2, 3, 2)))],
    "outer": lambda rng: [(CIRCUIT, [[o] for o in OBSERVABLES], rng.random((5, 2)))],
    "outer transposed": lambda rng: [(CIRCUIT, OBSERVABLES, rng.random((5, 1, 2)))],
    "paired": lambda rng: [(CIRCUIT, OBSERVABLES, rng.random((4, 2)))],
    "several": lambda rng: [
        (CIRCUIT, "ZZ", rng.random(2)),
        (CIRCUIT, [[o] for o in OBSERVABLES], rng.random((3, 2))),
    ],
    "none": lambda _: [],
}


@pytest.mark.parametrize("make", PUBS.values(), ids=PUBS)
def test_it_is_qiskits_estimator(make: MakePubs, rng: np.random.Generator) -> None:
    pubs = make(rng)
    found = get_backend("statevector").estimator.run(pubs).result()
    expected = StatevectorEstimator().run(pubs).result()
    assert len(found) == len(expected)
    for ours, theirs in zip(found, expected, strict=True):
        assert ours.data.shape == theirs.data.shape
        assert np.shape(ours.data.evs) == theirs.data.evs.shape
        np.testing.assert_allclose(ours.data.evs, theirs.data.evs, rtol=0, atol=1e-12)
        np.testing.assert_array_equal(ours.data.stds, np.zeros(theirs.data.evs.shape))


def test_a_circuit_needs_no_parameters() -> None:
    circuit = CIRCUIT.assign_parameters([0.1, 0.2])
    found = Statevector().run([(circuit, OBSERVABLES)]).result()[0].data.evs
    expected = StatevectorEstimator().run([(circuit, OBSERVABLES)]).result()[0].data.evs
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_projectors_are_observables_too() -> None:
    # Qiskit's own estimator takes Paulis only: I+Z, I-Z, I+X and I+Y are the reference.
    point = [0.4, -1.1]
    projectors = [[["0I"]], [["1I"]], [["+I"]], [["rI"]]]
    paulis = [
        SparsePauliOp(["II", label], [0.5, sign / 2])
        for label, sign in [("ZI", 1), ("ZI", -1), ("XI", 1), ("YI", 1)]
    ]
    found = Statevector().run([(CIRCUIT, projectors, point)]).result()[0].data.evs
    expected = StatevectorEstimator().run([(CIRCUIT, paulis, point)]).result()[0].data.evs
    np.testing.assert_allclose(found.ravel(), expected, atol=1e-12)


def test_exact_values_meet_every_precision() -> None:
    estimator = Statevector()
    exact = estimator.run([(CIRCUIT, "ZZ", [0.1, 0.2])]).result()[0]
    loose = estimator.run([(CIRCUIT, "ZZ", [0.1, 0.2])], precision=0.5).result()[0]
    assert loose.data.evs == exact.data.evs
    assert loose.data.stds == 0
    assert loose.metadata["target_precision"] == 0.5


def test_it_counts_what_it_runs(rng: np.random.Generator) -> None:
    backend = Statevector()
    backend.run(PUBS["several"](rng)).result()
    assert backend.usage == Usage(pubs=2, executions=4, shots=0)


def test_the_backend_is_its_own_estimator() -> None:
    backend = get_backend("statevector")
    assert backend.estimator is backend
    assert isinstance(backend, BaseEstimatorV2)


def test_an_unsupported_gate_is_an_error() -> None:
    circuit = CIRCUIT.copy()
    circuit.reset(0)
    with pytest.raises(UnsupportedGateError, match="gate 5 \\(reset on qubits \\[0\\]\\)"):
        Statevector().run([(circuit, "ZZ", [0.1, 0.2])]).result()
