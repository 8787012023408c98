"""Noise models from files, beside channels composed by hand with Qiskit's density matrices."""

from collections.abc import Callable
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit.library import RXGate, RZXGate, SXGate, XGate, get_standard_gate_name_mapping
from qiskit.quantum_info import (
    DensityMatrix,
    Kraus,
    Pauli,
    SparsePauliOp,
    SuperOp,
    random_quantum_channel,
)
from qiskit_aer.noise import (
    NoiseModel,
    QuantumError,
    ReadoutError,
    amplitude_damping_error,
    coherent_unitary_error,
    depolarizing_error,
    pauli_error,
    thermal_relaxation_error,
)

from qkdrp.backends import get_backend
from qkdrp.backends.isa.prepare import prepare
from qkdrp.backends.noise.levels import LevelReader, NoiseLevel, values_of
from qkdrp.backends.noise.model_file import read_model, save_model
from qkdrp.backends.noise.sampling import Sampling
from qkdrp.backends.noise.saved import SavedModel
from qkdrp.backends.noise.simulator import NoisySimulator
from qkdrp.backends.noise.trajectories import TwirledEngine
from qkdrp.circuits import PQC, PQCSpec, build_pqc
from qkdrp.common.errors import BackendError
from tests.backends.tester import random_point

ONE, TWO = depolarizing_error(0.03, 1), depolarizing_error(0.08, 2)
LIMIT = 4.0
"""Standard errors."""


@pytest.fixture(scope="module")
def pqc() -> PQC:
    return build_pqc(PQCSpec(3, 1, 1))


def model(*errors: tuple[QuantumError, list[str], list[int] | None]) -> NoiseModel:
    found = NoiseModel()
    for error, names, qubits in errors:
        if qubits is None:
            found.add_all_qubit_quantum_error(error, names)
        else:
            found.add_quantum_error(error, names, qubits, warnings=False)
    return found


def with_readout(noise: NoiseModel, **qubits: list[int]) -> NoiseModel:
    noise.add_all_qubit_readout_error(ReadoutError([[0.97, 0.03], [0.08, 0.92]]))
    return noise


MODELS: dict[str, Callable[[], NoiseModel]] = {
    "cx alone": lambda: model((TWO, ["cx"], None)),
    "iswap": lambda: model((TWO, ["iswap"], None), (ONE, ["sx"], None)),
    "swap, which makes nothing": lambda: model((TWO, ["swap"], None)),
    "cy, which Aer turns": lambda: model((TWO, ["cy"], None), (ONE, ["x"], None)),
    "sx alone": lambda: model((ONE, ["sx"], None)),
    "x alone": lambda: model((ONE, ["x"], None)),
    "h alone": lambda: model((ONE, ["h"], None)),
    "readout alone": lambda: with_readout(NoiseModel()),
    "measure alone": lambda: model((amplitude_damping_error(0.2), ["measure"], None)),
    "measure that turns": lambda: with_readout(
        model(
            (coherent_unitary_error(RXGate(0.4).to_matrix()), ["measure"], [1]),
            (ONE, ["measure", "sx"], None),
            (TWO, ["cx"], None),
        )
    ),
    "all qubits and one of its own": lambda: model(
        (TWO, ["cx"], None), (ONE, ["sx"], None), (depolarizing_error(0.2, 1), ["sx"], [1])
    ),
    "couplings": lambda: model(
        (ONE, ["sx", "x"], None), *((TWO, ["cz"], [a, b]) for a, b in ((0, 1), (1, 2), (2, 3)))
    ),
    "reset and unknown gates": lambda: model(
        (ONE, ["reset", "measure_2"], None), (ONE, ["sx"], None), (TWO, ["ecr"], None)
    ),
}


def by_hand(
    pqc: PQC, circuit: QuantumCircuit, qubits: tuple[int, ...], path: Path, point: np.ndarray
) -> np.ndarray:
    """Every gate, then its error as a superoperator; then errors of measure, then of readout."""
    saved = read_model(path)
    gates = get_standard_gate_name_mapping()

    def error_of(name: str, on: tuple[int, ...]) -> QuantumError | None:
        return saved.errors.get((name, on), saved.errors.get((name, None)))

    state = DensityMatrix.from_label("0" * circuit.num_qubits)
    for each in circuit.assign_parameters(point).data:
        on = [circuit.find_bit(bit).index for bit in each.qubits]
        state = state.evolve(gates[each.name].base_class(*each.operation.params), on)
        error = error_of(each.name, tuple(qubits[q] for q in on))
        state = state if error is None else state.evolve(SuperOp(error), on)
    for q, physical in enumerate(qubits):
        error = error_of("measure", (physical,))
        state = state if error is None else state.evolve(SuperOp(error), [q])
        matrix = saved.readouts.get((physical,), saved.readouts.get(None, np.eye(2)))
        read = [
            np.sqrt(matrix[i, j]) * np.eye(2)[:, [i]] @ np.eye(2)[[j]] for i, j in np.ndindex(2, 2)
        ]
        state = state.evolve(Kraus(read), [q])
    return np.array([state.expectation_value(op).real for op in pqc.observables])


@pytest.mark.parametrize("name", MODELS)
def test_every_model_runs_and_is_its_channels(
    name: str, pqc: PQC, tmp_path: Path, rng: np.random.Generator
) -> None:
    path = tmp_path / "model.json"
    save_model(MODELS[name](), path)
    backend = get_backend("aer_noisy", noise=str(path))
    inputs, weights = random_point(pqc, 2, rng)
    qnn = backend.qnn(pqc)
    found = qnn.forward(inputs, weights)
    made = qnn.prepared
    names = [*made.pqc.inputs, *made.pqc.weights]
    for row, values in zip(inputs, found, strict=True):
        point = dict(zip(names, [*row, *weights], strict=True))
        ordered = np.array([point[each] for each in made.pqc.circuit.parameters])
        expected = by_hand(made.pqc, made.pqc.circuit, made.qubits, path, ordered)
        np.testing.assert_allclose(values, expected, rtol=0, atol=1e-10)


CHANNELS: dict[str, tuple[int, QuantumError]] = {
    "reset": (1, thermal_relaxation_error(50, 40, 1, 0.1)),
    "kraus": (1, thermal_relaxation_error(50, 90, 1)),
    "kraus and kraus": (
        2,
        thermal_relaxation_error(50, 90, 3).expand(thermal_relaxation_error(50, 40, 2)),
    ),
    "depolarizing, then kraus": (
        2,
        depolarizing_error(0.01, 2).compose(
            thermal_relaxation_error(50, 90, 1).expand(thermal_relaxation_error(60, 80, 1))
        ),
    ),
    "kraus on one of two": (
        2,
        amplitude_damping_error(0.1).expand(QuantumError([(Pauli("I"), 1.0)])),
    ),
    "any kraus on two": (2, QuantumError(Kraus(random_quantum_channel(4, seed=3)))),
    "weak kraus": (1, amplitude_damping_error(1e-6)),
    "coherent": (2, coherent_unitary_error(RZXGate(0.1).to_matrix())),
    "pauli on one of two": (2, pauli_error([("IX", 0.1), ("II", 0.9)])),
    "gates, and a channel": (
        1,
        QuantumError(
            [(XGate(), 0.1), (Kraus(amplitude_damping_error(0.3)), 0.2), (RXGate(0.3), 0.7)]
        ),
    ),
}


@pytest.mark.parametrize("name", CHANNELS)
def test_no_channel_loses_anything_on_its_way(name: str, tmp_path: Path) -> None:
    """Written, read, converted and simulated; Aer 0.18.2 loses errors in some conversions."""
    width, error = CHANNELS[name]
    gate, on = ("sx", [0]) if width == 1 else ("cx", [0, 1])
    save_model(model((error, [gate], on), (ONE, ["x"], None)), tmp_path / "model.json")
    source = SavedModel(tmp_path / "model.json")
    noise = source.noise((0, 1), source.parts, 1.0)
    hand, state = SuperOp(error), DensityMatrix.from_label("00")
    circuit = QuantumCircuit(2)
    steps = [("sx", (0,)), ("x", (1,)), ("sx", (0,)), ("cx", (0, 1)), ("sx", (1,)), ("cx", (0, 1))]
    for step, qubits in (*steps, ("sx", (0,))):
        getattr(circuit, step)(*qubits)
        state = state.evolve(get_standard_gate_name_mapping()[step], list(qubits))
        if (step, qubits) == (gate, tuple(on)):
            state = state.evolve(hand, list(qubits))
        elif step == "x":
            state = state.evolve(SuperOp(ONE), list(qubits))
    np.testing.assert_allclose(SuperOp(noise.errors[gate, tuple(on)]).data, hand.data, atol=1e-14)
    read = [SparsePauliOp(label) for label in ("IZ", "ZI", "ZZ")]
    found, _ = NoisySimulator(noise, Sampling(), np.random.default_rng(0)).evaluate(
        circuit, np.empty((1, 0)), read
    )
    expected = [state.expectation_value(op).real for op in read]
    np.testing.assert_allclose(found[0], expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", ["measure that turns", "iswap"])
@pytest.mark.parametrize(
    "sampling", [Sampling(4000, "trajectories"), Sampling(0, "trajectories", 1500)]
)
def test_trajectories_have_the_same_means(
    name: str, sampling: Sampling, pqc: PQC, tmp_path: Path, rng: np.random.Generator
) -> None:
    save_model(MODELS[name](), tmp_path / "model.json")
    source = SavedModel(tmp_path / "model.json")
    made = prepare(pqc, source.target(3), seeds=[0])
    noise = source.noise(made.qubits, source.parts, 1.0)
    point = rng.uniform(-3, 3, (1, made.pqc.circuit.num_parameters))
    exact, _ = NoisySimulator(noise, Sampling(), rng).evaluate(
        made.pqc.circuit, point, made.pqc.observables
    )
    found, errors = NoisySimulator(noise, sampling, rng).evaluate(
        made.pqc.circuit, point, made.pqc.observables
    )
    assert np.all(np.abs(found - exact) < LIMIT * errors)


def test_noise_aware_training_has_the_errors_of_measure(
    pqc: PQC, tmp_path: Path, rng: np.random.Generator
) -> None:
    """Pauli errors, so that the twirl changes nothing."""
    flips = pauli_error([("X", 0.1), ("Z", 0.2), ("I", 0.7)])
    save_model(with_readout(model((flips, ["measure"], None))), tmp_path / "model.json")
    source = SavedModel(tmp_path / "model.json")
    made = prepare(pqc, source.target(3), seeds=[0])
    inputs, weights = random_point(pqc, 4, rng)
    backend = get_backend("aer_noisy", noise=str(tmp_path / "model.json"))
    noise = source.noise(made.qubits, source.parts, 1.0)
    found, _ = TwirledEngine(made, noise, 1, rng).linearise(inputs, weights)
    np.testing.assert_allclose(found, backend.qnn(pqc).forward(inputs, weights), atol=1e-12)


def test_levels_without_readout_are_without_errors_of_measure(pqc: PQC, tmp_path: Path) -> None:
    save_model(MODELS["measure that turns"](), tmp_path / "model.json")
    source = SavedModel(tmp_path / "model.json")
    assert source.parts == ("gates", "readout")
    made = prepare(pqc, source.target(3), seeds=[0])
    levels = [NoiseLevel(("gates",), 1.0), NoiseLevel(("gates", "readout"), 1.0)]
    points = np.full((1, pqc.n_inputs + pqc.n_weights), 0.4)
    for level, found in zip(levels, LevelReader(made, source).read(points, levels), strict=True):
        noise = source.noise(made.qubits, level.parts, 1.0)
        assert bool(noise.before_readout) == ("readout" in level.parts)
        simulator = NoisySimulator(noise, Sampling(), np.random.default_rng(0))
        values, _ = simulator.evaluate(made.pqc.circuit, points, made.pqc.observables)
        worth = LevelReader(made, source).worth
        np.testing.assert_allclose(values_of(found, worth), values, atol=1e-12)


def test_all_qubits_means_as_many_as_a_circuit_has(tmp_path: Path) -> None:
    save_model(MODELS["all qubits and one of its own"](), tmp_path / "model.json")
    target = SavedModel(tmp_path / "model.json").target(5)
    assert target.num_qubits == 5
    assert set(target["cx"]) == set(permutations(range(5), 2))
    assert target["sx"][(1,)].error == pytest.approx(0.1)
    assert target["sx"][(4,)].error == pytest.approx(0.015)


def test_gates_with_errors_are_used_where_they_are_enough(tmp_path: Path) -> None:
    gates = {}
    for name in ("iswap", "couplings", "swap, which makes nothing", "h alone", "x alone"):
        save_model(MODELS[name](), tmp_path / "model.json")
        gates[name] = set(SavedModel(tmp_path / "model.json").target(3).operation_names)
    assert gates["iswap"] == {"iswap", "sx", "rz", "measure"}
    assert gates["couplings"] == {"cz", "sx", "x", "rz", "measure"}
    assert gates["swap, which makes nothing"] == {"swap", "cx", "sx", "x", "rz", "measure"}
    assert gates["h alone"] == {"h", "cx", "rz", "measure"}
    assert gates["x alone"] == {"x", "sx", "cx", "rz", "measure"}


def test_errors_that_never_act_are_said(tmp_path: Path, pqc: PQC) -> None:
    save_model(MODELS["reset and unknown gates"](), tmp_path / "model.json")
    assert "its errors of measure_2, reset never act" in SavedModel(tmp_path / "model.json").detail
    save_model(MODELS["swap, which makes nothing"](), tmp_path / "model.json")
    backend = get_backend("aer_noisy", noise=str(tmp_path / "model.json"))
    backend.qnn(pqc)
    assert backend.report()["circuits"][0]["gates_with_errors"] == 0


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("joint", r"has a joint readout error \(qubits 0 and 1\), which is not supported"),
        ("unknown", r"has errors of mine only, expected gates of Qiskit"),
    ],
)
def test_what_is_not_supported_is_named(name: str, words: str, tmp_path: Path) -> None:
    joint = NoiseModel()
    joint.add_readout_error(ReadoutError(np.full((4, 4), 0.25)), [0, 1])
    noise = {"joint": joint, "unknown": model((ONE, ["mine"], [0]))}[name]
    save_model(noise, tmp_path / "model.json")
    with pytest.raises(BackendError, match=words):
        SavedModel(tmp_path / "model.json")


def test_relaxation_of_a_file_is_neither_on_nor_off(tmp_path: Path) -> None:
    save_model(MODELS["iswap"](), tmp_path / "model.json")
    parts = get_backend("aer_noisy", noise=str(tmp_path / "model.json")).report()["parts"]
    assert parts == {"gates": True, "relaxation": None, "readout": False}
    save_model(MODELS["readout alone"](), tmp_path / "model.json")
    parts = get_backend("aer_noisy", noise=str(tmp_path / "model.json")).report()["parts"]
    assert parts == {"gates": False, "relaxation": False, "readout": True}


def test_an_sx_that_is_ideal_has_no_error(tmp_path: Path) -> None:
    save_model(MODELS["cx alone"](), tmp_path / "model.json")
    source = SavedModel(tmp_path / "model.json")
    assert {gate for gate, _ in source.noise((0, 1, 2), source.parts, 1.0).errors} == {"cx"}
    assert source.target(3)["sx"][(0,)].error == 0.0
    assert SXGate().name in source.target(3).operation_names
