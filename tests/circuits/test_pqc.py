from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.quantum_info import SparsePauliOp

from qkdrp.backends import get_backend
from qkdrp.backends.exact.engine import ExactEngine
from qkdrp.circuits import (
    ENTANGLERS,
    MEASUREMENTS,
    PQC,
    PQCSpec,
    build_pqc,
    compile_program,
    reduce_pqc,
)
from qkdrp.common.errors import CircuitError
from tests.circuits.random_circuits import reference_values

SPECS = [
    PQCSpec(3, 2, 1, measurement, entangler, absorbed)
    for measurement, entangler, absorbed in product(MEASUREMENTS, ENTANGLERS, [False, True])
]


def values(pqc: PQC, angles: np.ndarray) -> np.ndarray:
    return reference_values(
        pqc.circuit, pqc.observables, [*pqc.inputs, *pqc.weights], angles.reshape(1, -1)
    )[0]


def random_angles(rng: np.random.Generator, spec: PQCSpec) -> np.ndarray:
    return rng.uniform(-np.pi, np.pi, spec.n_inputs + spec.n_weights)


def test_gates_come_in_the_order_of_the_paper() -> None:
    pqc = build_pqc(PQCSpec(2, 1, 1, "single"))
    found = [
        (gate.operation.name, [pqc.circuit.find_bit(bit).index for bit in gate.qubits])
        for gate in pqc.circuit.data
    ]
    layer = [("rx", [0]), ("rx", [1]), ("cx", [0, 1]), ("cx", [1, 0])]
    assert found == [*layer, ("rz", [0]), ("rz", [1]), *layer, ("cx", [1, 0])]


def test_entry_l_n_plus_q_drives_layer_l_on_qubit_q() -> None:
    pqc = build_pqc(PQCSpec(4, 3, 1))
    gates = [gate for gate in pqc.circuit.data if gate.operation.name == "rz"]
    found = [
        (gate.operation.params[0], pqc.circuit.find_bit(gate.qubits[0]).index) for gate in gates
    ]
    # Twelve inputs: an order by name would put inputs[10] behind inputs[1].
    assert found == [(pqc.inputs[index], index % 4) for index in range(12)]


def test_weights_are_numbered_as_they_are_applied() -> None:
    pqc = build_pqc(PQCSpec(4, 2, 2))
    gates = [gate for gate in pqc.circuit.data if gate.operation.name == "rx"]
    assert tuple(gate.operation.params[0] for gate in gates) == pqc.weights


@pytest.mark.parametrize("spec", SPECS, ids=str)
def test_sizes_are_those_of_the_specification(spec: PQCSpec) -> None:
    pqc = build_pqc(spec)
    assert pqc.spec is spec
    assert (len(pqc.inputs), len(pqc.weights)) == (spec.n_inputs, spec.n_weights)
    assert len(pqc.observables) == spec.n_outputs
    assert set(pqc.circuit.parameters) == {*pqc.inputs, *pqc.weights}
    found = (pqc.n_qubits, pqc.n_inputs, pqc.n_weights, pqc.n_outputs)
    assert found == (spec.n_qubits, spec.n_inputs, spec.n_weights, spec.n_outputs)


def test_a_transformed_circuit_claims_no_specification() -> None:
    pqc = build_pqc(PQCSpec(2, 1, 1))
    other = pqc.transformed(pqc.circuit.copy(), [SparsePauliOp("ZZ")])
    assert (other.spec, other.n_outputs, other.n_inputs) == (None, 1, 2)
    assert reduce_pqc(pqc).spec is None


X, W = Parameter("x"), Parameter("w")


def own_circuit() -> QuantumCircuit:
    circuit = QuantumCircuit(2)
    circuit.ry(X, 0)
    circuit.rx(W, 1)
    return circuit


def test_a_circuit_of_ones_own_needs_no_family() -> None:
    pqc = PQC.from_circuit(own_circuit(), [X], [W], [SparsePauliOp("XZ")])
    assert (pqc.n_qubits, pqc.n_inputs, pqc.n_weights, pqc.n_outputs) == (2, 1, 1, 1)
    assert pqc.spec is None


@pytest.mark.parametrize(
    ("inputs", "weights", "observables", "match"),
    [
        ([X], [], ["ZZ"], "lack w and give the unknown none"),
        ([X], [W, Parameter("v")], ["ZZ"], "lack none and give the unknown v"),
        ([X, X], [W], ["ZZ"], "Found x more than once"),
        ([X], [W], [], "Found no observable"),
        ([X], [W], ["ZZ", "ZZZ"], "Observable 1 acts on 3 qubits, the circuit has 2"),
    ],
)
def test_what_does_not_fit_a_circuit_is_named(
    inputs: list[Parameter], weights: list[Parameter], observables: list[str], match: str
) -> None:
    with pytest.raises(CircuitError, match=match):
        PQC.from_circuit(own_circuit(), inputs, weights, [SparsePauliOp(o) for o in observables])


@pytest.mark.parametrize("made", ["constructed", "from a circuit", "transformed"])
def test_a_single_operator_is_one_observable(made: str) -> None:
    circuit, operator = own_circuit(), SparsePauliOp(["ZI", "IZ"], [0.5, 0.25])
    pqc = PQC.from_circuit(circuit, [X], [W], operator)
    if made == "constructed":
        pqc = PQC(circuit, [X], [W], operator)  # type: ignore[arg-type]
    elif made == "transformed":
        pqc = PQC.from_circuit(circuit, [X], [W], SparsePauliOp("XX")).transformed(
            circuit, operator
        )
    assert pqc.observables == (operator,)
    inputs, weights = np.array([[0.4], [1.2]]), np.array([0.7])
    expected = 0.5 * np.cos(weights) + 0.25 * np.cos(inputs)
    for name, options in BACKENDS.items():
        qnn = get_backend(name, **options).qnn(pqc)
        np.testing.assert_allclose(qnn.forward(inputs, weights), expected, atol=1e-9)
        by_inputs, by_weights = qnn.backward(inputs, weights)
        np.testing.assert_allclose(by_inputs[:, :, 0], -0.25 * np.sin(inputs), atol=1e-9)
        np.testing.assert_allclose(by_weights[:, 0], -0.5 * np.sin([weights] * 2), atol=1e-9)


BACKENDS: dict[str, dict[str, Any]] = {
    "aer_exact": {},
    "statevector": {},
    "aer_noisy": {"noise": "depolarizing:p1=0,p2=1e-12"},
}

SPEC = PQCSpec(2, 1, 1)

ZZ = SparsePauliOp("ZZ")


def with_reset() -> QuantumCircuit:
    circuit = own_circuit()
    circuit.reset(0)
    return circuit


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"circuit": "rx"}, "give a QuantumCircuit"),
        ({"circuit": with_reset()}, "gate 2 .reset on qubits .0.. is no gate"),
        ({"inputs": X}, "inputs is .*: give a sequence of Parameters"),
        ({"weights": ["w"]}, "weights holds 'w' .str.: give a sequence of Parameters"),
        ({"weights": []}, "lack w and give the unknown none"),
        ({"observables": "ZZ"}, "observables is 'ZZ' .str.: give a sequence of SparsePauliOps"),
        ({"observables": ["ZZ"]}, "Observable 0 is 'ZZ' .str.: give a SparsePauliOp"),
        ({"observables": [ZZ, SparsePauliOp("ZZZ")]}, "Observable 1 acts on 3 qubits"),
        ({"observables": [1j * ZZ]}, "Observable 0 is not Hermitian"),
        ({"observables": [float("nan") * ZZ]}, "Observable 0 is not Hermitian: use finite"),
        ({"observables": [SparsePauliOp(["ZZ"], np.array([W]))]}, "has a parameter as coefficient"),
        ({"spec": "4,2,1"}, "spec is '4,2,1' .str.: give the specification of a family"),
        ({"spec": SPEC}, "which is no circuit of PQCSpec"),
    ],
)
def test_a_pqc_checks_what_it_is_given(changes: dict[str, Any], match: str) -> None:
    given = {"circuit": own_circuit(), "inputs": [X], "weights": [W], "observables": [ZZ]}
    with pytest.raises(CircuitError, match=match):
        PQC(**given | changes)


def test_multi_reads_z_of_each_qubit_in_order() -> None:
    pqc = build_pqc(PQCSpec(3, 1, 1))
    assert pqc.observables == tuple(map(SparsePauliOp, ["IIZ", "IZI", "ZII"]))


@pytest.mark.parametrize("n_qubits", [2, 3, 4])
@pytest.mark.parametrize("entangler", ENTANGLERS)
def test_single_is_the_parity_of_all_qubits(
    entangler: str, n_qubits: int, rng: np.random.Generator
) -> None:
    single = build_pqc(PQCSpec(n_qubits, 2, 1, "single", entangler))
    multi = build_pqc(replace(single.spec, measurement="multi"))
    parity = multi.transformed(multi.circuit, [SparsePauliOp("Z" * n_qubits)])
    angles = random_angles(rng, single.spec)
    np.testing.assert_allclose(values(single, angles), values(parity, angles), atol=1e-12)


def largest_slopes(pqc: PQC, rng: np.random.Generator) -> np.ndarray:
    """Largest derivative by each input over outputs and some points, shape (n_inputs,)."""
    engine = ExactEngine(compile_program(pqc.circuit, pqc.observables, pqc.inputs, pqc.weights))
    inputs = rng.uniform(-np.pi, np.pi, (16, pqc.n_inputs))
    by_inputs, _ = engine.jacobian(inputs, rng.uniform(0, 2 * np.pi, pqc.n_weights))
    return np.abs(by_inputs).max(axis=(0, 1))


@pytest.mark.parametrize("absorbed", [False, True])
@pytest.mark.parametrize("entangler", ENTANGLERS)
@pytest.mark.parametrize(("measurement", "n_variational"), [("multi", 1), ("single", 2)])
def test_every_input_matters(
    measurement: str, n_variational: int, entangler: str, absorbed: bool, rng: np.random.Generator
) -> None:
    pqc = build_pqc(PQCSpec(3, 2, n_variational, measurement, entangler, absorbed))
    assert np.all(largest_slopes(pqc, rng) > 1e-4)


@pytest.mark.parametrize("entangler", ["ring", "linear", "brick"])
def test_single_with_one_layer_loses_last_inputs_off_the_parity(
    entangler: str, rng: np.random.Generator
) -> None:
    # RZ on a qubit that the conjugated parity does not touch commutes with it; a second
    # variational layer would bring the qubit in.
    pqc = build_pqc(PQCSpec(4, 2, 1, "single", entangler, absorb_tail=True))
    touched = pqc.observables[0].paulis.z[0]
    assert touched.sum() == 2
    expected = np.concatenate([np.full(4, True), touched])
    np.testing.assert_array_equal(largest_slopes(pqc, rng) > 1e-9, expected)


def test_without_the_leading_block_the_first_inputs_would_be_lost(
    rng: np.random.Generator,
) -> None:
    pqc = build_pqc(PQCSpec(3, 2, 1))
    first = next(i for i, gate in enumerate(pqc.circuit.data) if gate.operation.name == "rz")
    beheaded = pqc.circuit.copy_empty_like()
    beheaded.data = pqc.circuit.data[first:]
    slopes = largest_slopes(pqc.transformed(beheaded), rng)
    assert np.all(slopes[:3] < 1e-9)
    assert np.all(slopes[3:] > 1e-4)


@pytest.mark.parametrize("spec", [spec for spec in SPECS if spec.absorb_tail], ids=str)
def test_absorbing_the_tail_changes_no_value(spec: PQCSpec, rng: np.random.Generator) -> None:
    absorbed, explicit = build_pqc(spec), build_pqc(replace(spec, absorb_tail=False))
    angles = random_angles(rng, spec)
    np.testing.assert_allclose(values(absorbed, angles), values(explicit, angles), atol=1e-12)
    assert absorbed.circuit.data[-1].is_parameterized()
