"""Noise of fake devices: equal to Aer's model of the whole device."""

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.quantum_info import DensityMatrix, SparsePauliOp, SuperOp, average_gate_fidelity
from qiskit_aer import AerSimulator
from qiskit_aer.noise import NoiseModel, ReadoutError
from qiskit_aer.primitives import EstimatorV2

from qkdrp.backends.aer_noisy import AerNoisy
from qkdrp.backends.isa.prepare import PreparedCircuit
from qkdrp.backends.noise.device import FakeDevice
from qkdrp.backends.noise.readout import read_out
from qkdrp.backends.noise.sampling import Sampling
from qkdrp.backends.noise.simulator import NoisySimulator
from qkdrp.common.errors import BackendError
from tests.backends.noise.conftest import DEVICES, prepared_on

ALL = ("gates", "relaxation", "readout")


def full_width(prepared: PreparedCircuit, n_qubits: int) -> tuple[QuantumCircuit, list]:
    """The prepared circuit and its observables on the whole device."""
    circuit = QuantumCircuit(n_qubits)
    circuit.compose(prepared.pqc.circuit, qubits=prepared.qubits, inplace=True)
    observables = [
        op.apply_layout(list(prepared.qubits), n_qubits) for op in prepared.pqc.observables
    ]
    return circuit, observables


@pytest.mark.parametrize("device", ["fake_torino", "fake_sherbrooke"])  # CZ and ECR gates
def test_the_few_qubits_are_those_of_the_whole_device(
    device: str, rng: np.random.Generator
) -> None:
    prepared, fake = prepared_on(device), DEVICES[device]()
    model = NoiseModel.from_backend(fake, readout_error=False)
    circuit, observables = full_width(prepared, fake.num_qubits)
    points = rng.uniform(-3, 3, (1, len(circuit.parameters)))
    aer = EstimatorV2(
        options={"backend_options": {"method": "density_matrix", "noise_model": model}}
    )
    pub = circuit, [[op] for op in observables], points
    expected = aer.run([pub], precision=0.0).result()[0].data.evs.T

    noise = FakeDevice(device).noise(prepared.qubits, ("gates", "relaxation"), 1.0)
    simulator = NoisySimulator(noise, Sampling(), rng)
    found, _ = simulator.evaluate(prepared.pqc.circuit, points, prepared.pqc.observables)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-10)


def test_the_readout_map_is_what_aer_counts(
    torino: PreparedCircuit, rng: np.random.Generator
) -> None:
    shots, point = 10**6, rng.uniform(-3, 3, (1, len(torino.pqc.circuit.parameters)))
    noise = FakeDevice("fake_torino").noise(torino.qubits, ALL, 1.0)
    found, _ = NoisySimulator(noise, Sampling(), rng).evaluate(
        torino.pqc.circuit, point, torino.pqc.observables
    )
    model = noise.model()
    for qubit, matrix in enumerate(noise.assignment):
        model.add_readout_error(ReadoutError(matrix.T), [qubit])
    circuit = torino.pqc.circuit.assign_parameters(point[0])
    circuit.measure_all()
    aer = AerSimulator(method="density_matrix", noise_model=model, seed_simulator=11)
    counts = aer.run(circuit, shots=shots).result().get_counts()
    strings = np.array([[int(bit) for bit in reversed(text)] for text in counts])
    weights = np.array(list(counts.values())) / shots
    for value, op in zip(found[0], torino.pqc.observables, strict=True):
        ((_, qubits, _),) = op.to_sparse_list()
        mean = float(weights @ (-1.0) ** strings[:, qubits].sum(axis=1))
        assert abs(value - mean) < 4 * np.sqrt((1 - mean**2) / shots)
    silent = NoisySimulator(
        FakeDevice("fake_torino").noise(torino.qubits, ALL[:2], 1.0), Sampling(), rng
    )
    without, _ = silent.evaluate(torino.pqc.circuit, point, torino.pqc.observables)
    assert np.abs(found - without).max() > 4 / np.sqrt(shots)


def relaxation(time: float, t1: float, t2: float) -> SuperOp:
    """Thermal relaxation to |0>, by its own formula: columns stacked, 00 10 01 11."""
    stays, coherence = np.exp(-time / t1), np.exp(-time / min(t2, 2 * t1))
    matrix = np.diag([1.0, coherence, coherence, stays])
    matrix[0, 3] = 1 - stays
    return SuperOp(matrix)


def test_channels_are_those_composed_by_hand(
    torino: PreparedCircuit, rng: np.random.Generator
) -> None:
    """Aer 0.18.2 loses errors in some conversions of Kraus channels."""
    device = FakeDevice("fake_torino")
    target, region = device.target(4), torino.qubits
    noise = device.noise(region, ALL[:2], 1.0)
    circuit = torino.pqc.circuit
    channels: dict[tuple[str, tuple[int, ...]], SuperOp] = {}
    for each in circuit.data:
        on = tuple(circuit.find_bit(bit).index for bit in each.qubits)
        known = target[each.name][tuple(region[q] for q in on)]
        thermal = SuperOp(np.eye(1))
        for q in on:
            times = target.qubit_properties[region[q]]
            thermal = thermal.expand(relaxation(known.duration, times.t1, times.t2))
        dimension = 2 ** len(on)
        # Depolarizing before relaxation, as strong as makes the whole the calibrated error.
        f_thermal = average_gate_fidelity(thermal)
        excess = max(0.0, known.error - (1 - f_thermal))
        depolarized = excess * dimension / (dimension * f_thermal - 1)
        mixed = np.eye(dimension).reshape(-1, 1, order="F") / dimension
        lost = mixed @ np.eye(dimension).reshape(1, -1, order="F")
        keeping = (1 - depolarized) * np.eye(dimension**2) + depolarized * lost
        channels[each.name, on] = SuperOp(thermal.data @ keeping)
        if (each.name, on) in noise.errors:
            found = SuperOp(noise.errors[each.name, on]).data
            np.testing.assert_allclose(found, channels[each.name, on].data, rtol=0, atol=1e-10)

    point = rng.uniform(-3, 3, (1, circuit.num_parameters))
    state = DensityMatrix.from_label("0" * circuit.num_qubits)
    for each in circuit.assign_parameters(point[0]).data:
        on = tuple(circuit.find_bit(bit).index for bit in each.qubits)
        state = state.evolve(each.operation, list(on)).evolve(channels[each.name, on], list(on))
    expected = [state.expectation_value(op).real for op in torino.pqc.observables]
    found, _ = NoisySimulator(noise, Sampling(), rng).evaluate(
        circuit, point, torino.pqc.observables
    )
    np.testing.assert_allclose(found[0], expected, rtol=0, atol=1e-10)


def test_readout_probabilities_are_those_of_the_snapshot(torino: PreparedCircuit) -> None:
    properties = DEVICES["fake_torino"]().properties()
    noise = FakeDevice("fake_torino").noise(torino.qubits, ALL, 1.0)
    for qubit, matrix in zip(torino.qubits, noise.assignment, strict=True):
        known = properties.qubit_property(qubit)
        assert matrix[1, 0] == pytest.approx(known["prob_meas1_prep0"][0], abs=1e-15)
        assert matrix[0, 1] == pytest.approx(known["prob_meas0_prep1"][0], abs=1e-15)


@pytest.mark.parametrize("scale", [0.5, 1.0, 2.0])
def test_a_scale_multiplies_infidelities_and_flips(torino: PreparedCircuit, scale: float) -> None:
    device = FakeDevice("fake_torino")
    one, scaled = (device.noise(torino.qubits, ALL, each) for each in (1.0, scale))
    np.testing.assert_allclose(
        scaled.assignment[:, [1, 0], [0, 1]], scale * one.assignment[:, [1, 0], [0, 1]]
    )
    target = device.target(4)
    errors = {of: error for of, error in scaled.errors.items() if of[0] != "reset"}
    assert {len(qubits) for _, qubits in errors} == {1, 2}
    for (gate, qubits), error in errors.items():
        calibrated = target[gate][tuple(torino.qubits[q] for q in qubits)].error
        # Relaxation alone is more than the calibrated error of some gates, and is not linear.
        assert 1 - average_gate_fidelity(error) >= scale * calibrated * (1 - 1e-9)
        if len(qubits) == 2:
            assert 1 - average_gate_fidelity(error) == pytest.approx(scale * calibrated)


def test_scale_0_has_no_errors(torino: PreparedCircuit) -> None:
    noise = FakeDevice("fake_torino").noise(torino.qubits, ALL, 0.0)
    assert not noise.errors
    np.testing.assert_array_equal(noise.assignment, np.broadcast_to(np.eye(2), (4, 2, 2)))


@pytest.mark.parametrize("parts", [(), ("gates",), ("relaxation",), ("readout",)])
def test_parts_are_on_or_off(torino: PreparedCircuit, parts: tuple[str, ...]) -> None:
    noise = FakeDevice("fake_torino").noise(torino.qubits, parts, 1.0)
    assert bool(noise.errors) == bool({"gates", "relaxation"} & set(parts))
    assert (noise.assignment[:, 1, 0].sum() > 0) == ("readout" in parts)


def test_errors_of_gates_are_depolarizing(torino: PreparedCircuit) -> None:
    """They are Pauli errors: twirling changes nothing."""
    found = FakeDevice("fake_torino").noise(torino.qubits, ("gates",), 1.0).pauli_probabilities()
    assert {len(qubits) for _, qubits in found} == {1, 2}
    for gate, probabilities in found.items():
        assert np.ptp(probabilities.ravel()[1:]) < 1e-12, gate


def test_only_the_errors_of_the_few_qubits_are_built(torino: PreparedCircuit) -> None:
    """A model of the whole device makes Aer 30 times slower."""
    model = AerNoisy()._simulator(torino.qubits)[0]._aer.options.noise_model
    assert len(model.noise_qubits) <= 4
    errors = sum(len(each) for each in model._local_quantum_errors.values())
    assert errors < 30


def test_an_unknown_device_lists_the_known() -> None:
    with pytest.raises(BackendError, match=r"'fake_nowhere': choose one of fake_.* in all\)"):
        FakeDevice("fake_nowhere")


def test_a_scale_beyond_the_range_says_how_far_it_goes(torino: PreparedCircuit) -> None:
    region = torino.qubits
    with pytest.raises(BackendError, match=r"noise scale 1000 .* use at most"):
        FakeDevice("fake_torino").noise(region, ALL, 1000.0)


def test_read_out_is_the_mean_of_products(rng: np.random.Generator) -> None:
    from qkdrp.backends.noise.local import assignment_matrices

    assignment = assignment_matrices([0.1, 0.02, 0.0], [0.2, 0.05, 0.0])
    found = read_out(SparsePauliOp(["ZZZ", "IIZ"], [2.0, 1.0]), assignment)
    slope, offset = (0.7, 0.93), (0.1, 0.03)
    expected = {
        "ZZZ": 2 * slope[0] * slope[1],
        "ZIZ": 2 * slope[0] * offset[1],
        "ZZI": 2 * offset[0] * slope[1],
        "ZII": 2 * offset[0] * offset[1],
        "IIZ": slope[0],
        "III": offset[0],
    }
    assert dict(found.to_list()) == pytest.approx(expected)
