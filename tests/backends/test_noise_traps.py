"""Traps of noisy simulation that this package works around.

As in ``test_traps``, each first part asserts that a trap is still there; where there is a second
part, it asserts that our way does not fall into it, and fails when the work-around is taken out.
"""

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.quantum_info import SparsePauliOp, Statevector
from qiskit_aer import AerError, AerSimulator
from qiskit_aer.noise import NoiseModel, ReadoutError, depolarizing_error
from qiskit_aer.primitives import EstimatorV2

from qkdrp.backends.aer_noisy import AerNoisy
from qkdrp.circuits import PQC, PQCSpec, build_pqc
from qkdrp.common.errors import BackendError
from tests.backends.tester import exact_values, random_point

SHOTS = 256


@pytest.fixture
def pqc() -> PQC:
    return build_pqc(PQCSpec(2, 1, 1))


def aer(model: NoiseModel, **options: object) -> EstimatorV2:
    return EstimatorV2(options={"backend_options": {"noise_model": model}, **options})


def value(estimator: EstimatorV2, circuit: QuantumCircuit, label: str) -> float:
    return float(estimator.run([(circuit, SparsePauliOp(label))]).result()[0].data.evs)


def test_trap_aer_leaves_readout_errors_out(pqc: PQC, rng: np.random.Generator) -> None:
    """Expectation values are saved, not measured (Qiskit/qiskit-aer#1861)."""
    model = NoiseModel()
    model.add_all_qubit_readout_error(ReadoutError([[0.8, 0.2], [0.2, 0.8]]))
    circuit = QuantumCircuit(1)
    circuit.rx(0.3, 0)
    assert value(aer(model), circuit, "Z") == pytest.approx(np.cos(0.3), abs=1e-12)

    inputs, weights = random_point(pqc, 3, rng)
    found = AerNoisy("depolarizing:readout=0.2").qnn(pqc).forward(inputs, weights)
    np.testing.assert_allclose(found, 0.6 * exact_values(pqc, inputs, weights), atol=1e-12)


def test_trap_noise_passes_by_what_is_not_transpiled() -> None:
    """Errors belong to gate names; a circuit in other gates is silently ideal (#2312)."""
    model = NoiseModel()
    model.add_all_qubit_quantum_error(depolarizing_error(0.5, 1), ["sx", "x"])
    circuit = QuantumCircuit(1)
    circuit.rx(0.3, 0)
    assert value(aer(model), circuit, "Z") == pytest.approx(np.cos(0.3), abs=1e-12)


def test_circuits_that_are_not_prepared_are_refused(pqc: PQC, rng: np.random.Generator) -> None:
    backend = AerNoisy("depolarizing:p1=0.1")
    point = rng.uniform(-3, 3, pqc.circuit.num_parameters)
    with pytest.raises(BackendError, match="not prepared"):
        backend.estimator.run([(pqc.circuit, list(pqc.observables), point)])
    claimed = pqc.circuit.copy()
    claimed.metadata = {"physical_qubits": [0, 1]}
    with pytest.raises(BackendError, match="Gate rx on qubits"):
        backend.estimator.run([(claimed, list(pqc.observables), point)]).result()


def test_noise_acts_on_the_circuit_of_a_pqc(pqc: PQC, rng: np.random.Generator) -> None:
    inputs, weights = random_point(pqc, 3, rng)
    found = AerNoisy("depolarizing:p1=0.05,p2=0.1").qnn(pqc).forward(inputs, weights)
    assert np.abs(found - exact_values(pqc, inputs, weights)).max() > 0.05


def test_trap_expectation_values_of_a_few_qubits_of_many_are_wrong() -> None:
    """Idle qubits are cut off, and the saved one is looked up at its old place (#2442)."""
    circuit = QuantumCircuit(12)
    circuit.h(0)
    for target in (3, 5, 4, 8, 9, 10):
        circuit.cx(0, target)
    circuit.cx(5, 11)
    circuit.cx(10, 11)  # undoes it: qubit 11 is 0 again
    exact = Statevector(circuit).expectation_value(SparsePauliOp("Z"), [11]).real
    circuit.save_expectation_value(SparsePauliOp("Z"), [11])
    found = AerSimulator(method="statevector").run(circuit).result().data()["expectation_value"]
    assert exact == pytest.approx(1.0)
    assert found == pytest.approx(0.0, abs=1e-9)


def test_prepared_circuits_hold_no_idle_qubits(pqc: PQC) -> None:
    prepared = AerNoisy("fake_manila").prepare(pqc)
    circuit = prepared.pqc.circuit
    used = {circuit.find_bit(bit).index for gate in circuit.data for bit in gate.qubits}
    assert used == set(range(circuit.num_qubits)) == {0, 1}
    assert len(prepared.qubits) == 2


def test_trap_a_seeded_aer_adds_the_same_noise_to_every_pub(rng: np.random.Generator) -> None:
    """A generator is made anew for each PUB: noise of shifted circuits cancels."""
    circuit = QuantumCircuit(1)
    circuit.rx(0.3, 0)
    estimator = EstimatorV2(options={"run_options": {"seed_simulator": 7}})
    pubs = [(circuit, SparsePauliOp("Z"))] * 3
    evs = [float(each.data.evs) for each in estimator.run(pubs, precision=0.1).result()]
    assert evs[0] == evs[1] == evs[2] != pytest.approx(np.cos(0.3), abs=1e-6)


def test_every_pub_draws_shots_of_its_own(pqc: PQC, rng: np.random.Generator) -> None:
    backend = AerNoisy("depolarizing:p1=0.01", shots=SHOTS, seed=7)
    prepared = backend.prepare(pqc)
    point = rng.uniform(-3, 3, pqc.circuit.num_parameters)
    pubs = [(prepared.pqc.circuit, list(prepared.pqc.observables), point)] * 3
    evs = [tuple(each.data.evs) for each in backend.estimator.run(pubs).result()]
    assert len(set(evs)) == 3


def test_trap_aer_adds_normal_noise_instead_of_shots() -> None:
    """Values leave [-1, 1], and the noise does not shrink where shots would agree."""
    circuit = QuantumCircuit(1)
    circuit.id(0)
    estimator = EstimatorV2(options={"run_options": {"seed_simulator": 1}})
    pub = circuit, [[SparsePauliOp("Z")]] * 50
    evs = estimator.run([pub], precision=0.1).result()[0].data.evs
    assert evs.max() > 1.05


def test_trap_readout_of_a_target_is_symmetric() -> None:
    """Aer's model of a device takes the mean of both calibrated probabilities."""
    from qiskit_ibm_runtime.fake_provider import FakeManilaV2

    model = NoiseModel.from_backend(FakeManilaV2())
    assert len(model._local_readout_errors) == 5
    for error in model._local_readout_errors.values():
        assert error.probabilities[0, 1] == pytest.approx(error.probabilities[1, 0])


def test_trap_aer_does_not_know_all_gates_of_qiskit() -> None:
    """Noise models may name them; Aer takes them as matrices that are labelled (test_saved)."""
    circuit = QuantumCircuit(2)
    circuit.iswap(0, 1)
    with pytest.raises(AerError, match="unknown instruction: iswap"):
        AerSimulator(method="density_matrix").run(circuit).result()
