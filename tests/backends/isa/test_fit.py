"""Fitting circuits where the transpiler alone does not: bounded angles, gates in one direction."""

import math

import numpy as np
import pytest
from qiskit import QuantumCircuit, transpile
from qiskit.circuit import Parameter
from qiskit.primitives.containers.estimator_pub import EstimatorPub
from qiskit.quantum_info import SparsePauliOp
from qiskit.transpiler import Target
from qiskit.transpiler.exceptions import TranspilerError
from qiskit_ibm_runtime.fake_provider import FakeCairoV2, FakeFez
from qiskit_ibm_runtime.utils.utils import is_valid_rzz_pub

from qkdrp.backends.depth.device import take_snapshot, with_fractional_gates
from qkdrp.backends.isa.place import place
from qkdrp.backends.isa.prepare import check_prepared, prepare
from qkdrp.backends.isa.targets import angle_bounds_of, restrict
from qkdrp.circuits import PQC, PQCSpec, build_pqc
from qkdrp.common.errors import BackendError
from tests.circuits.random_circuits import reference_values

BOUNDS = [(0.0, math.pi / 2)]


@pytest.fixture(scope="module")
def fractional() -> Target:
    """FakeFez with fractional gates, rzz between 0 and pi/2 as the service says."""
    return with_fractional_gates(take_snapshot(FakeFez(), "fake_fez")).target


def values_agree(pqc: PQC, other: PQC, rng: np.random.Generator) -> bool:
    points = rng.uniform(-3, 3, (2, pqc.n_inputs + pqc.n_weights))
    found = [
        reference_values(each.circuit, each.observables, [*each.inputs, *each.weights], points)
        for each in (pqc, other)
    ]
    return bool(np.abs(found[0] - found[1]).max() < 1e-12)


def test_bounds_of_angles_are_kept(fractional: Target) -> None:
    assert angle_bounds_of(fractional, "rzz") == BOUNDS
    pair = next(iter(fractional["rzz"]))
    assert angle_bounds_of(restrict(fractional, pair), "rzz") == BOUNDS
    assert angle_bounds_of(fractional, "rx") is None


@pytest.mark.parametrize("spec", [PQCSpec(4, 2, 1), PQCSpec(6, 2, 1)], ids=str)
def test_the_client_takes_every_rzz(
    spec: PQCSpec, fractional: Target, rng: np.random.Generator
) -> None:
    pqc = build_pqc(spec)
    prepared = prepare(pqc, fractional, seeds=[0])
    assert "rzz" in prepared.pqc.circuit.count_ops()
    placed = place(prepared, fractional.num_qubits)
    points = rng.uniform(-3, 3, (2, placed.circuit.num_parameters))
    pub = EstimatorPub.coerce((placed.circuit, [[op] for op in placed.observables], points))
    assert is_valid_rzz_pub(pub) == ""
    assert values_agree(pqc, prepared.pqc, rng)


def test_a_bounded_gate_is_not_used_with_a_parameter(
    fractional: Target, rng: np.random.Generator
) -> None:
    """Its value may leave the bounds, and then the service refuses the job."""
    x, w = Parameter("x"), Parameter("w")
    circuit = QuantumCircuit(2)
    circuit.h([0, 1])
    circuit.rzz(x, 0, 1)
    circuit.ryy(w, 0, 1)
    pqc = PQC.from_circuit(circuit, [x], [w], [SparsePauliOp("XI"), SparsePauliOp("IX")])
    prepared = prepare(pqc, fractional, seeds=[0])
    names = {each.name for each in prepared.pqc.circuit.data if each.is_parameterized()}
    assert "rzz" not in names
    assert values_agree(pqc, prepared.pqc, rng)


def test_trap_the_transpiler_cannot_turn_gates_of_mixed_couplings() -> None:
    """Where couplings have cx or ecr, it knows no rule to turn a cx round."""
    target = restrict(FakeCairoV2().target, (15, 18, 21))
    with pytest.raises(TranspilerError, match="no rules are known"):
        transpile(build_pqc(PQCSpec(3, 1, 1)).circuit, target=target, seed_transpiler=0)


@pytest.mark.parametrize("n_qubits", [3, 6])  # no group of six has one kind of coupling only
def test_circuits_fit_couplings_of_several_kinds(n_qubits: int, rng: np.random.Generator) -> None:
    pqc, target = build_pqc(PQCSpec(n_qubits, 1, 1)), FakeCairoV2().target
    prepared = prepare(pqc, target, seeds=[0])
    check_prepared(prepared.pqc.circuit, restrict(target, prepared.qubits))
    assert {"cx", "ecr"} & set(prepared.pqc.circuit.count_ops())
    assert values_agree(pqc, prepared.pqc, rng)


def test_a_device_without_the_gates_is_refused_in_words() -> None:
    target = FakeCairoV2().target
    poor = Target(num_qubits=2)
    poor.add_instruction(target.operation_from_name("cx"), {(0, 1): None})
    with pytest.raises(BackendError, match=r"could not fit the circuit to device .*use another"):
        prepare(build_pqc(PQCSpec(2, 1, 1)), poor, seeds=[0])
