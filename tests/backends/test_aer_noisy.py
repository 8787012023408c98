from pathlib import Path

import numpy as np
import pytest
import torch
from qiskit import QuantumCircuit
from qiskit.circuit import ParameterVector
from qiskit.quantum_info import SparsePauliOp
from qiskit_aer.noise import NoiseModel, depolarizing_error

from qkdrp.backends import QuantumLayer, get_backend
from qkdrp.backends.isa.prepared_file import load_prepared
from qkdrp.backends.noise.model_file import save_model
from qkdrp.circuits import PQC, PQCSpec, build_pqc
from qkdrp.circuits.reduce.circuit import reduce_pqc
from qkdrp.common.errors import BackendError
from qkdrp.common.files import write_files
from tests.backends.tester import check_dtypes, check_gradients, check_shapes, exact_values
from tests.backends.tester import random_point as random_values

NOISE = "depolarizing:p1=0.01,p2=0.03,readout=0.02"


@pytest.fixture(scope="module")
def pqc() -> PQC:
    return build_pqc(PQCSpec(3, 1, 1))


@pytest.mark.parametrize("noise", [NOISE, "fake_torino"])
def test_scale_0_is_exact(noise: str, pqc: PQC, rng: np.random.Generator) -> None:
    inputs, weights = random_values(pqc, 4, rng)
    found = get_backend("aer_noisy", noise=noise, noise_scale=0.0).qnn(pqc).forward(inputs, weights)
    np.testing.assert_allclose(found, exact_values(pqc, inputs, weights), rtol=0, atol=1e-8)


def test_without_noise_it_is_a_backend_like_others(pqc: PQC, rng: np.random.Generator) -> None:
    qnn = get_backend("aer_noisy", noise="depolarizing:").qnn(pqc)
    for check in (check_gradients, check_shapes, check_dtypes):
        check(qnn, pqc, rng)


def test_gradients_are_those_of_the_noisy_values(pqc: PQC, rng: np.random.Generator) -> None:
    qnn = get_backend("aer_noisy", noise=NOISE).qnn(pqc)
    inputs, weights = random_values(pqc, 2, rng)
    step, cotangents = 1e-5, rng.normal(size=(2, 3))
    by_inputs, by_weights = qnn.linearise(inputs, weights)[1](cotangents)
    for index in range(len(weights)):
        moved = [weights + sign * step * np.eye(len(weights))[index] for sign in (1, -1)]
        plus, minus = (qnn.forward(inputs, each) for each in moved)
        slope = ((plus - minus) * cotangents).sum() / (2 * step)
        assert by_weights[index] == pytest.approx(slope, abs=1e-8)
    assert by_inputs.shape == inputs.shape


def test_a_batch_is_one_pub_and_shots_are_counted(pqc: PQC, rng: np.random.Generator) -> None:
    backend = get_backend("aer_noisy", noise=NOISE, shots=1000)
    qnn = backend.qnn(pqc)
    inputs, weights = random_values(pqc, 5, rng)
    values = qnn.forward(inputs, weights)
    np.testing.assert_allclose(values * 500, (values * 500).round(), atol=1e-9)
    assert (backend.usage.pubs, backend.usage.executions, backend.usage.shots) == (1, 5, 5000)
    assert backend.estimate_cost(pqc, 5).shots == 5000
    assert not backend.repeatable


@pytest.mark.parametrize("shots", [100, 999, 1000, 4096])
def test_the_number_of_shots_is_not_rounded(shots: int, pqc: PQC) -> None:
    """Precision 1/sqrt(1000) and back is 1001 shots where it is rounded up."""
    backend = get_backend("aer_noisy", noise="depolarizing:", shots=shots)
    backend.qnn(pqc).forward(np.zeros((1, 3)), np.zeros(6))
    assert backend.usage.shots == shots


def test_another_precision_is_refused(pqc: PQC) -> None:
    backend = get_backend("aer_noisy", noise=NOISE, shots=100)
    prepared = backend.prepare(pqc)
    pub = prepared.pqc.circuit, list(prepared.pqc.observables), np.zeros(9)
    with pytest.raises(BackendError, match=r"precision of 0.5, this backend has 0.1"):
        backend.estimator.run([pub], precision=0.5)


def test_progress_is_told(pqc: PQC) -> None:
    backend, told = get_backend("aer_noisy", noise=NOISE), []
    backend.on_progress = lambda *counts: told.append(counts)
    backend.qnn(pqc).forward(np.zeros((130, 3)), np.zeros(6))
    assert told[3] == ("layouts", 4, 4)  # one group of all qubits
    assert told[4] == ("circuits", 0, 130)
    assert told[-1] == ("circuits", 130, 130)
    assert told[4:] == sorted(told[4:])


def test_noise_aware_training_learns_from_trajectories(pqc: PQC, rng: np.random.Generator) -> None:
    backend = get_backend("aer_noisy", noise=NOISE, train_noise=True, seed=3)
    inputs, weights = random_values(pqc, 4, rng)
    layer = QuantumLayer(backend.qnn(pqc), weights).double()
    angles = torch.tensor(inputs, requires_grad=True)
    values = [layer(angles) for _ in range(2)]
    assert not torch.equal(*values)  # random errors
    values[0].sum().backward()
    assert backend.usage.executions == 0  # of Aer
    with torch.no_grad():
        mean = torch.stack([layer(angles.requires_grad_()) for _ in range(2)])
    assert torch.equal(*mean)  # evaluation is the full model
    assert backend.usage.executions == 8


def test_adopted_forms_are_those_asked_for(pqc: PQC) -> None:
    """All forms of a circuit have its values; which one was adopted is told by what it is."""
    forms = [pqc, reduce_pqc(pqc), reduce_pqc(pqc, keep_tail=True)]
    maker = get_backend("aer_noisy", noise=NOISE)
    made = [maker.prepare(form) for form in forms]
    backend = get_backend("aer_noisy", noise=NOISE)
    for prepared in made:
        backend.adopt(prepared)
    assert [backend.prepare(form) for form in forms] == made
    assert len({each.two_qubit_gates for each in made}) == 3


def test_reports_say_what_is_on(pqc: PQC, tmp_path: Path) -> None:
    backend = get_backend("aer_noisy", noise="fake_manila", noise_parts="gates", noise_scale=2.0)
    backend.qnn(pqc)
    report = backend.report()
    assert report["parts"] == {"gates": True, "relaxation": False, "readout": False}
    assert report["scale"] == 2.0
    assert report["circuits"][0]["method"] == "density_matrix"
    write_files(tmp_path, backend.files())
    assert list(load_prepared(tmp_path).qubits) == report["circuits"][0]["physical_qubits"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"noise_scale": -1.0}, "noise_scale = -1"),
        ({"noise_scale": float("inf")}, "noise_scale = inf"),
        ({"gradient": "adjoint"}, "choose one of shift, spsa"),
        ({"train_trajectories": 0}, "train_trajectories = 0"),
        ({"method": "exact"}, "choose one of auto, density_matrix, trajectories"),
        ({"noise": "fake_nowhere"}, "choose one of fake_.* in all"),
        ({"noise": NOISE, "noise_parts": "relaxation"}, "its parts are gates, readout"),
    ],
)
def test_impossible_requests_are_refused(options: dict[str, object], words: str) -> None:
    with pytest.raises(BackendError, match=words):
        get_backend("aer_noisy", **options)


def test_circuits_are_checked_before_any_work() -> None:
    wide = build_pqc(PQCSpec(20, 1, 1))
    with pytest.raises(BackendError, match="density matrix of 20 qubits takes 16,384 GiB"):
        get_backend("aer_noisy", noise=NOISE, method="density_matrix").check(wide)
    with pytest.raises(BackendError, match="fake_manila has 5"):
        get_backend("aer_noisy", noise="fake_manila").check(wide)


def test_gates_whose_parameters_aer_drops_are_bound_before(
    tmp_path: Path, rng: np.random.Generator
) -> None:
    model = NoiseModel()
    for gate, n_qubits in (("cp", 2), ("sx", 1), ("x", 1)):
        model.add_all_qubit_quantum_error(depolarizing_error(1e-12, n_qubits), gate)
    save_model(model, tmp_path / "noise.json")
    inputs = ParameterVector("x", 2)
    circuit = QuantumCircuit(2)
    circuit.sx([0, 1])
    circuit.cp(inputs[0], 0, 1)
    circuit.rz(inputs[1], 0)
    circuit.sx([0, 1])
    pqc = PQC.from_circuit(circuit, inputs, [], [SparsePauliOp("IZ"), SparsePauliOp("ZZ")])
    backend = get_backend("aer_noisy", noise=str(tmp_path / "noise.json"))
    assert "cp" in backend.prepare(pqc).pqc.circuit.count_ops()
    points = rng.uniform(-3, 3, (3, 2))
    found = backend.qnn(pqc).forward(points, [])
    np.testing.assert_allclose(found, exact_values(pqc, points, np.empty(0)), atol=1e-9)
