import numpy as np
import pytest
from qiskit.quantum_info import SparsePauliOp

from qkdrp.circuits import PQC, PQCSpec, build_pqc
from qkdrp.circuits.reduce.circuit import plan_network, reduce_pqc
from qkdrp.circuits.reduce.shapes import SHAPES
from qkdrp.common.errors import CircuitError
from tests.circuits.random_circuits import reference_values

SPECS = [
    PQCSpec(2, 1, 1),
    PQCSpec(3, 1, 2, "single"),
    PQCSpec(4, 2, 1),
    PQCSpec(4, 2, 2, "single", "brick"),
    PQCSpec(5, 1, 1, "multi", "linear"),
    PQCSpec(4, 1, 4, absorb_tail=True),
    PQCSpec(8, 2, 1),
]


def values(pqc: PQC, points: np.ndarray) -> np.ndarray:
    return reference_values(pqc.circuit, pqc.observables, [*pqc.inputs, *pqc.weights], points)


@pytest.mark.parametrize("spec", SPECS, ids=str)
@pytest.mark.parametrize("shape", SHAPES)
def test_a_reduced_circuit_has_the_same_values(
    spec: PQCSpec, shape: str, rng: np.random.Generator
) -> None:
    pqc = build_pqc(spec)
    points = rng.uniform(-3, 3, (2, spec.n_inputs + spec.n_weights))
    for keep_tail in (False, True):
        found = reduce_pqc(pqc, shape, keep_tail=keep_tail)
        np.testing.assert_allclose(values(found, points), values(pqc, points), rtol=0, atol=1e-10)
        couplings = {frozenset(pair) for pair in SHAPES[shape](spec.n_qubits)}
        for gate in found.circuit.data:
            on = frozenset(found.circuit.find_bit(bit).index for bit in gate.qubits)
            assert len(on) == 1 or on in couplings
        assert set(found.circuit.parameters) == {*pqc.inputs, *pqc.weights}
        if keep_tail:
            assert all(op.paulis.z.sum() == 1 for op in found.observables)


@pytest.mark.parametrize(
    ("spec", "shape", "most"),
    [
        (PQCSpec(4, 2, 1), "line", 13),
        (PQCSpec(4, 2, 1), "tee", 10),
        (PQCSpec(4, 2, 1), "ladder", 8),
        (PQCSpec(8, 2, 1), "line", 31),
    ],
    ids=str,
)
def test_a_network_is_as_short_as_it_was(spec: PQCSpec, shape: str, most: int) -> None:
    assert len(plan_network(build_pqc(spec), shape).gates) <= most


def test_the_tail_costs_gates_and_saves_readouts() -> None:
    pqc = build_pqc(PQCSpec(4, 2, 1))
    absorbed, kept = (reduce_pqc(pqc, "tee", keep_tail=keep) for keep in (False, True))
    assert absorbed.circuit.num_nonlocal_gates() < kept.circuit.num_nonlocal_gates()
    lengths = [sum(op.paulis.z.sum() for op in each.observables) for each in (absorbed, kept)]
    assert lengths[0] > lengths[1] == 4


def test_a_network_that_was_found_before_is_used() -> None:
    pqc = build_pqc(PQCSpec(4, 2, 1))
    network = plan_network(pqc, "tee")
    assert reduce_pqc(pqc, "tee", network=network).circuit == reduce_pqc(pqc, "tee").circuit


def test_the_search_repeats_itself() -> None:
    pqc = build_pqc(PQCSpec(5, 1, 2))
    assert plan_network(pqc, "line") == plan_network(pqc, "line")


def test_other_circuits_are_refused() -> None:
    pqc = build_pqc(PQCSpec(3, 1, 1))
    with pytest.raises(CircuitError, match="choose one of line"):
        reduce_pqc(pqc, "circle")
    turned = pqc.circuit.copy()
    turned.ry(0.3, 0)
    with pytest.raises(CircuitError, match="only circuits of RX, RZ and CNOTs"):
        reduce_pqc(pqc.transformed(turned))
    for label, match in (("XII", "read in Z"), (["ZII", "IZI"], "several terms")):
        other = (SparsePauliOp(label),)
        with pytest.raises(CircuitError, match=match):
            reduce_pqc(pqc.transformed(pqc.circuit, other))
