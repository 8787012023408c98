"""What Aer's simulator is given: every gate with its parameters, and nothing but gates."""

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from numpy.typing import ArrayLike, NDArray
from qiskit import QuantumCircuit
from qiskit.circuit import Gate, Operation, Parameter, ParameterVector
from qiskit.circuit.library import (
    MCPhaseGate,
    RZXGate,
    get_standard_gate_name_mapping,
    zz_feature_map,
)
from qiskit.primitives import BaseEstimatorV2
from qiskit.quantum_info import Kraus, SparsePauliOp
from qiskit_aer import AerSimulator
from qiskit_machine_learning.neural_networks import EstimatorQNN

from qkdrp.backends import get_backend
from qkdrp.backends.aer import BOUND_BY_AER
from qkdrp.common.errors import UnsupportedGateError
from tests.circuits.random_circuits import reference_values


def parametrised_gates() -> Iterator[tuple[str, Operation]]:
    """Those of the standard library, and what is made of them."""
    for name, gate in get_standard_gate_name_mapping().items():
        if isinstance(gate, Gate) and gate.params and gate.num_qubits:
            free = gate.base_class(*ParameterVector("x", len(gate.params)))
            yield name, free
            if len(gate.params) > 1:
                rest = np.linspace(0.4, 1.0, len(gate.params) - 1)
                yield f"partly free {name}", gate.base_class(Parameter("x"), *rest)
            yield f"inverse of {name}", free.inverse()
            yield f"controlled {name}", free.control(1, annotated=False)
            yield f"open {name}", free.control(1, ctrl_state=0, annotated=False)
    x = Parameter("x")
    yield "annotated", RZXGate(x).control(1, annotated=True)
    yield "multi-controlled", MCPhaseGate(x, 2)
    yield "composite", zz_feature_map(2, reps=1).to_gate()


GATES = dict(parametrised_gates())


def amid_others(gate: Operation) -> QuantumCircuit:
    """The gate amid others that break its symmetries."""
    circuit = QuantumCircuit(gate.num_qubits)
    for q in range(gate.num_qubits):
        circuit.u(0.3 + q, 0.2 * q + 0.1, 0.5, q)
    circuit.append(gate, range(gate.num_qubits))
    for q in range(gate.num_qubits):
        circuit.ry(0.7 + q, q)
    return circuit


def values(
    estimator: BaseEstimatorV2, circuit: QuantumCircuit, labels: list[str], points: ArrayLike
) -> NDArray[np.float64]:
    pub = (circuit, [[label] for label in labels], points)
    return estimator.run([pub]).result()[0].data.evs.T


@pytest.fixture(scope="module")
def estimator() -> BaseEstimatorV2:
    return get_backend("aer_exact").estimator


@pytest.mark.parametrize("name", GATES)
def test_every_parametrised_gate_has_its_parameters(
    name: str, estimator: BaseEstimatorV2, rng: np.random.Generator
) -> None:
    circuit = amid_others(GATES[name])
    points = rng.uniform(-3, 3, (2, circuit.num_parameters))
    n_qubits = circuit.num_qubits
    for labels in (["Z" * n_qubits], ["Z" * n_qubits, "X" * n_qubits]):
        observables = [SparsePauliOp(label) for label in labels]
        expected = reference_values(circuit, observables, list(circuit.parameters), points)
        for rows in (slice(0, 2), slice(0, 1)):
            found = values(estimator, circuit, labels, points[rows])
            np.testing.assert_allclose(found, expected[rows], rtol=0, atol=1e-12)


def test_trap_aer_drops_parameters_of_controlled_rotations(rng: np.random.Generator) -> None:
    """When this fails, BOUND_BY_AER can be every gate of the standard library."""
    dropped = set()
    for name in get_standard_gate_name_mapping():
        if name not in GATES or name in ("xx_minus_yy", "xx_plus_yy"):  # unknown to Aer
            continue
        circuit = amid_others(GATES[name])
        circuit.save_statevector()
        point = rng.uniform(1, 2, circuit.num_parameters)
        simulator = AerSimulator(method="statevector", runtime_parameter_bind_enable=True)
        binds = [{p: [value] for p, value in zip(circuit.parameters, point, strict=True)}]
        bound = simulator.run(circuit, parameter_binds=binds).result().get_statevector(0)
        expected = simulator.run(circuit.assign_parameters(point)).result().get_statevector(0)
        if abs(np.vdot(bound, expected)) < 1 - 1e-9:
            dropped.add(name)
        else:
            assert name in BOUND_BY_AER
    assert dropped == {"cp", "crx", "cry", "crz", "cu", "cu1", "cu3"}


def test_a_stock_qnn_of_controlled_rotations(estimator: BaseEstimatorV2) -> None:
    x, w = ParameterVector("x", 2), ParameterVector("w", 2)
    circuit = QuantumCircuit(2)
    circuit.ry(x[0], 0)
    circuit.ry(x[1], 1)
    circuit.crx(w[0], 0, 1)
    circuit.cry(w[1], 1, 0)
    qnn = EstimatorQNN(
        circuit=circuit,
        estimator=estimator,
        observables=SparsePauliOp("IZ"),
        input_params=x,
        weight_params=w,
    )
    point = [0.4, 1.1, 2.0, -1.5]
    expected = reference_values(circuit, [SparsePauliOp("IZ")], [*x, *w], np.array([point]))
    np.testing.assert_allclose(qnn.forward(point[:2], point[2:]), expected, rtol=0, atol=1e-12)


def test_a_gate_is_known_by_its_class_not_its_name(estimator: BaseEstimatorV2) -> None:
    inner = QuantumCircuit(1, name="x")
    inner.ry(Parameter("x"), 0)
    circuit = QuantumCircuit(1)
    circuit.append(inner.to_gate(), [0])
    np.testing.assert_allclose(values(estimator, circuit, ["Z"], [0.3]), np.cos(0.3), atol=1e-12)


def test_a_parameter_of_the_global_phase_alone_changes_nothing(estimator: BaseEstimatorV2) -> None:
    a, b, c = (Parameter(name) for name in "abc")
    circuit = QuantumCircuit(1)
    circuit.ry(a, 0)
    inner = QuantumCircuit(1, global_phase=b)
    inner.rx(c, 0)
    circuit.append(inner.to_gate(), [0])
    found = values(estimator, circuit, ["Z"], [[0.3, 9.0, 0.4]])
    np.testing.assert_allclose(found, np.cos(0.3) * np.cos(0.4), atol=1e-12)


def measured(circuit: QuantumCircuit) -> None:
    circuit.add_register(*QuantumCircuit(0, 1).cregs)
    circuit.measure(0, 0)


def hidden_reset(circuit: QuantumCircuit) -> None:
    inner = QuantumCircuit(1)
    inner.reset(0)
    circuit.append(inner.to_instruction(), [0])


NOT_GATES: dict[str, Callable[[QuantumCircuit], object]] = {
    "reset": lambda circuit: circuit.reset(0),
    "measure": measured,
    "kraus": lambda circuit: circuit.append(
        Kraus([[[0.6, 0], [0, 0.6]], [[0, 0.8], [0.8, 0]]]), [0]
    ),
    "reset, which": hidden_reset,
    "opaque": lambda circuit: circuit.append(Gate("opaque", 1, []), [0]),
    "initialize": lambda circuit: circuit.initialize([1, 0], 0),
}


@pytest.mark.parametrize("backend", ["aer_exact", "statevector"])
@pytest.mark.parametrize("name", NOT_GATES)
def test_what_is_no_gate_is_refused_by_name(name: str, backend: str) -> None:
    circuit = QuantumCircuit(2)
    circuit.h(0)
    NOT_GATES[name](circuit)
    with pytest.raises(UnsupportedGateError, match=r"gate 1 \(" if ", " in name else name):
        get_backend(backend).estimator.run([(circuit, "IZ")]).result()


def test_expressions_whose_parameters_cancel_out_are_numbers() -> None:
    x, y = Parameter("x"), Parameter("y")
    circuit = QuantumCircuit(2)
    circuit.iswap(0, 1)
    circuit.rx((x - x) - 0.4, 0)
    circuit.ry(y, 0)
    found = get_backend("aer_exact").estimator.run([(circuit, "IZ", [0.9, 0.3])]).result()[0]
    np.testing.assert_allclose(found.data.evs, np.cos(0.4) * np.cos(0.3), atol=1e-12)
