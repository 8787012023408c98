"""Depth reports, prepared files and recommendations for circuits of another family, or none."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from qiskit.circuit import Parameter
from qiskit.quantum_info import SparsePauliOp
from qiskit_ibm_runtime.fake_provider import FakeManilaV2

from qkdrp.backends.depth.analyse import depth_report, transpiled
from qkdrp.backends.depth.cache import Cache
from qkdrp.backends.depth.report import DepthReport
from qkdrp.backends.isa.prepare import prepare
from qkdrp.backends.isa.prepared_file import load_prepared, save_prepared
from qkdrp.circuits import FAMILIES, PQC, PQCSpec, build_pqc
from qkdrp.common.errors import BackendError
from tests.circuits.random_circuits import reference_values
from tests.circuits.second_family import Twice, TwiceSpec

SMALL, LARGE = TwiceSpec(2, 1), TwiceSpec(3, 3, pairs=True)


@pytest.fixture(scope="module", autouse=True)
def _second_family() -> Iterator[None]:
    FAMILIES.register(Twice())
    yield
    FAMILIES.unregister("twice")


@pytest.fixture(scope="module")
def report() -> DepthReport:
    return depth_report(
        [SMALL, LARGE, PQCSpec(2, 1, 1)], [FakeManilaV2()], seeds=(0, 1), cache=Cache(None),
        workers=1,
    )  # fmt: skip


def test_every_circuit_has_rows(report: DepthReport) -> None:
    found = {(row.variant.circuit, row.variant.form) for row in report.rows}
    assert {each for each in found if each[0].startswith("twice")} == {
        ("twice 2x1", "as built"), ("twice 3x3 with pairs", "as built"),
    }  # fmt: skip
    assert ("(2,1,1) multi ring", "line network") in found
    assert report.skipped == ()


def test_no_paper_counts_its_gates_and_every_angle_is_shifted(report: DepthReport) -> None:
    row = next(row for row in report.rows if row.variant.spec == LARGE)
    assert (row.logical.published_one_qubit, row.logical.published_two_qubit) == (None, None)
    assert row.logical.gradient_circuits == 2 * 3 * 3 * 3  # both uses of an input, and the weight
    assert row.logical.settings == 1


def test_fewer_layers_are_recommended(report: DepthReport) -> None:
    said = {(each.circuit, each.rule): each for each in report.recommendations}
    advice = said["twice 3x3 with pairs", "qv_logical"]  # 5 layers at most
    assert [step.words for step in advice.steps] == ["layers 1 instead of 3"]
    assert not advice.same_values
    assert advice.row is not None
    assert advice.row.variant.spec == TwiceSpec(3, 1, pairs=True)


def test_tables_and_records_hold_its_own_fields(report: DepthReport) -> None:
    content = json.loads(json.dumps(report.to_json(), allow_nan=False))
    assert content["rows"][0]["variant"]["spec"] == {
        "family": "twice", "width": 2, "layers": 1, "pairs": False,
    }  # fmt: skip
    frame = report.to_frame()
    own = frame[frame["circuit"] == "twice 2x1"].iloc[0]
    assert own["variant.spec.width"] == 2
    assert np.isnan(own["variant.spec.n_encoding"])


def test_a_prepared_circuit_is_kept(tmp_path: Path, rng: np.random.Generator) -> None:
    pqc = build_pqc(LARGE)
    prepared = prepare(pqc, FakeManilaV2().target, "fake_manila", seeds=(0,))
    save_prepared(prepared, tmp_path)
    found = load_prepared(tmp_path)
    assert found.is_made_from(build_pqc(LARGE))
    assert not found.is_made_from(build_pqc(SMALL))
    points = rng.uniform(-3, 3, (2, pqc.n_inputs + pqc.n_weights))
    values = [
        reference_values(each.circuit, each.observables, [*each.inputs, *each.weights], points)
        for each in (pqc, found.pqc)
    ]
    np.testing.assert_allclose(values[0], values[1], rtol=0, atol=1e-10)


@pytest.mark.parametrize(
    "spec",
    [
        {"n_qubits": 2, "n_encoding": 1, "n_variational": 1},
        {"family": "twice", "width": 2, "layers": 1, "pairs": False},
    ],
)
def test_files_that_name_their_circuit_by_its_specification(
    spec: dict[str, object], tmp_path: Path
) -> None:
    pqc = build_pqc(SMALL if "family" in spec else PQCSpec(2, 1, 1))
    save_prepared(prepare(pqc, FakeManilaV2().target, seeds=(0,)), tmp_path)
    content = json.loads((tmp_path / "prepared.json").read_text())
    del content["source"]
    (tmp_path / "prepared.json").write_text(json.dumps(content | {"spec": spec}))
    assert load_prepared(tmp_path).is_made_from(pqc)


def test_circuits_of_ones_own_have_a_report() -> None:
    built = build_pqc(PQCSpec(2, 1, 1))
    reducible = PQC.from_circuit(built.circuit, built.inputs, built.weights, built.observables)
    x, w = Parameter("x"), Parameter("w")
    circuit = built.circuit.copy_empty_like()
    circuit.ry(x, 0)
    circuit.ry(x + w, 1)
    circuit.cz(0, 1)
    mixed = PQC.from_circuit(circuit, [x], [w], SparsePauliOp(["ZZ", "XI"], [0.5, 1.0]))
    report = depth_report(
        [reducible, mixed, built], [FakeManilaV2()], seeds=(0,), cache=Cache(None), workers=1
    )
    forms: dict[str, set[str]] = {}
    for row in report.rows:
        forms.setdefault(row.variant.circuit, set()).add(row.variant.form)
    assert forms["own circuit"] > {"as built", "line network", "line with tail"}
    assert forms["own circuit 2"] == {"as built"}
    assert "absorbed tail" in forms["(2,1,1) multi ring"]
    own = [each for each in report.recommendations if each.circuit.startswith("own circuit")]
    assert all(step.same_values for each in own for step in each.steps)  # nothing smaller
    row = next(row for row in report.rows if row.variant.circuit == "own circuit 2")
    assert row.logical.settings == 2
    assert row.logical.gradient_circuits == 4
    assert transpiled(report, row).is_made_from(mixed)
    assert set(row.variant.to_json()["spec"]) == {"family", "digest"}


def test_a_circuit_without_observables_is_refused() -> None:
    built = build_pqc(PQCSpec(2, 1, 1))
    with pytest.raises(BackendError, match="a circuit without observables"):
        depth_report([built.transformed(built.circuit, ())], [FakeManilaV2()])
