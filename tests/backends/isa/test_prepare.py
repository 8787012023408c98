from pathlib import Path

import numpy as np
import pytest
from qiskit.quantum_info import Statevector
from qiskit_ibm_runtime.fake_provider import FakeManilaV2, FakeTorino

from qkdrp.backends.isa.prepare import PHYSICAL, PreparedCircuit, check_prepared, prepare
from qkdrp.backends.isa.prepared_file import CIRCUIT, MAPPING, load_prepared, save_prepared
from qkdrp.backends.isa.regions import find_regions
from qkdrp.backends.isa.targets import restrict
from qkdrp.circuits import PQCSpec, build_pqc
from qkdrp.common.errors import BackendError
from tests.circuits.random_circuits import reference_values

SPECS = [
    PQCSpec(2, 1, 1),
    PQCSpec(4, 2, 1),
    PQCSpec(3, 1, 2, "single", "brick"),
    PQCSpec(5, 1, 1, "single", "linear", absorb_tail=True),
]


@pytest.fixture(scope="module")
def torino() -> FakeTorino:
    return FakeTorino()


@pytest.fixture(scope="module")
def prepared(torino: FakeTorino) -> PreparedCircuit:
    return prepare(build_pqc(PQCSpec(4, 2, 1)), torino.target, "fake_torino", seeds=[0])


@pytest.mark.parametrize("spec", SPECS, ids=str)
def test_a_prepared_circuit_has_the_values_of_the_original(
    spec: PQCSpec, torino: FakeTorino, rng: np.random.Generator
) -> None:
    pqc = build_pqc(spec)
    found = prepare(pqc, torino.target, seeds=[3]).pqc
    points = rng.uniform(-3, 3, (2, spec.n_inputs + spec.n_weights))
    values = [
        reference_values(each.circuit, each.observables, [*each.inputs, *each.weights], points)
        for each in (pqc, found)
    ]
    np.testing.assert_allclose(values[0], values[1], rtol=0, atol=1e-12)
    assert found.circuit.num_qubits == spec.n_qubits


def test_all_gates_are_the_devices_on_these_qubits(
    prepared: PreparedCircuit, torino: FakeTorino
) -> None:
    circuit, qubits = prepared.pqc.circuit, prepared.qubits
    assert circuit.metadata == {PHYSICAL: list(qubits)}
    for instruction in circuit.data:
        physical = tuple(qubits[circuit.find_bit(bit).index] for bit in instruction.qubits)
        assert torino.target.instruction_supported(instruction.name, physical)


def test_success_is_the_product_over_gates_and_readouts(
    prepared: PreparedCircuit, torino: FakeTorino
) -> None:
    circuit, qubits, target = prepared.pqc.circuit, prepared.qubits, torino.target
    success = np.prod([1 - target["measure"][(qubit,)].error for qubit in qubits])
    for instruction in circuit.data:
        physical = tuple(qubits[circuit.find_bit(bit).index] for bit in instruction.qubits)
        success *= 1 - target[instruction.name][physical].error
    assert prepared.success == pytest.approx(success)


def test_more_trials_are_never_worse(torino: FakeTorino, prepared: PreparedCircuit) -> None:
    told: list[tuple[int, int]] = []
    more = prepare(
        build_pqc(PQCSpec(4, 2, 1)),
        torino.target,
        seeds=[0, 1],
        on_trial=lambda *counts: told.append(counts),
    )
    assert more.success >= prepared.success
    assert told == [(done, 12) for done in range(1, 13)]


def reached_from(first: int, region: tuple[int, ...], edges: set[tuple[int, int]]) -> set[int]:
    """Return the qubits of a region that couplings lead to."""
    inside = {frozenset(edge) for edge in edges if set(edge) <= set(region)}
    reached = {first}
    for _ in region:
        reached |= {qubit for edge in inside if edge & reached for qubit in edge}
    return reached


def test_regions_are_connected_and_avoid_bad_qubits(torino: FakeTorino) -> None:
    regions = find_regions(torino.target, 4, 3)
    edges = set(torino.target.build_coupling_map().get_edges())
    readouts = [torino.target["measure"][(q,)].error for q in range(133)]
    assert len(regions) == 3
    for region in regions:
        assert reached_from(region[0], region, edges) == set(region)
        assert max(readouts[q] for q in region) <= np.median(readouts)


def test_a_restricted_target_keeps_what_is_known(torino: FakeTorino) -> None:
    local = restrict(torino.target, (54, 61))
    assert local["cz"].keys() == {(0, 1), (1, 0)} & local["cz"].keys()
    assert local["sx"][(1,)].error == torino.target["sx"][(61,)].error
    assert local["measure"][(0,)].error == torino.target["measure"][(54,)].error
    assert local.qubit_properties[1].t1 == torino.target.qubit_properties[61].t1


def test_too_many_qubits_are_refused() -> None:
    with pytest.raises(BackendError, match="The circuit has 6 qubits, the device 5"):
        prepare(build_pqc(PQCSpec(6, 1, 1)), FakeManilaV2().target)
    with pytest.raises(BackendError, match=r"physical qubits \[7\]"):
        restrict(FakeManilaV2().target, (0, 7))


def test_gates_that_the_device_lacks_are_named(torino: FakeTorino) -> None:
    with pytest.raises(BackendError, match=r"Gate rx on qubits \[0\]"):
        check_prepared(build_pqc(PQCSpec(2, 1, 1)).circuit, restrict(torino.target, (54, 61)))


def test_what_is_saved_is_loaded(prepared: PreparedCircuit, tmp_path: Path) -> None:
    save_prepared(prepared, tmp_path, calibration="today")
    assert {path.name for path in tmp_path.iterdir()} == {CIRCUIT, MAPPING}
    loaded = load_prepared(tmp_path)
    assert loaded.pqc.circuit == prepared.pqc.circuit
    assert loaded.pqc.circuit.metadata == prepared.pqc.circuit.metadata
    assert [p.name for p in loaded.pqc.inputs] == [p.name for p in prepared.pqc.inputs]
    assert loaded.pqc.observables == prepared.pqc.observables
    for name in ("qubits", "device", "success", "seed", "source"):
        assert getattr(loaded, name) == getattr(prepared, name)
    numbers = dict(zip(loaded.pqc.circuit.parameters, np.arange(20.0), strict=True))
    assert Statevector(loaded.pqc.circuit.assign_parameters(numbers)).is_valid()


@pytest.mark.parametrize("name", [CIRCUIT, MAPPING])
def test_damage_is_noticed(prepared: PreparedCircuit, tmp_path: Path, name: str) -> None:
    save_prepared(prepared, tmp_path)
    (tmp_path / name).write_bytes((tmp_path / name).read_bytes()[:40])
    with pytest.raises(BackendError, match="no prepared circuit, or a damaged one"):
        load_prepared(tmp_path)
