from types import SimpleNamespace

import pytest
from qiskit.circuit import Parameter
from qiskit.circuit.library import RZZGate
from qiskit.providers.fake_provider import GenericBackendV2
from qiskit.transpiler import Target
from qiskit_ibm_runtime.fake_provider import FakeManilaV2

from qkdrp.backends.depth.device import DeviceSnapshot, take_snapshot, with_fractional_gates
from qkdrp.backends.isa.regions import coupling_losses
from qkdrp.common.errors import BackendError


def test_a_device_tells_its_calibration(torino: DeviceSnapshot) -> None:
    assert (torino.name, torino.n_qubits, torino.processor) == ("fake_torino", 133, "Heron r1")
    assert torino.calibrated.startswith("2025-02-26")
    assert torino.clops_h == 210_000
    assert torino.quantum_volume is None


@pytest.mark.parametrize(("chain", "percent"), [(4, 0.430), (8, 0.433), (100, 1.016)])
def test_error_per_layered_gate(torino: DeviceSnapshot, chain: int, percent: float) -> None:
    found = torino.eplg(chain)
    assert found is not None
    assert round(100 * found[0], 3) == percent
    assert found[1] == chain


def test_the_nearest_chain_stands_in_where_there_is_none(torino: DeviceSnapshot) -> None:
    for asked, nearest in ((2, 4), (1000, 100)):
        found = torino.eplg(asked)
        assert found is not None
        assert found[1] == nearest


def test_a_device_may_tell_next_to_nothing() -> None:
    found = take_snapshot(GenericBackendV2(5, seed=1), "mine")
    assert (found.name, found.processor, found.calibrated) == ("mine", "", "")
    assert found.eplg(4) is None
    assert found.quantum_volume is None
    assert len(found.qubits) == 5


def test_qubits_out_of_order_are_left_out(torino: DeviceSnapshot) -> None:
    assert len(torino.qubits) < torino.n_qubits
    backend = FakeManilaV2()
    for name, on in [("cx", (1, 2)), ("cx", (2, 1)), ("cx", (2, 3)), ("cx", (3, 2))]:
        backend.target[name][on].error = 1.0
    found = take_snapshot(backend)
    assert found.qubits == (0, 1)
    with pytest.raises(BackendError, match="the device 2 connected ones in working order"):
        take_snapshot(backend, need=3)


def test_a_qubit_without_readout_is_out_of_order() -> None:
    backend = FakeManilaV2()
    known = backend.target
    readouts = {on: each for on, each in known["measure"].items() if on != (0,)}
    target = Target(num_qubits=5, qubit_properties=known.qubit_properties)
    for name in ("cx", "sx", "x", "rz"):
        target.add_instruction(known.operation_from_name(name), dict(known[name]), name=name)
    target.add_instruction(known.operation_from_name("measure"), readouts, name="measure")
    found = take_snapshot(SimpleNamespace(target=target, name="no readout"))
    assert found.qubits == (1, 2, 3, 4)


def test_a_digest_follows_the_calibration(manila: DeviceSnapshot) -> None:
    backend = FakeManilaV2()
    assert take_snapshot(backend).digest() == manila.digest()
    backend.target["cx"][(0, 1)].error = 0.1
    assert take_snapshot(backend).digest() != manila.digest()


def test_fractional_gates_are_assumed_where_cz_is_native(torino: DeviceSnapshot) -> None:
    assert not torino.fractional
    found = with_fractional_gates(torino)
    assert found.fractional
    assert not torino.fractional
    pair = next(iter(coupling_losses(torino.target)))
    cz = torino.target["cz"].get(pair) or torino.target["cz"][pair[::-1]]
    assert found.target["rzz"][pair].error == cz.error
    assert with_fractional_gates(found) is found
    assert not found.target.supported_angle_bound("rzz", [-0.1])
    anyhow = DeviceSnapshot(found.name, Target(num_qubits=2), (0, 1), 2)
    bounded = DeviceSnapshot(found.name, Target(num_qubits=2), (0, 1), 2)
    for each, bounds in ((anyhow, None), (bounded, [(0, 1)])):
        each.target.add_instruction(RZZGate(Parameter("a")), {(0, 1): None}, angle_bounds=bounds)
    assert anyhow.digest() != bounded.digest()


def test_other_devices_have_no_fractional_gates(manila: DeviceSnapshot) -> None:
    with pytest.raises(BackendError, match="fake_manila has no fractional gates"):
        with_fractional_gates(manila)


def test_what_tells_no_gates_is_no_device() -> None:
    with pytest.raises(BackendError, match="empty: tells no qubits and gates"):
        take_snapshot(SimpleNamespace(target=Target(), name="empty"))


def test_old_devices_write_none_as_text(manila: DeviceSnapshot) -> None:
    assert FakeManilaV2().configuration().clops_h == "None"
    assert manila.clops_h is None
    assert manila.quantum_volume == 32
