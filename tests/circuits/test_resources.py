import json
import pickle
from dataclasses import asdict

import pytest
from qiskit import QuantumCircuit

from qkdrp.circuits import PQCSpec, build_pqc, logical_resources

# n1, n2, n3, weights, inputs, depth, depth_2q, cx, depth_single, cx_single
TABLE = [
    (4, 2, 1, 12, 8, 17, 12, 12, 20, 15),
    (4, 2, 2, 24, 8, 32, 24, 24, 35, 27),
    (4, 2, 4, 48, 8, 62, 48, 48, 65, 51),
    (4, 4, 1, 20, 16, 29, 20, 20, 32, 23),
    (4, 4, 2, 40, 16, 54, 40, 40, 57, 43),
    (4, 4, 4, 80, 16, 104, 80, 80, 107, 83),
    (8, 2, 1, 24, 16, 29, 24, 24, 36, 31),
    (8, 2, 2, 48, 16, 56, 48, 48, 63, 55),
    (8, 2, 4, 96, 16, 110, 96, 96, 117, 103),
    (8, 4, 1, 40, 32, 49, 40, 40, 56, 47),
    (8, 4, 2, 80, 32, 94, 80, 80, 101, 87),
    (8, 4, 4, 160, 32, 184, 160, 160, 191, 167),
]


@pytest.mark.parametrize("row", TABLE, ids=lambda row: "-".join(map(str, row[:3])))
def test_multi_needs_what_the_table_says(row: tuple[int, ...]) -> None:
    n1, n2, n3, weights, inputs, depth, depth_2q, cx, _, _ = row
    pqc = build_pqc(PQCSpec(n1, n2, n3, "multi"))
    found = logical_resources(pqc.circuit)
    assert (len(pqc.weights), len(pqc.inputs)) == (weights, inputs)
    assert (found.depth, found.two_qubit_depth, found.two_qubit_gates) == (depth, depth_2q, cx)
    assert found.gate_counts == {"rx": weights, "rz": inputs, "cx": cx}
    assert found.n_qubits == n1


@pytest.mark.parametrize("row", TABLE, ids=lambda row: "-".join(map(str, row[:3])))
def test_single_needs_what_the_table_says(row: tuple[int, ...]) -> None:
    n1, n2, n3, weights, inputs, _, _, _, depth, cx = row
    pqc = build_pqc(PQCSpec(n1, n2, n3, "single"))
    found = logical_resources(pqc.circuit)
    assert (len(pqc.weights), len(pqc.inputs)) == (weights, inputs)
    assert (found.depth, found.two_qubit_depth, found.two_qubit_gates) == (depth, cx, cx)


def test_the_depth_infused_layer() -> None:
    pqc = build_pqc(PQCSpec(8, 32, 5, "single"))
    found = logical_resources(pqc.circuit)
    assert (len(pqc.weights), len(pqc.inputs)) == (1320, 256)
    assert found.gate_counts == {"rx": 1320, "rz": 256, "cx": 1327}


@pytest.mark.parametrize(("absorbed", "depth", "depth_2q"), [(True, 9, 4), (False, 11, 6)])
def test_brick_is_shallow(absorbed: bool, depth: int, depth_2q: int) -> None:
    pqc = build_pqc(PQCSpec(4, 2, 1, entangler="brick", absorb_tail=absorbed))
    found = logical_resources(pqc.circuit)
    assert (found.depth, found.two_qubit_depth) == (depth, depth_2q)


def test_gates_on_three_qubits_count_as_nonlocal() -> None:
    circuit = QuantumCircuit(3)
    circuit.h(0)
    circuit.ccx(0, 1, 2)
    found = logical_resources(circuit)
    assert (found.depth, found.two_qubit_depth, found.two_qubit_gates) == (2, 1, 1)


def test_resources_travel_to_workers_and_json() -> None:
    circuit = QuantumCircuit(2)
    circuit.cx(0, 1)
    found = logical_resources(circuit)
    assert pickle.loads(pickle.dumps(found)) == found
    assert json.loads(json.dumps(asdict(found)))["gate_counts"] == {"cx": 1}
