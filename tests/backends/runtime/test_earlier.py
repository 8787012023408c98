"""Evaluations noted down by version 0.1.0, under its digest of circuits."""

from pathlib import Path

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Gate, Parameter
from qiskit.circuit.library import RXGate, RYGate
from qiskit.quantum_info import SparsePauliOp

from qkdrp.backends import get_backend
from qkdrp.backends.runtime import evaluation_record
from qkdrp.circuits import PQC, PQCSpec, build_pqc
from qkdrp.circuits.digest import legacy_digest
from tests.runtime_server import RuntimeServer


def evaluate(ledger: Path, pqc: PQC, point: float, **options: object) -> np.ndarray:
    settings = {"device": "ibm_manila", "shots": 2048, "ledger": str(ledger), **options}
    with get_backend("ibm_runtime", **settings) as backend:
        inputs, weights = np.full((2, pqc.n_inputs), point), np.full(pqc.n_weights, 0.9)
        return np.asarray(backend.qnn(pqc).forward(inputs, weights))


def as_0_1_0(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        evaluation_record, "pqc_digest", lambda pqc: legacy_digest(pqc.circuit, pqc.observables)
    )


def with_block(gate: Gate, weight: Parameter) -> PQC:
    inner = QuantumCircuit(1, name="block")
    inner.append(gate, [0])
    circuit = QuantumCircuit(2)
    circuit.append(inner.to_gate(), [0])
    circuit.rx(weight, 1)
    read = [SparsePauliOp("IX"), SparsePauliOp("IZ")]
    return PQC.from_circuit(circuit, sorted(gate.params, key=str), [weight], read)


def test_what_was_paid_under_the_old_digest_is_not_paid_again(
    ibm: RuntimeServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger, pqc = tmp_path / "ledger.sqlite", build_pqc(PQCSpec(3, 1, 1))
    with monkeypatch.context() as patched:
        as_0_1_0(patched)
        first = evaluate(ledger, pqc, 0.4)
    np.testing.assert_array_equal(evaluate(ledger, pqc, 0.4), first)
    assert len(ibm.jobs) == 1
    evaluate(ledger, pqc, 0.4, resubmit=True)
    assert len(ibm.jobs) == 2


def test_another_circuit_of_the_same_old_digest_is_not_taken_for_it(
    ibm: RuntimeServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A block by one name, rx in one circuit and ry in the other: X and Z of its qubit differ."""
    x, w = Parameter("x"), Parameter("w")
    paid, asked = with_block(RXGate(x), w), with_block(RYGate(x), w)
    assert legacy_digest(paid.circuit, paid.observables) == legacy_digest(
        asked.circuit, asked.observables
    )
    ledger = tmp_path / "ledger.sqlite"
    with monkeypatch.context() as patched:
        as_0_1_0(patched)
        evaluate(ledger, paid, 0.8)
    found = evaluate(ledger, asked, 0.8)
    assert len(ibm.jobs) == 2
    np.testing.assert_allclose(found[0], [np.sin(0.8), np.cos(0.8)], atol=0.15)
