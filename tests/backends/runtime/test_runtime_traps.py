"""Behaviours of the runtime client that we work around: a failure here means one was mended."""

import math

import pytest
from qiskit import QuantumCircuit
from qiskit.quantum_info import SparsePauliOp
from qiskit_ibm_runtime import EstimatorV2
from qiskit_ibm_runtime.executor_estimator import Estimator
from qiskit_ibm_runtime.executor_estimator.prepare import prepare
from qiskit_ibm_runtime.fake_provider import FakeManilaV2
from qiskit_ibm_runtime.options_models import EstimatorOptions

from qkdrp.backends.runtime.clients import simulator_of
from qkdrp.backends.runtime.settings import RuntimeSettings


def test_the_current_estimator_reads_0_and_1_equally_wrongly() -> None:
    device = FakeManilaV2()
    circuit = QuantumCircuit(5)
    zero = SparsePauliOp.from_sparse_list([("Z", [2], 1.0)], num_qubits=5)
    options = {"resilience_level": 0, "default_shots": 20000, "simulator": {"seed_simulator": 1}}

    def read(mode: object) -> float:
        return float(
            Estimator(mode=mode, options=options).run([(circuit, zero)]).result()[0].data.evs
        )

    known = device.properties().qubit_property(2)
    mean, flipped = known["readout_error"][0], known["prob_meas1_prep0"][0]
    assert flipped < mean - 0.02
    assert read(device) == pytest.approx(1 - 2 * mean, abs=0.01)
    assert read(simulator_of(device)) == pytest.approx(1 - 2 * flipped, abs=0.01)


def test_the_legacy_estimator_is_deprecated() -> None:
    with pytest.warns(DeprecationWarning, match="qiskit_ibm_runtime"):
        EstimatorV2(mode=FakeManilaV2())


def shots_of(precision: float) -> int:
    """Return how many shots the client makes of a precision."""
    circuit = QuantumCircuit(1)
    pub = circuit, SparsePauliOp("Z"), None, precision
    program, _ = prepare([pub], EstimatorOptions())
    return int(program.passthrough_data["post_processor"]["shots"])


@pytest.mark.parametrize("shots", [1, 7, 100, 1011, 4096, 100_000])
def test_rounding_adds_no_shot(shots: int) -> None:
    assert shots_of(RuntimeSettings("fake_manila", shots=shots).precision) == shots


@pytest.mark.parametrize("shots", [7, 1011])
def test_without_care_the_client_adds_a_shot(shots: int) -> None:
    assert shots_of(1 / math.sqrt(shots)) == shots + 1
