"""A part of the noise that somebody adds: one row of one table."""

from dataclasses import replace

import numpy as np
import pytest
from qiskit_aer.noise import pauli_error

from qkdrp.backends.aer_noisy import AerNoisy
from qkdrp.backends.noise import device, device_parts
from qkdrp.backends.noise.device_parts import DEVICE_PARTS, Calibration, DevicePart
from qkdrp.backends.noise.local import LocalNoise
from qkdrp.circuits import PQCSpec, build_pqc
from qkdrp.common.errors import BackendError
from tests.backends.tester import random_point


def crosstalk(local: Calibration, noise: LocalNoise) -> LocalNoise:
    """Add flips of phase, on both qubits at once, to what two-qubit gates have already."""
    chance = 0.05 * local.scale
    more = pauli_error([("ZZ", chance), ("II", 1 - chance)])
    errors = {
        (gate, qubits): error.compose(more) if len(qubits) == 2 else error
        for (gate, qubits), error in noise.errors.items()
    }
    return replace(noise, errors=errors)


@pytest.fixture
def with_crosstalk(monkeypatch: pytest.MonkeyPatch) -> None:
    parts = {**DEVICE_PARTS, "crosstalk": DevicePart(crosstalk, default=False)}
    for module in (device, device_parts):
        monkeypatch.setattr(module, "DEVICE_PARTS", parts)


@pytest.mark.usefixtures("with_crosstalk")
def test_a_part_that_is_added_acts_where_it_is_asked_for(rng: np.random.Generator) -> None:
    pqc = build_pqc(PQCSpec(3, 1, 1))
    point = random_point(pqc, 2, rng)
    usual, gates, more = (
        AerNoisy("fake_manila", noise_parts=parts)
        for parts in ("", "gates,relaxation", "crosstalk,gates,relaxation")
    )
    assert usual.parts == ("gates", "relaxation", "readout")
    assert more.parts == ("gates", "relaxation", "crosstalk")
    shift = more.qnn(pqc).forward(*point) - gates.qnn(pqc).forward(*point)
    assert np.abs(shift).max() > 1e-3
    assert more.report()["parts"]["crosstalk"]
    assert not usual.report()["parts"]["crosstalk"]


@pytest.mark.usefixtures("with_crosstalk")
def test_unknown_parts_list_it() -> None:
    with pytest.raises(BackendError, match="choose among gates, relaxation, readout, crosstalk"):
        AerNoisy("fake_manila", noise_parts="cosmic")


@pytest.mark.parametrize("parts", ["gates", "relaxation", "gates,relaxation", "readout"])
def test_parts_are_those_of_aer(parts: str) -> None:
    from qiskit_aer.noise.device import basic_device_gate_errors

    source = AerNoisy("fake_manila").source
    names = parts.split(",")
    noise = source.noise((0, 1), names, 1.0)
    found = basic_device_gate_errors(
        gate_error="gates" in names,
        thermal_relaxation="relaxation" in names,
        target=device.restrict(source.target(2), (0, 1)),
    )
    there = {(gate, tuple(qubits)): error for gate, qubits, error in found}
    assert noise.errors.keys() == there.keys()
    assert all(noise.errors[key] == error for key, error in there.items())
    ideal = np.array_equal(noise.assignment, [np.eye(2)] * 2)
    assert ideal == ("readout" not in names)
