"""What all local estimators share, beside Qiskit's own."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import ParameterVector
from qiskit.primitives import BaseEstimatorV2, StatevectorEstimator
from qiskit.quantum_info import SparsePauliOp

from qkdrp.backends import Usage, get_backend
from qkdrp.circuits import PQC

X = ParameterVector("x", 2)
CIRCUIT = QuantumCircuit(2)
CIRCUIT.rx(X[0], 0)
CIRCUIT.ry(X[1], 1)
CIRCUIT.cx(0, 1)

NOISE = "depolarizing:p1=1e-3,p2=1e-2,readout=0.02"

Opened = tuple[BaseEstimatorV2, QuantumCircuit, Usage]


def exact(name: str) -> Opened:
    backend = get_backend(name)
    return backend.estimator, CIRCUIT, backend.usage


def noisy(shots: int) -> Opened:
    backend = get_backend("aer_noisy", noise=NOISE, shots=shots)
    pqc = PQC.from_circuit(CIRCUIT, X, [], SparsePauliOp("ZZ"))
    return backend.estimator, backend.prepare(pqc).pqc.circuit, backend.usage


OPEN: dict[str, Callable[[], Opened]] = {
    "aer_exact": lambda: exact("aer_exact"),
    "statevector": lambda: exact("statevector"),
    "aer_noisy": lambda: noisy(0),
    "aer_noisy with shots": lambda: noisy(400),
}

EMPTY: dict[str, tuple[Any, Any]] = {
    "no points": ("ZZ", np.zeros((0, 2))),
    "no observables": ([], [0.1, 0.2]),
    "no points, several observables": ([["ZZ"], ["IZ"]], np.zeros((0, 2))),
    "several points, no observables": (np.zeros((0, 1), object), np.zeros((3, 2))),
}


@pytest.mark.parametrize("empty", EMPTY.values(), ids=EMPTY)
@pytest.mark.parametrize("name", OPEN)
def test_nothing_has_the_shape_of_the_reference(name: str, empty: tuple[Any, Any]) -> None:
    estimator, circuit, usage = OPEN[name]()
    found = estimator.run([(circuit, *empty)]).result()[0].data
    expected = StatevectorEstimator().run([(CIRCUIT, *empty)]).result()[0].data
    assert found.shape == expected.shape
    assert found.evs.shape == found.stds.shape == expected.evs.shape
    assert usage == Usage()


@pytest.mark.parametrize(
    ("name", "precision"), [(name, 0.05 if "shots" in name else 0.0) for name in OPEN]
)
def test_the_precision_is_told_where_none_is_asked_for(name: str, precision: float) -> None:
    estimator, circuit, _ = OPEN[name]()
    result = estimator.run([(circuit, "ZZ", [0.1, 0.2])]).result()[0]
    assert result.metadata["target_precision"] == pytest.approx(precision)


@pytest.mark.parametrize("name", ["aer_exact", "statevector"])
def test_exact_values_say_so_whatever_is_asked(name: str) -> None:
    estimator, circuit, _ = OPEN[name]()
    asked, not_asked = (
        estimator.run([(circuit, "ZZ", [0.1, 0.2])], precision=precision).result()[0]
        for precision in (0.5, None)
    )
    assert asked.metadata["exact"] is True
    assert asked.metadata["target_precision"] == 0.5
    assert asked.data.evs == not_asked.data.evs
    assert asked.data.stds == 0
