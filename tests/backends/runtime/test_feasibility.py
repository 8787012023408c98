"""Circuits that a device cannot hold: refused with the smallest change that fits."""

import numpy as np
import pytest
from qiskit_ibm_runtime.fake_provider import FakeManilaV2

from qkdrp.backends import get_backend
from qkdrp.backends.isa.prepare import PreparedCircuit, prepare
from qkdrp.backends.option_check import check_options
from qkdrp.backends.runtime.feasibility import LEAST_SUCCESS, hopeless
from qkdrp.circuits import PQC, PQCSpec, build_pqc
from qkdrp.circuits.families.pnu.spec import PnuSpec
from qkdrp.common.errors import BackendError

TARGET = FakeManilaV2().target


def prepared(pqc: PQC) -> PreparedCircuit:
    return prepare(pqc, TARGET, "fake_manila", seeds=[0])


@pytest.fixture(scope="module")
def deep() -> PQC:
    return build_pqc(PQCSpec(4, 12, 5, "single"))


def test_a_deep_circuit_is_refused_with_what_fits(deep: PQC) -> None:
    words = hopeless(deep, prepared(deep), TARGET, LEAST_SUCCESS)
    assert words.startswith("The circuit (4,12,5) single ring has an estimated success of ")
    assert "nothing is sent" in words
    assert "--min-success 0 sends it all the same" in words
    assert "what fits: 2 variational layers instead of 5: (4,12,2) single ring, success" in words


def test_fewer_inputs_are_said() -> None:
    """Where only fewer encoding layers are left to try."""
    pqc = build_pqc(PQCSpec(4, 12, 1, "single", entangler="none"))
    found = prepared(pqc)
    words = hopeless(pqc, found, TARGET, (1 + found.success) / 2)
    assert "no smaller circuit of its family is known to fit" in words
    pqc = build_pqc(PQCSpec(2, 12, 1, "single", entangler="linear"))
    found = prepared(pqc)
    words = hopeless(pqc, found, TARGET, min(0.999, found.success + 0.03))
    assert "angles instead of 24, which a linear bridge makes" in words


def test_other_families_and_none() -> None:
    pqc = build_pqc(PnuSpec(2, 8))
    found = prepared(pqc)
    words = hopeless(pqc, found, TARGET, min(0.999, found.success + 0.02))
    assert "layers instead of 8: pnu (2," in words
    own = PQC.from_circuit(pqc.circuit, pqc.inputs, pqc.weights, pqc.observables)
    words = hopeless(own, prepared(own), TARGET, 0.999)
    assert words.startswith("The circuit has an estimated success")
    assert "no smaller circuit" in words


@pytest.mark.parametrize("least", [0.0, LEAST_SUCCESS])
def test_what_a_device_holds_is_sent(least: float) -> None:
    pqc = build_pqc(PQCSpec(2, 1, 1))
    assert hopeless(pqc, prepared(pqc), TARGET, least) == ""


def test_a_fake_device_refuses_and_the_preview_says_so() -> None:
    pqc = build_pqc(PQCSpec(2, 1, 1))
    with get_backend("ibm_runtime", device="fake_manila", min_success=0.99) as backend:
        backend.estimate_cost(pqc, 3)
        (note,) = [each for each in backend.notes if "nothing is sent" in each]
        backend.estimate_cost(pqc, 3)
        assert backend.notes.count(note) == 1
        with pytest.raises(BackendError, match=r"less than 0\.99 is noise") as refused:
            backend.qnn(pqc).forward(np.zeros((1, 2)), np.zeros(4))
        assert str(refused.value) == note
        assert backend.usage.executions == 0
    with get_backend("ibm_runtime", device="fake_manila", min_success=0, shots=64) as backend:
        assert np.isfinite(backend.qnn(pqc).forward(np.zeros((1, 2)), np.zeros(4))).all()


@pytest.mark.parametrize("value", [-0.1, 1.0, float("nan")])
def test_the_threshold_is_a_share(value: float) -> None:
    with pytest.raises(BackendError, match="expected from 0 to below 1"):
        check_options("ibm_runtime", {"min_success": value})
    with pytest.raises(BackendError, match="expected from 0 to below 1"):
        get_backend("ibm_runtime", device="fake_manila", min_success=value)
