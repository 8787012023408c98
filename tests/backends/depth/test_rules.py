from dataclasses import replace

import pytest

from qkdrp.backends.depth.device import DeviceSnapshot
from qkdrp.backends.depth.logical import describe
from qkdrp.backends.depth.row import DepthRow, make_row
from qkdrp.backends.depth.rules import RULES, Limits, Verdict, judge
from qkdrp.backends.depth.times import Load, estimate_times
from qkdrp.backends.depth.trial import try_out
from qkdrp.backends.depth.variant import Variant
from qkdrp.backends.depth.volume import QuantumVolume
from qkdrp.circuits import PQCSpec, build_pqc
from qkdrp.common.errors import BackendError


@pytest.fixture(scope="module")
def row(torino: DeviceSnapshot) -> DepthRow:
    variant = Variant(PQCSpec(4, 2, 1))
    pqc = variant.build()
    _, trial = try_out(pqc, torino, 3, 7, placed=False)
    logical = describe(pqc, variant.spec)
    return make_row(variant, logical, trial, torino, QuantumVolume(512, "table"), Load())


def verdict(row: DepthRow, rule: str, limits: Limits | None = None) -> Verdict:
    return RULES[rule].judge(row, limits or Limits())


def test_the_ring_breaks_the_literal_rule_and_meets_the_budget(row: DepthRow) -> None:
    met = {each.rule: each.met for each in judge(row, Limits())}
    assert met == {
        "qv_logical": False, "qv_two_qubit": False, "success": True, "eplg": True, "duration": True,
    }  # fmt: skip
    assert verdict(row, "qv_logical").words == (
        "4 qubits, logical depth 17; allowed log2 512 = 9 (table)"
    )


def test_the_published_estimate_by_layer_fidelity(row: DepthRow) -> None:
    assert row.eplg_success == pytest.approx(0.89, abs=0.005)
    assert row.swaps == pytest.approx((row.trial.two_qubit_gates - 12) / 3)


def test_the_brick_with_absorbed_tail_meets_the_literal_rule(row: DepthRow) -> None:
    for n_qubits in (4, 8):
        spec = PQCSpec(n_qubits, 2, 1, entangler="brick", absorb_tail=True)
        logical = describe(build_pqc(spec), spec)
        assert (logical.depth, logical.two_qubit_depth) == (9, 4)
        assert verdict(replace(row, logical=logical), "qv_logical").met


def test_what_is_missing_cannot_be_told(row: DepthRow) -> None:
    blank = replace(
        row, volume=None, eplg=None, eplg_chain=None, trial=replace(row.trial, t1=None, t2=None)
    )
    assert blank.duration_share is None
    assert [each.met for each in judge(blank, Limits())] == [None, None, True, None, None]


def test_limits_decide(row: DepthRow) -> None:
    strict = Limits(success=0.99, duration=0.001)
    assert [verdict(row, name, strict).met for name in ("success", "eplg", "duration")] == [
        False
    ] * 3
    for wrong in ({"success": 0.0}, {"duration": 1.0}):
        with pytest.raises(BackendError, match="between 0 and 1"):
            Limits(**wrong)


def test_logical_resources(row: DepthRow) -> None:
    logical = row.logical
    assert (logical.inputs, logical.weights, logical.settings) == (8, 12, 1)
    assert (logical.published_one_qubit, logical.published_two_qubit) == (12, 12)
    assert (logical.one_qubit_gates, logical.two_qubit_gates) == (20, 12)
    assert logical.readout_length == 1
    absorbed = PQCSpec(4, 2, 1, absorb_tail=True)
    assert describe(build_pqc(absorbed), absorbed).readout_length == 3
    assert logical.critical_depth == 1


def test_training_on_the_device_is_out_of_reach(row: DepthRow, torino: DeviceSnapshot) -> None:
    load = Load(shots=1000, samples=10, batch=128)
    times = estimate_times(row.logical, 27, 4e-6, torino, load)
    assert times.inference == pytest.approx(2 + (torino.rep_delay + 4e-6) * 10_000)
    assert times.training_step == pytest.approx(2 + (torino.rep_delay + 4e-6) * 2 * 20 * 128 * 1000)
    assert times.inference_clops == pytest.approx(10 * 1000 * 27 / 210_000)
    silent = replace(torino, clops_h=None)
    assert estimate_times(row.logical, 27, 0.0, silent, load).inference_clops is None
    with pytest.raises(BackendError, match="shots = 0"):
        Load(shots=0)
